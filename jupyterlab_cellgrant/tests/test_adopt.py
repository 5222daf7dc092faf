"""Grants for what runs already, and for nothing yet."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .command_line import CELLGRANT, HALF, Start, cellgrant, nobody_is_left
from .conftest import StartKernel
from .real_server import eventually
from .real_sidecar import RealSidecar

# A process and a child of it.
SLEEP = ("sh", "-c", "sleep 600 & wait")


@pytest.fixture
def running() -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours that nobody granted anything."""
    with subprocess.Popen(SLEEP, start_new_session=True) as process:
        yield process
        os.killpg(process.pid, signal.SIGKILL)


def child_of(pid: int) -> int:
    return int(eventually(lambda: Path(f"/proc/{pid}/task/{pid}/children").read_text().split())[0])


def dead_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def thread_of(pid: int) -> int:
    """One that is not its first."""
    return max(int(it.name) for it in Path(f"/proc/{pid}/task").iterdir())


def held(pid: int) -> tuple[set[int], str]:
    """By a mask, and in which places."""
    return os.sched_getaffinity(pid), Path(f"/proc/{pid}/cgroup").read_text()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=lambda it: it.name)
@pytest.mark.parametrize("tier", ["auto", "affinity"])
def test_a_process_is_held_until_who_adopted_it_ends(
    start_sidecar: Callable[..., RealSidecar],
    running: subprocess.Popen[bytes],
    tier: str,
    end: signal.Signals,
) -> None:
    """[RUN6] With all below it; then it is where it was, and runs on."""
    sidecar = start_sidecar("--tier", tier)
    tree = (running.pid, child_of(running.pid))
    before = [held(it) for it in tree]
    words = [*CELLGRANT, "adopt", str(running.pid), "--cpus", "1", "--name", "old", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as adopting:
        told = json.loads(adopting.stdout.readline())
        assert (told["name"], told["pid"], told["grant"]["asked"]) == ("old", running.pid, True)
        [holder] = sidecar.get("holders")
        assert (holder["id"], holder["pid"]) == (told["holderId"], running.pid)
        if sidecar.tier != "none":
            eventually(lambda: [len(os.sched_getaffinity(it)) for it in tree] == [1, 1])
        adopting.send_signal(end)
        assert adopting.wait(30) == (-end if end == signal.SIGKILL else 0)
    nobody_is_left(sidecar)
    eventually(lambda: [held(it) for it in tree] == before)
    assert running.poll() is None


def test_who_adopted_it_ends_while_there_is_no_sidecar(
    sidecar: RealSidecar, start: Start, running: subprocess.Popen[bytes]
) -> None:
    """[RUN6] The next one, which finds the process on its list, lets it go."""
    adopting = start("adopt", str(running.pid), "--cpus", "1", "--name", "old", "--json")
    adopting.stdout.readline()
    assert [it["name"] for it in sidecar.get("holders")] == ["old"]
    sidecar.kill()
    adopting.kill()
    adopting.wait()
    sidecar.start()
    nobody_is_left(sidecar)
    assert running.poll() is None


def test_what_ends_is_let_go(
    locked_sidecar: RealSidecar, start: Start, running: subprocess.Popen[bytes]
) -> None:
    """[RUN6] `cellgrant adopt` ends with the process."""
    adopting = start("adopt", str(running.pid), *HALF)
    assert "holds 2500 MiB until it ends" in adopting.stderr.readline()
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert adopting.wait(30) == 0
    nobody_is_left(locked_sidecar)


async def test_what_is_not_ours_to_take_is_refused(
    locked_sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[RUN6] Each by name, and nothing changes."""
    kernel = await start_kernel()
    locked_sidecar.wait_for(lambda it: len(it["holders"]) == 1)
    holders = locked_sidecar.get("holders")
    refused = {
        dead_pid(): "No such process",
        1: "cannot be registered",
        locked_sidecar.process.pid: "cannot be registered",
        os.getpid(): "cannot be registered",  # who started the sidecar
        kernel.manager.provisioner.pid: "cannot be registered",
        thread_of(kernel.manager.provisioner.pid): "is a thread of process",
    }
    for pid, why in refused.items():
        shown = cellgrant("adopt", str(pid), *HALF)
        assert shown.returncode == 1, shown
        assert why in shown.stderr
        assert str(pid) in shown.stderr
        assert shown.stderr.count("\n") == 1
    assert [it["id"] for it in locked_sidecar.get("holders")] == [it["id"] for it in holders]
    assert await kernel.evaluate("6 * 7") == 42


def test_itself_it_does_not_adopt() -> None:
    """[RUN6]"""
    line = f"exec {shlex.join(CELLGRANT)} adopt $$"
    itself = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert itself.returncode == 1
    assert "is this command itself: use cellgrant hold." in itself.stderr


def test_what_is_no_number_of_a_process_is_a_wrong_usage() -> None:
    """[RUN1]"""
    shown = cellgrant("adopt", "9" * 20)
    assert shown.returncode == 2
    assert "Traceback" not in shown.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start another user's process")
def test_a_process_of_somebody_else_is_refused(locked_sidecar: RealSidecar) -> None:
    """[RUN6]"""
    with subprocess.Popen(["sleep", "600"], user=12345) as foreign:
        shown = cellgrant("adopt", str(foreign.pid), *HALF)
        foreign.kill()
    assert shown.returncode == 1
    assert f"Process {foreign.pid} cannot be registered" in shown.stderr
    assert locked_sidecar.get("holders") == []


@pytest.mark.parametrize("end", ["its input", "control-c", "a kill"])
def test_resources_are_held_by_nothing_at_all(
    locked_sidecar: RealSidecar, start: Start, end: str
) -> None:
    """[RUN7] Until whoever asked for them lets go, whichever way."""
    holding = start("hold", *HALF, "--name", "demo", "--json")
    told = json.loads(holding.stdout.readline())
    assert told["grant"]["memoryBytes"] == 2500 * 1024**2
    assert locked_sidecar.get("node")["memoryPromisedBytes"] == 2500 * 1024**2
    if end == "its input":
        holding.stdin.close()
    else:
        holding.send_signal(signal.SIGINT if end == "control-c" else signal.SIGKILL)
    assert holding.wait(30) == (-signal.SIGKILL if end == "a kill" else 0)
    nobody_is_left(locked_sidecar)


def test_input_that_is_closed_is_nobody_s(locked_sidecar: RealSidecar) -> None:
    """[RUN7] Its number is not the next socket's: what the sidecar says is read by who asked."""
    line = f"exec {shlex.join(CELLGRANT)} hold --memory 1GiB --json <&-"
    with subprocess.Popen(["sh", "-c", line], stdout=subprocess.PIPE) as holding:
        holding.stdout.readline()
        assert Path(f"/proc/{holding.pid}/fd/0").readlink() == Path(os.devnull)
        holding.send_signal(signal.SIGINT)
    nobody_is_left(locked_sidecar)


@pytest.mark.usefixtures("cellgrant_dir")
def test_without_a_sidecar_it_says_so() -> None:
    """[RUN7]"""
    shown = cellgrant("hold", "--cpus", "1")
    assert shown.returncode == 1
    assert shown.stderr.startswith("cellgrant: No sidecar of Cellgrant answers in ")
