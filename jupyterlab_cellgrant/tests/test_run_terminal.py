"""Commands under a grant in a terminal: they are to it as they would be without."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .command_line import CELLGRANT, HALF, Start, nobody_is_left
from .real_server import eventually
from .real_sidecar import RealSidecar
from .terminal import CONTROL_C, CONTROL_Z, Terminal
from .test_run import HEAR


@pytest.fixture
def terminal(locked_sidecar: RealSidecar) -> Iterator[Terminal]:
    """One whose programs use the test's sidecar."""
    it = Terminal()
    yield it
    it.close()


def pids(sidecar: RealSidecar) -> tuple[int, int]:
    """Of the command that holds something, and of what it runs."""
    [holder] = sidecar.get("holders")
    pid = holder["pid"]
    [child] = eventually(lambda: [it for it in children(pid) if words(it) != words(pid)])
    return pid, child


def words(pid: int) -> bytes:
    """Its command line: ours, until what we have started is the program that it is to be."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def children(pid: int) -> list[int]:
    return [int(it) for it in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def state(pid: int) -> str:
    """A letter, as ps(1) has it; empty where there is no process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def test_control_c_comes_once(terminal: Terminal, locked_sidecar: RealSidecar) -> None:
    """[RUN4] From the terminal, and not from us as well."""
    terminal.type(*CELLGRANT, "run", *HALF, "--", sys.executable, "-c", HEAR)
    terminal.until("up\r\n")
    terminal.strike(CONTROL_C)
    terminal.until("SIGINT")
    os.kill(pids(locked_sidecar)[0], signal.SIGUSR1)
    assert "SIGINT" not in terminal.until("SIGUSR1")
    assert terminal.exit_code() == "9"


def test_top_is_suspended_and_comes_back(terminal: Terminal) -> None:
    """[RUN1] The shell has its screen and its keys meanwhile."""
    terminal.type(*CELLGRANT, "top")
    terminal.until("q ends this")
    for _ in range(2):
        terminal.strike(CONTROL_Z)
        assert "\x1b[?1049l" in terminal.until("Stopped")
        terminal.until("ready> ")
        terminal.strike(b"stty -a\n")
        modes = terminal.until("ready> ").split()
        assert {"icanon", "echo"} <= set(modes)
        terminal.strike(b"fg\n")
        assert "\x1b[?1049h" in terminal.until("q ends this")
    terminal.strike(b"q")
    terminal.until("ready> ")
    assert terminal.exit_code() == "0"


@pytest.mark.parametrize("asked", [(), HALF], ids=["plain", "granted"])
def test_what_control_c_ends_ends_so(
    terminal: Terminal, locked_sidecar: RealSidecar, asked: tuple[str, ...]
) -> None:
    """[RUN4] The shell sees the signal, and ends a loop."""
    line = " ".join([*CELLGRANT, "run", *asked, "sh", "-c", "'echo $((1+1))up; exec sleep 600'"])
    terminal.strike(f"while true; do {line}; done\n".encode())
    terminal.until("2up")
    terminal.strike(CONTROL_C)
    terminal.until("ready> ")
    assert terminal.exit_code() == "130"
    nobody_is_left(locked_sidecar)


def test_it_is_stopped_and_continued_as_one(
    terminal: Terminal, locked_sidecar: RealSidecar
) -> None:
    """[RUN4] By the terminal, and by whoever stops its command; it holds what it holds."""
    terminal.type(*CELLGRANT, "run", *HALF, "sleep", "600")
    locked_sidecar.wait_for_claims(running=1)
    both = pids(locked_sidecar)

    def stop_command() -> bool:
        os.kill(both[1], signal.SIGSTOP)
        return state(both[0]) == "T"

    # Again, if that is needed: our own SIGCONT, with which we go on, may come after the first.
    for stop in (lambda: terminal.strike(CONTROL_Z), lambda: eventually(stop_command)):
        stop()
        terminal.until("Stopped")
        assert [state(it) for it in both] == ["T", "T"]
        assert len(locked_sidecar.claims("running")) == 1
        terminal.type("fg")
        eventually(lambda: [state(it) for it in both] == ["S", "S"])
    terminal.strike(CONTROL_C)
    terminal.until("ready> ")
    assert terminal.exit_code() == "130"
    nobody_is_left(locked_sidecar)


@pytest.mark.parametrize("through", [(), ("exec",)], ids=["in a shell", "instead of it"])
def test_it_ends_with_its_terminal(
    terminal: Terminal, locked_sidecar: RealSidecar, through: tuple[str, ...]
) -> None:
    """[RUN4] Also where the terminal knows nobody but us."""
    terminal.type(*through, *CELLGRANT, "run", *HALF, "sleep", "600")
    locked_sidecar.wait_for_claims(running=1)
    both = pids(locked_sidecar)
    terminal.hang_up()
    eventually(lambda: state(both[1]) == "" and state(both[0]) in ("", "Z"))
    nobody_is_left(locked_sidecar)


def test_who_waits_sees_why_and_may_give_up(
    terminal: Terminal, locked_sidecar: RealSidecar, start: Start
) -> None:
    """[RUN3] In one line, which is gone when it waits no longer."""
    start("hold", *HALF, "--name", "demo", "--json").stdout.readline()
    terminal.type(*CELLGRANT, "run", *HALF, "echo", "ran")
    terminal.until("\r\x1b[Kcellgrant: waiting for ")
    terminal.until("demo")
    terminal.strike(CONTROL_C)
    assert "\n" not in terminal.until("\r\x1b[K").replace("^C", "")
    terminal.until("ready> ")
    assert terminal.exit_code() == "130"
    locked_sidecar.wait_for_claims(waiting=0, running=1)
