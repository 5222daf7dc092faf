"""Who waits, who keeps something, and how a person names them on the command line."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ..commands.failure import Failure
from ..commands.names import find
from .command_line import CELLGRANT, cellgrant, cellgrant_json
from .conftest import StartKernel
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar
from .test_gate_order import HALF, hold, release


def opened(name: str) -> dict[str, str]:
    return {**os.environ, "JPY_SESSION_NAME": f"/n/{name}"}


@pytest.fixture
async def queued(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> AsyncIterator[tuple[NotebookClient, str]]:
    """A notebook, next.ipynb, that waits for one.ipynb, and the message that it sent."""
    one, other = [await start_kernel(env=opened(it)) for it in ("one.ipynb", "next.ipynb")]
    running = await hold(one, str(tmp_path / "flag"))
    waiting = other.submit("1", HALF)
    sidecar.wait_for_claims(running=1, waiting=1)
    yield other, waiting
    release(tmp_path / "flag")
    await one.reply(running)


async def test_queue_shows_who_waits_and_cancel_ends_it(
    queued: tuple[NotebookClient, str],
) -> None:
    """[RUN1, RUN2] By name, by the beginning of an id, as text and as JSON."""
    other, waiting = queued
    shown = cellgrant("queue").stdout.splitlines()
    assert shown[1].split() == ["POSITION", "ID", "HOLDER", "CELL", "OWNER", "WAITED", "WHY"]
    assert "one.ipynb" in shown[2]
    [claim] = cellgrant_json("queue")
    assert (claim["holderName"], claim["state"]) == ("next.ipynb", "waiting")
    assert claim["id"][:8] in shown[2]
    running = cellgrant("cancel", "one.ipynb")
    assert running.returncode == 1
    assert "is running; only a waiting claim can be cancelled" in running.stderr
    assert cellgrant_json("cancel", claim["id"][:6])["id"] == claim["id"]
    reply = await other.reply(waiting)
    assert reply["status"] == "error"
    assert cellgrant("queue").stdout == "QUEUE: none\n"
    gone = cellgrant("cancel", claim["id"])
    assert gone.returncode == 1
    assert gone.stderr.startswith("cellgrant: no waiting claim is called")


async def test_move_up_puts_ones_own_before_ones_others(
    sidecar: RealSidecar,
    start_kernel: StartKernel,
    queued: tuple[NotebookClient, str],
) -> None:
    """[ADM15, RUN2] By name; a running claim is refused by name, and what is first stays so."""
    last = await start_kernel(env=opened("last.ipynb"))
    waiting = last.submit("1", HALF)
    sidecar.wait_for_claims(running=1, waiting=2)
    in_line = lambda: [it["holderName"] for it in cellgrant_json("queue")]  # noqa: E731
    assert in_line() == ["next.ipynb", "last.ipynb"]
    for _ in range(2):
        moved = cellgrant("move-up", "last.ipynb").stdout
        assert moved.endswith("goes before your others of the same priority.\n")
        assert in_line() == ["last.ipynb", "next.ipynb"]
    running = cellgrant("move-up", "one.ipynb")
    assert "only a waiting claim can be cancelled or moved up" in running.stderr
    cellgrant("cancel", "last.ipynb")
    assert (await last.reply(waiting))["status"] == "error"


async def test_release_gives_back_what_a_kernel_keeps(
    sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[RUN2, ADM9]"""
    one = await start_kernel(env=opened("one.ipynb"))
    await one.run("1", {**HALF, "hold": True})
    sidecar.wait_for(lambda it: bool(it["holders"][0]["grant"]))
    assert cellgrant("release", "one.ipynb").stdout == "one.ipynb no longer keeps anything.\n"
    sidecar.wait_for(lambda it: not it["holders"][0]["grant"])
    again = cellgrant("release", "one.ipynb")
    assert again.returncode == 1
    assert '"one.ipynb" has no grant to give back' in again.stderr
    nobody = cellgrant("release", "two.ipynb")
    assert (
        nobody.stderr == 'cellgrant: no holder here is called "two.ipynb": see cellgrant status.\n'
    )


def test_a_word_that_means_several_lists_them() -> None:
    """[RUN2] A whole id means one, though others begin so."""
    among = [{"id": it, "name": name} for it, name in [("ab", "x"), ("abc", "x"), ("d", "y")]]

    def names(it: dict[str, str]) -> list[str]:
        return [it["name"]]

    assert find("ab", among, names) == among[0]
    assert find("y", among, names) == among[2]
    assert find("abc", among, names) == among[1]
    assert find("z", among, names) is None
    assert find("", among[:1], names) is None
    for word in ("a", "x"):
        with pytest.raises(Failure, match=r"matches ab \(x\), abc \(x\)"):
            find(word, among, names)


async def test_a_shell_completes_who_waits(queued: tuple[NotebookClient, str]) -> None:
    """[RUN1] Commands, options, and what the sidecar knows."""

    def completed(words: str) -> list[str]:
        env = {"_CELLGRANT_COMPLETE": "bash_complete", "COMP_WORDS": f"cellgrant {words}"}
        env["COMP_CWORD"] = str(len(words.split()))
        shown = subprocess.run(
            CELLGRANT, env={**os.environ, **env}, capture_output=True, text=True, check=False
        )
        return [it.partition(",")[2] for it in shown.stdout.split()]

    assert completed("rel") == ["release", "reload"]
    assert completed("cancel nex") == ["next.ipynb"]


def test_top_without_a_terminal_is_one_table(sidecar: RealSidecar) -> None:
    """[RUN1]"""
    assert cellgrant("top").stdout.startswith("node ")
    with subprocess.Popen([*CELLGRANT, "top", "--json"], stdout=subprocess.PIPE) as process:
        assert json.loads(process.stdout.readline())["holders"] == []
        sidecar.kill()
        assert process.wait(30) == 1


@pytest.mark.parametrize("end", [b"q", b"\x03"], ids=["q", "control-c"])
def test_top_follows_the_node_until_a_key_ends_it(sidecar: RealSidecar, end: bytes) -> None:
    """[RUN1] It leaves the terminal as it was."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(CELLGRANT[0], [*CELLGRANT, "top"])
    shown = b""
    while b"q ends this" not in shown:
        shown += os.read(terminal, 4096)
    sidecar.process.send_signal(signal.SIGKILL)
    while b"These figures are outdated" not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, end)
    while b"\x1b[?1049l" not in shown:
        shown += os.read(terminal, 4096)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)


@pytest.mark.usefixtures("sidecar")
def test_top_leaves_the_terminal_as_it_was_however_it_ends() -> None:
    """[RUN1] Also while it is stopped."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(CELLGRANT[0], [*CELLGRANT, "top"])
    before = termios.tcgetattr(terminal)
    for number in (signal.SIGTSTP, signal.SIGTERM):
        shown = b""
        while b"q ends this" not in shown:
            shown += os.read(terminal, 4096)
        assert termios.tcgetattr(terminal) != before
        os.kill(pid, number)
        while b"\x1b[?1049l" not in shown:
            shown += os.read(terminal, 4096)
        status = os.waitpid(pid, os.WUNTRACED)[1]
        assert termios.tcgetattr(terminal) == before
        if os.WIFSTOPPED(status):
            os.kill(pid, signal.SIGCONT)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGTERM
    os.close(terminal)
