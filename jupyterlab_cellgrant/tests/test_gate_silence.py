"""Who was stopped, or could not run, has heard nothing: that is no silence of the other side."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyterlab_cellgrant.client.wire import SILENCE_MAX_S

from .conftest import StartKernel
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar
from .test_gate_order import HALF, hold, release

LONG_S = SILENCE_MAX_S + 1
"""For so long is stopped what is stopped: longer than anybody would wait."""

KEEP_LOCK = f"import ctypes; print('here'); ctypes.PyDLL(None).usleep({round(LONG_S * 1e6)})"
"""Keeps Python's lock, as a long call of a library may."""


@contextlib.contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """Processes that do not run meanwhile."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def pid_of(notebook: NotebookClient) -> int:
    return notebook.manager.provisioner.pid


@pytest.mark.parametrize("with_sidecar", [False, True], ids=["kernels", "machine"])
async def test_a_pause_of_kernels(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path, with_sidecar: bool
) -> None:
    """[GATE8] Grants stay, and cells that wait go on waiting: what has come meanwhile is read first."""
    holder, *waiters = [await start_kernel() for _ in range(5)]
    between = await start_kernel()
    await between.run("1")
    held = await hold(holder, str(tmp_path / "go"))
    sent = [it.submit("print('ran')", HALF) for it in waiters]
    before = sidecar.wait_for_claims(running=1, waiting=4)["claims"]
    if with_sidecar:
        sidecar.freeze()
    with stopped(*map(pid_of, (holder, *waiters, between))):
        await asyncio.sleep(LONG_S)
    if with_sidecar:
        await asyncio.sleep(0.5)  # it wakes up later than they do
        sidecar.thaw()
    # Whoever had given up would have told the sidecar by the time that another cell has run.
    await between.run("1")
    after = sidecar.wait_for_claims(running=1, waiting=4)["claims"]
    assert {it["id"] for it in before} <= {it["id"] for it in after}
    release(tmp_path / "go")
    for waiter, message_id in zip(waiters, sent):
        assert (await waiter.reply(message_id))["status"] == "ok"
        assert waiter.text(message_id) == "ran\n"
    assert (await holder.reply(held))["status"] == "ok"
    done = sidecar.wait_for_claims(running=0, waiting=0)["claims"]
    granted = [it["grant"]["memoryBytes"] for it in done if it["ask"]["memoryBytes"]]
    assert len(granted) == 5
    assert all(granted)


async def test_a_cell_that_keeps_the_lock(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[GATE8] A cell beside it waits on: no thread of its kernel could have heard anything."""
    holder, notebook = await start_kernel(), await start_kernel()
    held = await hold(holder, str(tmp_path / "go"))
    subshell_id = (await notebook.control("create_subshell_request"))["subshell_id"]
    waiting = notebook.submit("print('ran')", HALF, subshell_id=subshell_id)
    sidecar.wait_for_claims(running=1, waiting=1)
    deaf = notebook.submit(KEEP_LOCK)
    assert (await notebook.reply(deaf))["status"] == "ok"
    release(tmp_path / "go")
    assert (await notebook.reply(waiting))["status"] == "ok"
    assert notebook.text(waiting) == "ran\n"
    await holder.reply(held)
