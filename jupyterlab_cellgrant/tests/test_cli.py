"""The command ``cellgrant`` as a person runs it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .command_line import CELLGRANT, cellgrant

COMMANDS = (
    *("run", "adopt", "hold", "status", "top", "queue", "cancel", "move-up", "release"),
    *("sidecar", "check", "reload"),
)
# Prints which provisioner its kernels would have, and whether a sidecar answers.
LOOK = """
import json, os, subprocess, sys
status = subprocess.run([*sys.argv[1:], "status", "--json"], capture_output=True)
print(json.dumps({
    "provisioner": os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"],
    "tier": json.loads(status.stdout)["node"]["tier"]["name"],
}))
sys.exit(5)
"""


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this test's sidecar is."""
    made = Path(tempfile.mkdtemp(prefix="cg-"))
    monkeypatch.setenv("CELLGRANT_DIR", str(made / "s"))
    yield made / "s"
    shutil.rmtree(made)


@pytest.fixture
def sidecar(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """One that was started by hand."""
    process = subprocess.Popen(
        [*CELLGRANT, "sidecar", "--tier", "none", "--cpus", "0"], stdout=subprocess.PIPE, text=True
    )
    assert json.loads(process.stdout.readline())["pid"] == process.pid
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("words", [[], *([it] for it in COMMANDS)])
def test_help_is_there(words: list[str]) -> None:
    """[RUN1] Each has an example, and fits into a terminal."""
    shown = cellgrant(*words, "--help")
    assert shown.returncode == 0
    assert shown.stdout.startswith(" ".join(["Usage: cellgrant", *words]))
    assert "Examples:\n" in shown.stdout
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80


@pytest.mark.usefixtures("directory")
def test_status_without_a_sidecar_is_one_sentence() -> None:
    shown = cellgrant("status")
    assert shown.returncode == 1
    assert shown.stdout == ""
    assert "no sidecar answers" in shown.stderr
    assert "(No such file or directory)" in shown.stderr
    assert "cellgrant sidecar" in shown.stderr
    assert shown.stderr.count("\n") == 1


def test_status_shows_the_node(sidecar: subprocess.Popen[str]) -> None:
    shown = cellgrant("status")
    assert shown.returncode == 0, shown.stderr
    assert "CPUs    1 (0)" in shown.stdout
    assert "tier    none" in shown.stdout
    assert "HOLDERS: none" in shown.stdout
    assert json.loads(cellgrant("status", "--json").stdout)["node"]["cpuList"] == "0"


@pytest.mark.usefixtures("sidecar")
def test_output_that_is_closed_hears_nothing() -> None:
    """[RUN1] And nothing fails for it."""
    line = f"exec {shlex.join(CELLGRANT)} status >&-"
    shown = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")


def test_only_one_sidecar_runs(sidecar: subprocess.Popen[str]) -> None:
    second = cellgrant("sidecar")
    assert second.returncode == 3
    assert "serves" in second.stderr
    assert "already" in second.stderr


@pytest.fixture
def jupyter_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Jupyter configuration that says what is to be granted."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    path = tmp_path / "jupyter_server_config.py"
    path.write_text("c.Cellgrant.cpus = '0'\nc.Cellgrant.tier = 'none'\n")
    (tmp_path / "jupyter_config.json").write_text('{"Cellgrant": {"memory": "3 GiB"}}')
    return path


@pytest.mark.parametrize(
    ("words", "memory"), [([], "3 GiB"), (["--memory", "2 GiB"], "2 GiB")], ids=["file", "option"]
)
@pytest.mark.usefixtures("directory", "jupyter_config")
def test_jupyters_configuration_counts_however_a_sidecar_is_started(
    words: list[str], memory: str
) -> None:
    """Behind what the command line says."""
    of_server = [it.replace("--", "--Cellgrant.") for it in words]
    shown = cellgrant("run", *of_server, *CELLGRANT, "status")
    assert "CPUs    1 (0)" in shown.stdout, shown.stderr
    assert f"memory  {memory}," in shown.stdout
    assert "tier    none" in shown.stdout
    own = subprocess.Popen([*CELLGRANT, "sidecar", *words], stdout=subprocess.PIPE, text=True)
    assert json.loads(own.stdout.readline())["tier"] == "none"
    assert f"memory  {memory}," in cellgrant("status").stdout
    own.terminate()
    own.communicate()


@pytest.mark.usefixtures("directory")
def test_what_is_configured_badly_is_one_sentence(jupyter_config: Path) -> None:
    jupyter_config.write_text("c.Cellgrant.cpus = 'all'\n")
    shown = cellgrant("sidecar")
    assert shown.returncode == 1
    assert shown.stderr.startswith("cellgrant: c.Cellgrant.cpus is 'all'; expected CPU numbers")
    assert shown.stderr.count("\n") == 1


def can_rename_node() -> bool:
    """Whether a process of ours may be on a node of another name, as far as it can tell."""
    unshared = ["unshare", "--uts", "--net", "hostname", "cg-node"]
    return shutil.which("unshare") is not None and subprocess.call(unshared) == 0


@pytest.mark.skipif(not can_rename_node(), reason="needs namespaces of its own for a second node")
def test_nodes_that_share_a_home_have_a_sidecar_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A socket reaches no other node, whatever file system it is on."""
    monkeypatch.delenv("CELLGRANT_DIR", raising=False)
    home = Path(tempfile.mkdtemp(prefix="cg-"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(home))
    started = []
    for name in ("cg-a", "cg-b"):
        script = f"hostname {name} && exec {shlex.join(CELLGRANT)} sidecar --tier none"
        command = ["unshare", "--uts", "--net", "sh", "-c", script]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    gates = {Path(json.loads(it.stdout.readline())["gate"]) for it in started}
    assert gates == {home / f"cellgrant-{name}" / "gate.sock" for name in ("cg-a", "cg-b")}
    for it in started:
        it.send_signal(signal.SIGINT)
        assert it.wait(20) == 0
        it.stdout.close()
    shutil.rmtree(home)


def test_the_lock_ends_with_its_sidecar(sidecar: subprocess.Popen[str], directory: Path) -> None:
    sidecar.kill()
    sidecar.wait()
    third = subprocess.Popen(
        [*CELLGRANT, "sidecar", "--tier", "none"], stdout=subprocess.PIPE, text=True
    )
    assert json.loads(third.stdout.readline())["ready"]
    third.send_signal(signal.SIGINT)
    assert third.wait(20) == 0
    third.stdout.close()
    assert not list(directory.glob("*.sock"))


def test_run_brings_a_sidecar_where_there_is_none(directory: Path) -> None:
    shown = cellgrant("run", "--Cellgrant.tier=none", sys.executable, "-c", LOOK, *CELLGRANT)
    assert json.loads(shown.stdout) == {"provisioner": "cellgrant", "tier": "none"}
    assert shown.returncode == 5
    assert not list(directory.glob("*.sock"))


@pytest.mark.usefixtures("directory")
def test_run_tells_kernels_to_fail_closed() -> None:
    """[GATE5] also those that start when its sidecar has ended."""
    look = "import os; print(os.environ['CELLGRANT_FAILURE'])"
    options = ("--Cellgrant.tier=none", "--Cellgrant.failure=closed")
    assert cellgrant("run", *options, sys.executable, "-c", look).stdout == "closed\n"


def test_run_uses_the_sidecar_that_runs(sidecar: subprocess.Popen[str]) -> None:
    cellgrant("run", sys.executable, "-c", "")
    assert sidecar.poll() is None
    shown = cellgrant("run", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    assert shown.returncode == -signal.SIGKILL


def test_a_directory_of_someone_else_is_refused(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a directory away")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    os.chown(foreign, 12345, -1)
    shown = subprocess.run(
        [*CELLGRANT, "sidecar"],
        env={**os.environ, "CELLGRANT_DIR": str(foreign)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 1
    assert "belongs to user 12345, not to you" in shown.stderr


def test_run_uses_the_sidecar_of_another_directory(
    sidecar: subprocess.Popen[str], directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[ENF11] A user has one on a node."""
    monkeypatch.setenv("CELLGRANT_DIR", str(directory.parent / "other"))
    shown = cellgrant("run", sys.executable, "-c", "import os; print(os.environ['CELLGRANT_DIR'])")
    assert shown.stdout.strip() == str(directory), shown.stderr
    assert sidecar.poll() is None
    second = cellgrant("sidecar")
    assert second.returncode == 3
    assert f"serves {directory} already (pid {sidecar.pid})" in second.stderr
