"""The administrator's file: found, checked, read again while cells run and wait."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..paths import config_files, config_files_before
from ..settings import Cellgrant
from ..sidecar_process import take_lock
from .command_line import CELLGRANT, cellgrant, cellgrant_json
from .conftest import StartKernel
from .real_server import RealServer, eventually
from .real_sidecar import RealSidecar
from .test_gate_order import HALF, hold, release

GROUPS = "groups: {atlas: {quota: 50%, notebooks: [atlas/**]}}\n"
BAD = "groups:\n  a: {quota: 150%}\n  b: {}\nspeed: 1\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration that is good."""
    path = tmp_path / "cellgrant.yaml"
    path.write_text(GROUPS)
    return path


def test_check_tells_every_problem_with_its_line(file: Path) -> None:
    """[CFG2] The command speaks as the sidecar does, and so do its exit codes."""
    good = cellgrant("check", str(file))
    assert (good.returncode, good.stdout) == (0, f"{file}: nothing is wrong\n")
    assert cellgrant_json("check", str(file)) == {"file": str(file), "problems": []}
    file.write_text("groups:\n  a: {quota: 150%}\nlimits: {gpus: x}\nspeed: 1\n")
    bad = cellgrant("check", str(file))
    assert bad.returncode == 1
    assert [line.partition(" ")[0] for line in bad.stdout.splitlines()] == [
        f"{file}:2:",
        f"{file}:3:",
        f"{file}:4:",
    ]
    missing = cellgrant("check", str(file.with_name("missing.yaml")))
    assert missing.returncode == 1
    assert missing.stdout.endswith(": there is no such file\n")


def test_reload_tells_what_came_of_it(
    file: Path, start_sidecar: Callable[..., RealSidecar]
) -> None:
    """[CFG1, CFG2] It answers when the file was read, with its problems or without."""
    start_sidecar("--config", str(file))
    good = cellgrant("reload")
    assert (good.returncode, good.stdout) == (0, f"{file} is in force.\n")
    assert cellgrant_json("reload")["problems"] == []
    file.write_text(BAD)
    bad = cellgrant("reload")
    assert bad.returncode == 1
    assert bad.stdout.startswith(
        f"{file}:2: a quota is above 0 % and up to 100 %, not 150 %\n{file}:4:"
    )
    assert bad.stdout.endswith(f"{file}: what it said before stays in force.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--memory", "3GiB"], "but a cell or command of the group"),
        (["--exclusive", "--cpus", "1"], "--exclusive = true with 1 CPU, but a cell or command"),
        (["--memory", "2GiB"], "at most 1 GiB at once."),
    ],
)
def test_what_limits_and_caps_never_allow_has_its_exit_code(
    file: Path, start_sidecar: Callable[..., RealSidecar], words: list[str], said: str
) -> None:
    """[RUN5]"""
    file.write_text("limits: {memory: 2 GiB, exclusive: 0}\nuserCaps: {memory: 1 GiB}\n")
    lock = take_lock(start_sidecar("--config", str(file)).directory)
    shown = cellgrant("run", *words, "--", "true")
    os.close(lock)
    assert (shown.returncode, said in shown.stderr) == (69, True), shown.stderr


@pytest.mark.usefixtures("sidecar")
def test_reload_of_a_sidecar_without_a_file_says_so() -> None:
    shown = cellgrant("reload")
    assert shown.returncode == 1
    assert "without a configuration file" in shown.stderr
    assert "jupyter --paths" in shown.stderr


@pytest.mark.usefixtures("cellgrant_dir")
def test_reload_without_a_sidecar_says_so() -> None:
    shown = cellgrant("reload")
    assert shown.returncode == 1
    assert "no sidecar answers" in shown.stderr
    assert "Traceback" not in shown.stderr


