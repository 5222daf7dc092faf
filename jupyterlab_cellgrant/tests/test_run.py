"""Commands under a grant: what they are given, what they hear, and how they end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ..sidecar_process import take_lock
from .command_line import CELLGRANT, HALF, Start, cellgrant, nobody_is_left
from .conftest import StartKernel
from .real_server import eventually
from .real_sidecar import RealSidecar

# Says what it is held to, waits until it is told to go on, and says so.
LOOK = """
import json, os, sys
cpus = len(os.sched_getaffinity(0))
print(json.dumps([cpus, os.environ.get("LOKY_MAX_CPU_COUNT"), os.getpid()]), flush=True)
print(sys.stdin.readline().strip(), flush=True)
"""
# Says which signals it hears, and ends at SIGUSR1.
HEAR = """
import os, signal, sys, time
heard = []
def hear(number, _):
    heard.append(number)
    os.write(1, signal.Signals(number).name.encode() + b'\\n')  # print may be in the midst of "up"
for it in {*range(1, 35)} - {signal.SIGKILL, signal.SIGSTOP, 32, 33}:
    signal.signal(it, hear)
print("up", flush=True)
while signal.SIGUSR1 not in heard:
    time.sleep(0.01)
sys.exit(9)
"""


def test_a_command_has_what_it_asks_for(locked_sidecar: RealSidecar, start: Start) -> None:
    """[RUN3] In a place of its own, for as long as it runs, and under its name."""
    process = start("run", "--cpus", "1", *HALF, "--name", "look", "--", sys.executable, "-c", LOOK)
    cpus, count, pid = json.loads(process.stdout.readline())
    assert count == "1"
    assert cpus == 1 or locked_sidecar.tier == "none"
    [holder] = locked_sidecar.get("holders")
    assert (holder["name"], holder["state"], holder["pid"]) == ("look", "running", process.pid)
    assert holder["grant"]["memoryBytes"] == 2500 * 1024**2
    places = [Path(f"/proc/{it}/cgroup").read_text() for it in (pid, process.pid, os.getpid())]
    assert places[0] == places[1]
    assert places[0] != places[2] or not locked_sidecar.tier.startswith("cgroup")
    assert process.communicate("go on")[0] == "go on\n"
    assert process.returncode == 0
    nobody_is_left(locked_sidecar)


def test_without_hints_it_holds_nothing(locked_sidecar: RealSidecar) -> None:
    """[RUN3] Neither a claim nor a place is made."""
    assert cellgrant("run", "echo", "--", "-x", "--help").stdout == "-- -x --help\n"
    assert locked_sidecar.get("snapshot")["claims"] == []


def test_it_waits_its_turn_and_says_why(locked_sidecar: RealSidecar, start: Start) -> None:
    """[RUN3, RUN6] Whoever holds what it needs is named as people know it."""
    holding = start("hold", *HALF, "--name", "demo", "--json")
    assert json.loads(holding.stdout.readline())["grant"]["memoryBytes"] == 2500 * 1024**2
    waiting = start("run", *HALF, "echo", "ran")
    said = waiting.stderr.readline()
    assert said.startswith("cellgrant: waiting for ")
    assert "demo" in said
    holding.stdin.close()
    assert holding.wait(30) == 0
    assert waiting.communicate()[0] == "ran\n"
    nobody_is_left(locked_sidecar)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--cpus", "lots"], 64, '--cpus is "lots"; expected'),
        (["--gpu-memory", "2 apples"], 64, '--gpu-memory is "2 apples"; expected'),
        (["--priority", "1000"], 64, "--priority is 1000; expected"),
        (["--memory", "900TiB"], 69, "This command asks for --memory = 900 TiB, but"),
        (["--cpus", "4-2"], 64, '--cpus is "4-2"; expected'),
        (["--cpus", "9" * 5000], 64, '--cpus is "9999'),
        (["--time", "9" * 10**5, "--memory", "9" * 10**5], 64, "at most 16384 are read."),
    ],
)
def test_what_cannot_be_granted_is_refused_by_the_option(
    locked_sidecar: RealSidecar, words: list[str], code: int, said: str
) -> None:
    """[RUN5]"""
    shown = cellgrant("run", *words, "--", "echo", "ran")
    assert (shown.returncode, shown.stdout) == (code, "")
    assert said in shown.stderr
    assert shown.stderr.startswith("cellgrant: ")
    assert shown.stderr.count("\n") == 1
    nobody_is_left(locked_sidecar)


def test_what_an_argument_says_is_its_own_affair(locked_sidecar: RealSidecar) -> None:
    """[RUN4] Be it no path at all, though it looks like one: it is a word of the command."""
    words = ("printf", "x." * 3000)
    assert cellgrant("run", *HALF, *words).stdout == words[1]
    assert cellgrant("run", *HALF, f"/{words[1]}").returncode == 127


def test_who_ignores_what_children_tell_is_told_nonetheless(locked_sidecar: RealSidecar) -> None:
    """[RUN4] As some services do, and what they start inherits it."""
    ignoring = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); signal.pthread_sigmask(signal.SIG_BLOCK, [40]); os.execv(sys.argv[1], sys.argv[1:])"
    words = [sys.executable, "-c", ignoring, *CELLGRANT, "run", *HALF, "sh", "-c", "exit 3"]
    assert subprocess.run(words, check=False).returncode == 3
    nobody_is_left(locked_sidecar)


def test_who_waits_too_long_is_refused(locked_sidecar: RealSidecar, start: Start) -> None:
    """[RUN5] It may be tried again, as a code for it says."""
    start("hold", *HALF, "--json").stdout.readline()
    shown = cellgrant("run", *HALF, "--max-wait", "1s", "echo", "ran")
    assert (shown.returncode, shown.stdout) == (75, "")
    assert "--max-wait" in shown.stderr


@pytest.mark.parametrize("asked", [[], HALF], ids=["plain", "granted"])
@pytest.mark.usefixtures("cellgrant_dir")
def test_what_cannot_be_run_is_said_before_anything_else(tmp_path: Path, asked: list[str]) -> None:
    """[RUN4] As env(1) does: 127 where there is none, 126 where it is no program."""
    plain = tmp_path / "plain"
    plain.touch()
    for name, code, said in [
        ("no-such-program", 127, "there is no program no-such-program on PATH."),
        (str(tmp_path / "none"), 127, "there is no program "),
        (str(plain), 126, "not executable."),
        (str(tmp_path), 126, "it is a directory."),
    ]:
        shown = cellgrant("run", *asked, name)
        assert shown.returncode == code
        assert said in shown.stderr
        assert shown.stderr.count("\n") == 1
    assert list(Path(os.environ["CELLGRANT_DIR"]).iterdir()) == []
    plain.write_bytes(b"\x7fELF")
    plain.chmod(0o755)
    shown = cellgrant("run", "--Cellgrant.tier=none", str(plain))
    assert shown.returncode == 126
    assert "cannot be run: Exec format error" in shown.stderr


@pytest.mark.parametrize("asked", [[], HALF], ids=["plain", "granted"])
def test_it_hears_what_is_sent_to_us_and_ends_as_it_ends(
    locked_sidecar: RealSidecar, start: Start, asked: list[str]
) -> None:
    """[RUN4] One that passes over SIGTERM runs on, and holds what it holds."""
    process = start("run", *asked, sys.executable, "-c", HEAR)
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "SIGTERM\n"
    assert process.poll() is None
    assert len(locked_sidecar.claims("running")) == bool(asked)
    for it in (signal.SIGALRM, signal.SIGRTMIN, signal.SIGUSR1):
        process.send_signal(it)
        assert process.stdout.readline() == f"{it.name}\n"
    assert process.wait(30) == 9
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
        died = cellgrant("run", *asked, "sh", "-c", f"kill -{int(number)} $$")
        assert died.returncode == -number
    nobody_is_left(locked_sidecar)


@pytest.mark.parametrize("tier", ["auto", "affinity"])
def test_what_it_leaves_running_goes_on_elsewhere(
    start_sidecar: Callable[..., RealSidecar], tmp_path: Path, tier: str
) -> None:
    """[RUN4] Its place goes with it, and that is said."""
    sidecar = start_sidecar("--tier", tier, "--memory", "4 GiB")
    lock = take_lock(sidecar.directory)
    left = tmp_path / "pid"
    script = f"(sleep 600 & echo $! > {left}) >/dev/null 2>&1"
    shown = cellgrant("run", "--cpus", "1", *HALF, "sh", "-c", script)
    pid = int(left.read_text())
    try:
        assert shown.returncode == 0
        said = f"sh has ended, but what it left running continues without a grant (pid {pid})."
        assert shown.stderr == f"cellgrant: {said}\n"
        nobody_is_left(sidecar)
        here = Path("/proc/self/cgroup").read_text()
        eventually(lambda: Path(f"/proc/{pid}/cgroup").read_text() == here)
        eventually(lambda: os.sched_getaffinity(pid) == os.sched_getaffinity(0))
    finally:
        os.close(lock)
        os.kill(pid, signal.SIGKILL)


def test_it_goes_on_while_the_sidecar_does_not(locked_sidecar: RealSidecar, start: Start) -> None:
    """[RUN4] The next one learns what it holds."""
    process = start("run", *HALF, "--", sys.executable, "-c", LOOK)
    process.stdout.readline()
    locked_sidecar.kill()
    locked_sidecar.start()
    [holder] = locked_sidecar.wait_for(lambda it: it["node"]["memoryPromisedBytes"])["holders"]
    assert holder["grant"]["memoryBytes"] == 2500 * 1024**2
    assert process.communicate("go on")[0] == "go on\n"
    nobody_is_left(locked_sidecar)


def test_one_that_is_killed_leaves_nothing(locked_sidecar: RealSidecar, start: Start) -> None:
    """[RUN4] What it was given comes back however it ends; its command runs on without."""
    process = start("run", *HALF, "--", sys.executable, "-c", LOOK)
    pid = json.loads(process.stdout.readline())[2]
    process.kill()
    nobody_is_left(locked_sidecar)
    assert locked_sidecar.get("node")["memoryPromisedBytes"] == 0
    with contextlib.suppress(ProcessLookupError):  # its input has ended
        os.kill(pid, signal.SIGKILL)


def test_a_sidecar_that_run_started_grants_it_and_ends_with_it(cellgrant_dir: Path) -> None:
    """[RUN3] It is nobody's child: what started a sidecar could hold nothing."""
    shown = cellgrant("run", "--cpus", "1", "--", sys.executable, "-c", LOOK)
    assert json.loads(shown.stdout.splitlines()[0])[1] == "1", shown.stderr
    assert not list(cellgrant_dir.glob("*.sock"))


