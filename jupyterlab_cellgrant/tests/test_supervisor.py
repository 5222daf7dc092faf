"""The supervisor alone, with the real sidecar."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from ..paths import runtime_dir
from ..settings import Cellgrant
from ..sidecar_process import LOCK, SidecarError, take_lock
from ..supervisor import Supervisor

Supervise = Callable[..., Supervisor]
WITHIN_S = 60


@pytest.fixture
async def supervise(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Supervise]:
    """Runs supervisors, of one directory unless told; each is stopped in the end."""
    directory = Path(tempfile.mkdtemp(prefix="cg-"))
    monkeypatch.setenv("CELLGRANT_DIR", str(directory))  # for what a supervisor changes there
    running: list[tuple[Supervisor, asyncio.Task[None]]] = []

    def start(where: str = "", failure: str = "open", **options: float) -> Supervisor:
        log = logging.getLogger("test")
        its = Cellgrant(tier="none", failure=failure)
        supervisor = Supervisor(directory / where, its, log=log, **options)
        running.append((supervisor, asyncio.create_task(supervisor.run())))
        return supervisor

    yield start
    for supervisor, task in running:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await supervisor.stop()
    shutil.rmtree(directory)


async def becomes(supervisor: Supervisor, *states: str, besides: int | None = None) -> None:
    """Wait for one of these states, with another pid than `besides`."""

    async def wait() -> None:
        while supervisor.status.state not in states or (besides and supervisor.pid == besides):
            await asyncio.sleep(0.02)

    await asyncio.wait_for(wait(), WITHIN_S)


async def test_two_started_at_once_have_one_sidecar(supervise: Supervise) -> None:
    both = [supervise(), supervise()]
    for it in both:
        await becomes(it, "own", "joined")
    assert sorted(it.status.state for it in both) == ["joined", "own"]
    assert len([it.pid for it in both if it.pid]) == 1


async def test_a_hung_sidecar_is_replaced(
    supervise: Supervise, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = supervise(hung_after_s=1)
    await becomes(supervisor, "own")
    hung = supervisor.pid
    os.kill(hung, signal.SIGSTOP)
    await becomes(supervisor, "own", besides=hung)
    assert "ended (signal 9)" in caplog.text
    assert "it did not answer for 1 s" in caplog.text


async def test_a_lock_held_by_one_that_never_answers_is_told(supervise: Supervise) -> None:
    supervisor = supervise()
    lock = take_lock(supervisor.directory)
    assert lock is not None
    await becomes(supervisor, "away")
    assert "holds the lock" in supervisor.status.sentence
    os.close(lock)
    await becomes(supervisor, "own")


async def test_a_directory_that_is_removed_is_made_again(supervise: Supervise) -> None:
    """[SEC5] the sidecar ends, and the next one lives in a new directory at the same path."""
    supervisor = supervise()
    await becomes(supervisor, "own")
    first = supervisor.pid
    shutil.rmtree(supervisor.directory)
    await becomes(supervisor, "own", besides=first)
    assert supervisor.api_socket.is_socket()


@pytest.mark.parametrize("kind", ["directory", "pipe", "link", "socket"])
def test_what_is_no_lock_is_told_in_a_sentence(tmp_path: Path, kind: str) -> None:
    """[SEC4] also where it would keep a program waiting, or write somewhere else."""
    lock, elsewhere = tmp_path / LOCK, tmp_path / "elsewhere"
    if kind == "directory":
        lock.mkdir()
    elif kind == "pipe":
        os.mkfifo(lock)
    elif kind == "link":
        lock.symlink_to(elsewhere)
    else:
        with socket.socket(socket.AF_UNIX) as it:
            it.bind(str(lock))
    with pytest.raises(SidecarError, match=rf"{LOCK} .*: remove .*CELLGRANT_DIR"):
        take_lock(tmp_path)
    assert not elsewhere.exists()


async def test_a_lock_that_cannot_be_is_told_and_tried_again(supervise: Supervise) -> None:
    """[SEC4] Jupyter goes on without, and with it once the way is free."""
    supervisor = supervise()
    await becomes(supervisor, "own")
    in_the_way = supervisor.directory / LOCK
    in_the_way.unlink()
    in_the_way.mkdir()
    os.kill(supervisor.pid, signal.SIGKILL)
    await becomes(supervisor, "away")
    while "Is a directory" not in supervisor.status.sentence:
        await asyncio.sleep(0.02)
    in_the_way.rmdir()
    await becomes(supervisor, "own")


async def test_a_user_has_one_sidecar_whatever_their_directories_are(supervise: Supervise) -> None:
    """[ENF11] The second server uses the first one's, and so do its kernels and terminals."""
    first = supervise("a")
    await becomes(first, "own")
    second = supervise("b")
    await becomes(second, "joined")
    assert second.directory == first.directory
    assert runtime_dir() == first.directory
    os.kill(first.pid, signal.SIGKILL)
    await becomes(first, "own", "joined", besides=first.pid)
    await becomes(second, "own", "joined")
    assert second.directory == first.directory


async def test_one_that_fails_in_another_way_is_not_joined(supervise: Supervise) -> None:
    """[ENF11] Cells that may not run ungated would."""
    first = supervise("a")
    await becomes(first, "own")
    second = supervise("b", failure="closed")
    await becomes(second, "away")
    assert str(first.directory) in second.status.sentence
    assert "exit code 3" in second.status.sentence
    assert second.directory != first.directory
