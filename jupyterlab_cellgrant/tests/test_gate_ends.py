"""Interrupt, restart and death: a gated cell ends as a plain one does, and its grant with it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from .conftest import StartKernel, ipykernel_spec
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar
from .scripted_sidecar import Message, ScriptedSidecar, grant_everything
from .test_gate_order import HALF, hold, release


@pytest.mark.parametrize("interrupt_mode", ["signal", "message"])
async def test_interrupt_while_waiting(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path, interrupt_mode: str
) -> None:
    """[GATE2] It cancels the claim; the cell ends as any interrupted cell, later ones abort."""
    holder = await start_kernel()
    waiter = await start_kernel(ipykernel_spec(interrupt_mode=interrupt_mode))
    held = await hold(holder, str(tmp_path / "go"))
    await waiter.run("import asyncio")
    waiting = waiter.submit("print('not me')", HALF)
    queued = waiter.submit("print('nor me')", HALF)
    sidecar.wait_for_claims(running=1, waiting=1)
    await waiter.manager.interrupt_kernel()
    reply = await waiter.reply(waiting)
    assert (await waiter.reply(queued))["status"] == "aborted"
    assert reply["status"] == "error"
    assert reply["ename"] == "KeyboardInterrupt"
    assert reply["execution_count"] == 2
    error = waiter.error(waiting)
    assert error["ename"] == "KeyboardInterrupt"
    assert "waited" in error["evalue"]
    assert waiter.text(waiting) == ""
    sidecar.wait_for_claims(running=1, waiting=0)
    assert await waiter.evaluate("In[2]") == "print('not me')"
    release(tmp_path / "go")
    assert (await holder.reply(held))["status"] == "ok"


async def test_interrupt_is_answered_soon(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """An idle event loop does not delay the answer: the best of five comes within 50 ms."""
    holder, waiter = await start_kernel(), await start_kernel()
    held = await hold(holder, str(tmp_path / "go"))
    waits = []
    for _ in range(5):
        waiting = waiter.submit("1", HALF)
        sidecar.wait_for_claims(running=1, waiting=1)
        began = time.monotonic()
        os.kill(waiter.manager.provisioner.pid, signal.SIGINT)
        await waiter.reply(waiting)
        waits.append(time.monotonic() - began)
    assert min(waits) < 0.05, waits
    release(tmp_path / "go")
    await holder.reply(held)


@pytest.mark.parametrize(
    "code",
    [
        "import time\nprint('here')\ntime.sleep(60)",
        # Many short sleeps: ipykernel's own interrupt does not wake an idle event loop.
        "import asyncio\nprint('here')\nfor _ in range(600): await asyncio.sleep(.1)",
        "print('here')\nwhile True: pass",
    ],
    ids=["blocking", "async", "busy"],
)
async def test_interrupt_while_running(
    sidecar: RealSidecar, start_kernel: StartKernel, code: str
) -> None:
    """[GATE2] The error is what the same kernel gives ungated; the grant is released."""
    seen = []
    for provisioner in ("cellgrant", None):
        notebook = await start_kernel(ipykernel_spec(provisioner=provisioner))
        running = notebook.submit(code, HALF)
        await notebook.until_output(running, "here")
        await notebook.manager.interrupt_kernel()
        reply = await notebook.reply(running)
        seen.append((reply["ename"], reply["evalue"], reply["status"], reply["execution_count"]))
        assert await notebook.evaluate("1 + 1") == 2
    assert seen[0] == seen[1]
    done = sidecar.wait_for_claims(running=0, waiting=0)["claims"]
    assert sorted(it["outcome"] for it in done) == ["interrupted", "ok"]


async def test_many_interrupts(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[GATE2] Interrupted while it is answered, each of many cells in a row ends once, and is told.

    Only while the gate has its turn: ipykernel itself may lose a reply, or hang, where an
    interrupt hits its own code between two cells.
    """
    notebook = await start_kernel()
    pid = notebook.manager.provisioner.pid

    def interrupt_and_grant(message: Message) -> list[Message | bytes]:
        if message["type"] == "claim":
            os.kill(pid, signal.SIGINT)
        return grant_everything(message)

    scripted_sidecar.answer = interrupt_and_grant
    sent = [notebook.submit("x = 1", HALF, stop_on_error=False) for _ in range(60)]
    replies = [await notebook.reply(it) for it in sent]
    assert {it["ename"] for it in replies} == {"KeyboardInterrupt"}
    scripted_sidecar.answer = grant_everything
    assert await notebook.evaluate("1 + 1", HALF) == 2
    scripted_sidecar.wait_for("release")
    ends = [it["id"] for it in scripted_sidecar.heard if it["type"] in ("cancel", "release")]
    assert ends == [it["id"] for it in scripted_sidecar.heard if it["type"] == "claim"]