EXECUTE = """
import nbformat.v4 as v4
from nbclient import execute
cell = v4.new_code_cell("print('ran')", metadata={"cellgrant": {"memory": "2500 MiB"}})
print(execute(v4.new_notebook(cells=[cell])).cells[0].outputs[0].text)
"""


def test_cells_that_it_runs_draw_on_what_it_holds(locked_sidecar: RealSidecar) -> None:
    """[RUN3, ADM10]"""
    shown = cellgrant("run", *HALF, "--", sys.executable, "-c", EXECUTE)
    assert shown.stdout == "ran\n\n", shown.stderr
    assert [it["outcome"] for it in locked_sidecar.claims("done")] == ["ok", "ok"]


async def test_inside_of_a_cell_it_draws_on_what_that_holds(
    locked_sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[RUN3, ADM10] As a cell of a notebook that it runs would."""
    kernel = await start_kernel()
    words = [*CELLGRANT, "run", *HALF, "echo", "ran"]
    await kernel.run("import subprocess")
    code = f"print(subprocess.run({words}, capture_output=True, text=True))"
    cell = kernel.submit(code, {"memory": "2500 MiB"})
    assert (await kernel.reply(cell))["status"] == "ok"
    assert "stdout='ran\\n'" in kernel.text(cell)
    claims = locked_sidecar.claims("done")
    assert {it["holderName"] for it in claims[:2]} == {"Test", "echo"}


GROW = """
import time
kept = []
print("up", flush=True)
while True:
    kept.append(bytearray(4 * 2**20))
    time.sleep(0.02)
"""


def test_one_that_nears_its_memory_is_told_and_ends_with_all_below_it(
    locked_sidecar: RealSidecar, tmp_path: Path
) -> None:
    """[RUN4, MEM3]"""
    if not locked_sidecar.tier.startswith("cgroup"):
        pytest.skip("memory is limited in the cgroup tiers")
    (tmp_path / "grow.py").write_text(GROW)
    script = f"{sys.executable} {tmp_path}/grow.py; :"
    shown = cellgrant("run", "--memory", "200MiB", "sh", "-c", script)
    assert shown.returncode == -signal.SIGTERM
    assert shown.stderr.startswith("cellgrant: This command was interrupted: it uses ")
    assert "Raise --memory, or keep less in memory." in shown.stderr
    nobody_is_left(locked_sidecar)
    mine = f"{tmp_path}/grow.py"
    eventually(lambda: all(mine not in it for it in command_lines()))


def command_lines() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            found.append(path.read_text(errors="replace"))
    return found


def test_a_wait_that_somebody_cancels_ends(locked_sidecar: RealSidecar, start: Start) -> None:
    """[RUN2, RUN5] By the name that it is shown by."""
    start("hold", *HALF, "--json").stdout.readline()
    waiting = start("run", *HALF, "--name", "next", "echo", "ran")
    locked_sidecar.wait_for_claims(waiting=1)
    assert cellgrant("cancel", "next").stdout == "next no longer waits.\n"
    assert waiting.wait(30) == 75
    assert "This command was cancelled by" in waiting.stderr.read()