async def test_a_reload_while_a_cell_runs_and_one_waits(
    file: Path,
    tmp_path: Path,
    start_sidecar: Callable[..., RealSidecar],
    start_kernel: StartKernel,
) -> None:
    """[CFG1, CFG3] Both go on as they were, in the groups that their notebooks are in by then."""
    file.write_text("")
    sidecar = start_sidecar("--memory", "4 GiB", "--config", str(file))

    def opened(path: str) -> dict[str, str]:
        return {**os.environ, "JPY_SESSION_NAME": f"/users/ann/{path}"}

    one = await start_kernel(env=opened("atlas/fit.ipynb"))
    other = await start_kernel(env=opened("notes.ipynb"))
    flag = tmp_path / "go on"
    running = await hold(one, str(flag))
    waiting = other.submit("print('ran')", HALF)
    before = sidecar.wait_for_claims(running=1, waiting=1)
    assert {it["group"] for it in before["holders"]} == {"all"}
    for text, code in [(GROUPS, 0), (BAD, 1)]:
        file.write_text(text)
        assert cellgrant("reload").returncode == code
        after = sidecar.wait_for_claims(running=1, waiting=1)
        groups = {it["name"]: it["group"] for it in after["holders"]}
        assert groups == {"fit.ipynb": "atlas", "notes.ipynb": "all"}
        assert [it["id"] for it in after["claims"][:2]] == [it["id"] for it in before["claims"][:2]]
    release(flag)
    assert (await one.reply(running))["status"] == "ok"
    assert (await other.reply(waiting))["status"] == "ok"
    assert one.text(running) == "holding\n"


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The file of the system, of the environment and of the user, of which none exists yet."""
    made = {it: tmp_path / it for it in ("system", "environment", "user")}
    for it in made.values():
        it.mkdir()
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [str(made["system"])])
    monkeypatch.setattr("jupyter_core.paths.ENV_CONFIG_PATH", [str(made["environment"])])
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(made["user"]))
    return {name: it / "cellgrant.yaml" for name, it in made.items()}


@pytest.mark.parametrize("prefers_environment", ["0", "1"])
def test_files_count_from_the_system_to_the_user(
    homes: dict[str, Path], monkeypatch: pytest.MonkeyPatch, prefers_environment: str
) -> None:
    """[CFG5] Whatever Jupyter prefers: nobody's own file counts before an administrator's."""
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", prefers_environment)
    assert config_files() == []
    for path in homes.values():
        path.write_text("")
    system, environment, user = map(str, homes.values())
    assert config_files() == [system, environment, user]
    assert config_files("~/a.yaml") == [system, environment, str(Path("~/a.yaml").expanduser())]
    assert config_files(system) == [system, environment]
    assert config_files_before(environment) == [system]
    assert config_files_before("draft.yaml") == [system, environment]
    options = Cellgrant(config_file="/b.yaml").arguments()
    assert options[-6:] == ["--config", system, "--config", environment, "--config", "/b.yaml"]


def test_a_users_file_narrows_the_administrators(
    tmp_path: Path, cellgrant_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[CFG5] It is checked so, refused so, and replaces nothing."""
    site, own = tmp_path / "site" / "cellgrant.yaml", tmp_path / "own" / "cellgrant.yaml"
    for path, limit in ((site, 8), (own, 16)):
        path.parent.mkdir()
        path.write_text(f"limits:\n  memory: {limit} GiB\n")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(site.parent))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(own.parent))
    words = [*CELLGRANT, "sidecar", "--tier", "none"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as sidecar:
        try:
            assert sidecar.stdout.readline()
            wide = cellgrant("reload")
            problem = f'{own}:2: "limits.memory" would widen what a file before this one allows; '
            assert wide.stdout.startswith(problem)
            assert wide.stdout.endswith(
                f"{site} is in force.\n{own}: what it said before stays in force.\n"
            )
            assert cellgrant("check", str(own)).stdout.startswith(problem)
            assert cellgrant("check", "--alone", str(own)).returncode == 0
            assert cellgrant("check", str(site)).returncode == 0
            own.write_text("limits: {memory: 4 GiB}\n")
            assert cellgrant("reload").stdout == f"{site} is in force.\n{own} is in force.\n"
        finally:
            sidecar.terminate()


def test_the_server_passes_the_file_on_and_its_end_ends_the_sidecar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """[CFG2, CFG3] A terminal that is closed sends SIGHUP: Jupyter ends, and so does the sidecar."""
    server = RealServer()
    path = server.home / "config" / "cellgrant.yaml"
    path.write_text(GROUPS)
    monkeypatch.setenv("CELLGRANT_DIR", str(server.sidecar_dir))
    try:
        server.start()
        eventually(lambda: server.api("node").status == 200)
        (server.home / "atlas").mkdir()
        model = {"path": "atlas/a.ipynb", "name": "a.ipynb", "type": "notebook"}
        server.ask("/api/sessions", "POST", json.dumps({**model, "kernel": {}}).encode())
        [kernel] = eventually(lambda: server.api("holders").body)
        assert (kernel["name"], kernel["group"]) == ("a.ipynb", "atlas")
        path.write_text(BAD)
        assert cellgrant("reload").returncode == 1
        assert server.api("configuration").body["file"] == str(path)
        notices = server.api("node").body["notices"]
        assert any(it.startswith(f"{path}:4: ") for it in notices)
        assert re.search(r"^\[E .*what it said before stays in force", server.log, re.MULTILINE)
        pid = eventually(server.sidecar_pid)
        server.hang_up()
        eventually(lambda: not Path(f"/proc/{pid}").exists())
        assert not list(server.sidecar_dir.glob("*.sock"))
    finally:
        server.stop()


@pytest.fixture
def in_terminal(cellgrant_dir: Path, file: Path) -> Iterator[tuple[int, int]]:
    """A sidecar in the foreground of a terminal: its pid, and the other end of the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        words = [*CELLGRANT, "sidecar", "--tier", "none", "--config", str(file)]
        os.execv(words[0], words)
    line = b""
    while b'"ready"' not in line or not line.endswith(b"\n"):
        line += os.read(terminal, 4096)
    assert json.loads(next(it for it in line.splitlines() if b'"ready"' in it))["pid"] == pid
    yield pid, terminal
    for leave in (lambda: os.kill(pid, signal.SIGKILL), lambda: os.close(terminal)):
        with contextlib.suppress(OSError):
            leave()


def test_a_closed_terminal_ends_the_sidecar_in_it(
    in_terminal: tuple[int, int], cellgrant_dir: Path
) -> None:
    """[CFG1] SIGHUP of a terminal that is still there only reads the file again."""
    pid, terminal = in_terminal
    assert cellgrant("reload").returncode == 0
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert not list(cellgrant_dir.glob("*.sock"))