async def test_interrupt_for_memory_reaches_the_cell(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[MEM3] The sidecar's interrupt ends the cell with its explanation in the output."""
    notebook = await start_kernel()
    running = notebook.submit("import time\nprint('here')\ntime.sleep(60)", HALF)
    await notebook.until_output(running, "here")
    claim = scripted_sidecar.wait_for("claim")
    message = "This cell was interrupted: its kernel uses too much."
    scripted_sidecar.send({"type": "interrupt", "id": claim["id"], "message": message})
    assert (await notebook.reply(running))["ename"] == "KeyboardInterrupt"
    assert message in notebook.text(running)
    assert scripted_sidecar.wait_for("release")["outcome"] == "interrupted"
    # One that comes too late touches nobody.
    scripted_sidecar.send({"type": "interrupt", "id": claim["id"], "message": message})
    assert await notebook.evaluate("1 + 1") == 2


async def test_interrupt_for_memory_reaches_a_subshell(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[MEM3] In a thread that no signal reaches, too."""
    notebook = await start_kernel()
    subshell_id = (await notebook.control("create_subshell_request"))["subshell_id"]
    code = "import time\nprint('here')\nwhile True: time.sleep(.01)"
    running = notebook.submit(code, HALF, subshell_id=subshell_id)
    await notebook.until_output(running, "here")
    claim = scripted_sidecar.wait_for("claim")
    scripted_sidecar.send({"type": "interrupt", "id": claim["id"], "message": "Too much."})
    assert (await notebook.reply(running))["ename"] == "KeyboardInterrupt"
    assert scripted_sidecar.wait_for("release")["outcome"] == "interrupted"


async def test_restart_while_waiting(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[GATE2] A restart drops the claim; the new kernel claims afresh under the same id."""
    holder, waiter = await start_kernel(), await start_kernel()
    held = await hold(holder, str(tmp_path / "go"))
    waiter.submit("1", HALF)
    sidecar.wait_for_claims(running=1, waiting=1)
    await waiter.close()
    await waiter.manager.restart_kernel(now=True)
    sidecar.wait_for_claims(running=1, waiting=0)
    again = await NotebookClient(waiter.manager).open()
    release(tmp_path / "go")
    assert await again.evaluate("6 * 7", HALF) == 42
    await holder.reply(held)
    assert {it["gated"] for it in sidecar.get("holders")} == {True}
    await again.close()


async def test_kernel_killed_while_running(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[GATE2] What a killed kernel held goes to the one that waits."""
    holder, waiter = await start_kernel(), await start_kernel()
    await hold(holder, str(tmp_path / "never"))
    waiting = waiter.submit("1", HALF)
    sidecar.wait_for_claims(running=1, waiting=1)
    os.kill(holder.manager.provisioner.pid, signal.SIGKILL)
    assert (await waiter.reply(waiting))["status"] == "ok"
    sidecar.wait_for_claims(running=0, waiting=0)


async def test_shutdown_leaves_nothing(sidecar: RealSidecar, start_kernel: StartKernel) -> None:
    """[ENF2] A kernel that was shut down is gone from the sidecar."""
    notebook = await start_kernel()
    await notebook.run("1")
    await notebook.close()
    await notebook.manager.shutdown_kernel()
    sidecar.wait_for(lambda it: not it["holders"])


async def test_fork_in_a_cell(sidecar: RealSidecar, start_kernel: StartKernel) -> None:
    """A forked child does not speak for its parent, and does not keep its connection open."""
    notebook = await start_kernel()
    code = (
        "import multiprocessing\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    print(pool.map(abs, [-1, -2]))"
    )
    message_id = notebook.submit(code, HALF)
    assert (await notebook.reply(message_id))["status"] == "ok"
    assert notebook.text(message_id) == "[1, 2]\n"
    done = sidecar.wait_for_claims(running=0, waiting=0, done=1)["claims"]
    assert done[0]["outcome"] == "ok"


FORK_BESIDE = """
import asyncio, os
async def fork():
    while not os.path.exists({flag!r}):
        await asyncio.sleep(.01)
    loop = asyncio.get_running_loop()
    if os.fork():
        os.wait()
        open({flag!r} + ' done', 'w').close()
    else:
        loop.call_later(7, os._exit, 0)
task = asyncio.create_task(fork())
"""
"""Its child goes on in the kernel's loop for longer than a gate waits for nothing."""


async def test_fork_while_a_cell_waits(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[GATE1] The cell that waits is its parent's, and runs once."""
    holder, waiter = await start_kernel(), await start_kernel()
    held = await hold(holder, str(tmp_path / "go"))
    await waiter.run(FORK_BESIDE.format(flag=str(tmp_path / "fork")))
    ran = tmp_path / "ran"
    code = (
        f"import os; os.write(os.open({str(ran)!r}, os.O_CREAT | os.O_APPEND | os.O_WRONLY), b'x')"
    )
    waiting = waiter.submit(code, HALF)
    sidecar.wait_for_claims(running=1, waiting=1)
    release(tmp_path / "fork")
    while not (tmp_path / "fork done").exists():
        await asyncio.sleep(0.01)
    release(tmp_path / "go")
    assert (await waiter.reply(waiting))["status"] == "ok"
    assert ran.read_bytes() == b"x"
    await holder.reply(held)
