"""Without a sidecar, or with a bad one, cells run: at once, and with one notice."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from jupyterlab_cellgrant.client.wire import LINE_BYTES_MAX, SILENCE_MAX_S
from jupyterlab_cellgrant.kernel import notices

from .conftest import StartKernel
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar
from .scripted_sidecar import Message, ScriptedSidecar, grant_everything
from .test_gate_order import HALF, hold, release

TAKE_DESCRIPTORS = """
import os, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
taken = []
def take_all():
    try:
        while True:
            taken.append(os.dup(0))
    except OSError:
        pass  # that was the last one
take_all()
print('none left')
while not os.path.exists({flag!r}):
    take_all()
for it in taken:
    os.close(it)
"""

REPLACE = """
import os, select, socket, threading, time
def sleep(seconds, sleep=time.sleep):
    assert threading.current_thread().name != 'Cellgrant', 'a mock'
    sleep(seconds)
time.sleep, select.poll, socket.socket = sleep, None, None
os.fstat = os.times = time.process_time = None
"""


async def claims_again(
    notebook: NotebookClient, sidecar: RealSidecar, hints: object = HALF
) -> None:
    """Once the gate has been welcomed again, claims are made again."""

    def done() -> set[str]:
        return {it["id"] for it in sidecar.claims("done")}

    before = done()
    while not done() - before:
        await notebook.run("x = 1", hints)


async def test_no_sidecar(cellgrant_dir: Path, start_kernel: StartKernel) -> None:
    """[GATE5] Cells run; the first one that asked for something is told that it got nothing."""
    notebook = await start_kernel()
    for hints, notice in ((None, ""), (HALF, f"{notices.OUTAGE}\n"), (HALF, "")):
        message_id = notebook.submit("x = 1", hints)
        assert (await notebook.reply(message_id))["status"] == "ok"
        assert notebook.text(message_id) == notice


async def test_sidecar_killed_in_mid_cell(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[GATE5] [ENF4] The cell finishes, the next one runs, and a new sidecar learns the truth."""
    busy, idle = await start_kernel(), await start_kernel()
    await idle.run("1")
    held = await hold(busy, str(tmp_path / "go"))
    before = sidecar.claims("running")[0]
    sidecar.kill()
    message_id = idle.submit("x = 1")
    assert (await idle.reply(message_id))["status"] == "ok"
    assert idle.text(message_id) == f"{notices.OUTAGE}\n"
    sidecar.start()
    snapshot = sidecar.wait_for(lambda it: len(it["holders"]) == 2 and it["claims"])
    (after,) = [it for it in snapshot["claims"] if it["state"] == "running"]
    assert after["id"] == before["id"]
    assert after["grant"] == before["grant"]
    # What is held is still held: another half does not fit beside it.
    await claims_again(idle, sidecar, {"cpus": 1})
    waiting = idle.submit("y = 2", HALF)
    sidecar.wait_for_claims(running=1, waiting=1)
    release(tmp_path / "go")
    assert (await busy.reply(held))["status"] == "ok"
    assert (await idle.reply(waiting))["status"] == "ok"
    assert idle.text(waiting) == ""


async def test_sidecar_killed_while_a_cell_waits(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[ENF4] A restarted sidecar goes on with the queue, and knows since when each waits."""
    holder, waiter = await start_kernel(), await start_kernel()
    held = await hold(holder, str(tmp_path / "go"))
    waiting = waiter.submit("print('ran')", HALF)
    before = sidecar.wait_for_claims(running=1, waiting=1)["claims"]
    sidecar.kill()
    sidecar.start()
    after = sidecar.wait_for_claims(running=1, waiting=1)["claims"]
    # The gate claimed before the sidecar heard of it; between their clocks lies no second.
    for one, other in zip(before, after):
        assert other["arrivedMs"] < one["arrivedMs"] + 50
    release(tmp_path / "go")
    assert (await holder.reply(held))["status"] == "ok"
    assert (await waiter.reply(waiting))["status"] == "ok"
    assert waiter.text(waiting) == "ran\n"


async def test_sidecar_hangs_while_cells_wait(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[GATE5] They run, and when it is back they are shown as cells that run or ran, ungranted."""
    holder, quick, slow = [await start_kernel() for _ in range(3)]
    held = await hold(holder, str(tmp_path / "go"))
    sent = quick.submit("print('ran')", HALF)
    lasting = slow.submit(
        f"import os\nwhile not os.path.exists({str(tmp_path / 'go')!r}): pass", HALF
    )
    before = sidecar.wait_for_claims(running=1, waiting=2)["claims"]
    waiting = [it["id"] for it in before if it["state"] == "waiting"]
    sidecar.freeze()
    assert (await quick.reply(sent))["status"] == "ok"
    await slow.until_output(lasting, notices.OUTAGE_IN_WAIT)
    sidecar.thaw()
    snapshot = sidecar.wait_for_claims(running=2, waiting=0, done=1)
    after = {it["id"]: it for it in snapshot["claims"] if it["id"] in waiting}
    done, running = sorted(after.values(), key=lambda it: it["state"])
    assert (done["state"], done["outcome"], running["state"]) == ("done", "ok", "running")
    assert "without a grant" in running["notEnforced"]["sentence"]
    release(tmp_path / "go")
    assert (await slow.reply(lasting))["status"] == "ok"
    assert (await holder.reply(held))["status"] == "ok"
    done = sidecar.wait_for_claims(running=0, waiting=0, done=3)["claims"]
    assert {it["outcome"] for it in done} == {"ok"}


async def test_sidecar_hangs(sidecar: RealSidecar, start_kernel: StartKernel) -> None:
    """[GATE5] The first cell waits as long as silence is allowed; the others do not wait at all."""
    notebook = await start_kernel()
    await notebook.run("1")
    sidecar.freeze()
    texts, spans = [], []
    for _ in range(5):
        began = time.monotonic()
        message_id = notebook.submit("x = 1", HALF)
        assert (await notebook.reply(message_id))["status"] == "ok"
        texts.append(notebook.text(message_id))
        spans.append(time.monotonic() - began)
    assert texts == [f"{notices.OUTAGE}\n", "", "", "", ""]
    assert SILENCE_MAX_S < spans[0]
    assert sum(spans[1:]) < SILENCE_MAX_S
    sidecar.thaw()
    sidecar.wait_for(lambda it: it["holders"])
    await claims_again(notebook, sidecar)


async def test_sidecar_that_talks_nonsense(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[GATE5] Whatever comes over the socket, user code never hears of it."""
    notebook = await start_kernel()
    await notebook.run("1")
    passed_over: list[bytes | Message] = [
        b'\n{"type": "granted"}\n{"type": "granted", "id": "none"}\n',
        {"type": "no such thing", "id": 1},
        {"type": "interrupt", "id": None, "message": "not me"},
        {"type": "free"},
    ]
    for line in passed_over:
        scripted_sidecar.send(line)
    assert await notebook.evaluate("1") == 1
    hang_ups: list[bytes | Message] = [
        b"{not json\n",
        b"[1, 2]\n",
        b"x" * (LINE_BYTES_MAX + 10),
        b"\xff\xfe\n",
        b"[" * 50_000 + b"\n",
        {"type": "welcome", "protocol": 99},
    ]
    for number, line in enumerate(hang_ups, 2):
        scripted_sidecar.send(line)
        assert (await notebook.run("x = 1"))["status"] == "ok"
        scripted_sidecar.wait_for("hello", number)
    assert await notebook.evaluate("x") == 1


async def test_sidecar_restarts_while_a_cell_has_all_descriptors(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[GATE5] The gate cannot connect meanwhile, and does so afterwards."""
    notebook = await start_kernel()
    await notebook.run("1")
    busy = notebook.submit(TAKE_DESCRIPTORS.format(flag=str(tmp_path / "go")))
    await notebook.until_output(busy, "none left")
    sidecar.kill()
    sidecar.start()
    release(tmp_path / "go")
    assert (await notebook.reply(busy))["status"] == "ok"
    await claims_again(notebook, sidecar)


async def test_sidecar_restarts_after_a_cell_replaced_what_modules_hold(
    sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[GATE5] Monkey patches and mocks are for the cell's own calls, not for the gate's."""
    notebook = await start_kernel()
    await notebook.run(REPLACE)
    sidecar.kill()
    assert (await notebook.run("x = 1"))["status"] == "ok"
    sidecar.start()
    await claims_again(notebook, sidecar)


async def test_sidecar_that_will_not_have_the_kernel(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[GATE5] A refusal is no silence: cells do not wait for it to end, and are told of it."""
    why = "Process 7 cannot be registered: there is no such process."
    scripted_sidecar.answer = lambda it: (
        [{"type": "problem", "message": why}] if it["type"] == "hello" else grant_everything(it)
    )
    notebook = await start_kernel()
    for notice in (f"{notices.REFUSED.format(why=why)}\n", ""):
        message_id = notebook.submit("x = 1", HALF)
        assert (await notebook.reply(message_id))["status"] == "ok"
        assert notebook.text(message_id) == notice


async def test_malformed_grants(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[GATE5] A grant that cannot be applied does not stop the cell."""
    grants = [{"affinity": "no cpus"}, {"env": [1]}, {"threads": "many"}, {"env": {"A": 1}}]

    def answer(message: Message) -> list[Message | bytes]:
        if message["type"] != "claim":
            return grant_everything(message)
        grant = grants[int(message["label"][1:-1]) % len(grants)]
        return [{"type": "granted", "id": message["id"], "grant": grant}]

    scripted_sidecar.answer = answer
    notebook = await start_kernel()
    for i in range(8):
        assert await notebook.evaluate(str(i)) == i
    scripted_sidecar.wait_for("release", 8)
    # One that changes into nonsense in mid-cell ends the connection, not the thread that keeps it.
    running = notebook.submit("print('here')\nimport time; time.sleep(.5)")
    await notebook.until_output(running, "here")
    claim = scripted_sidecar.wait_for("claim", 9)
    scripted_sidecar.send({"type": "changed", "id": claim["id"], "grant": grants[0]})
    assert (await notebook.reply(running))["status"] == "ok"
    scripted_sidecar.wait_for("hello", 2)


async def test_fail_closed(start_sidecar: Callable[..., RealSidecar], start_kernel) -> None:
    """An administrator's choice: without a sidecar, cells are refused by name."""
    sidecar = start_sidecar("--failure", "closed")
    notebook = await start_kernel()
    await notebook.run("1")
    sidecar.kill()
    message_id = notebook.submit("print('not me')")
    reply = await notebook.reply(message_id)
    assert (reply["ename"], reply["evalue"]) == ("GrantRefused", notices.CLOSED)
    assert notebook.text(message_id) == ""
    # A cell that waits for it is answered by the one that comes back.
    waiting = notebook.submit("print('ran')")
    sidecar.start()
    assert (await notebook.reply(waiting))["status"] == "ok"


async def test_long_wait_is_explained_and_taken_back(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, monkeypatch
) -> None:
    """[UI1] Who has no panel reads why a cell waits; no saved notebook keeps it."""
    scripted_sidecar.answer = lambda it: [] if it["type"] == "claim" else grant_everything(it)
    notebook = await start_kernel()
    await notebook.run(
        "import _cellgrant_gate.kernel.turn as t; t.EXPLAIN_AFTER_S = 0", silent=True
    )
    message_id = notebook.submit("print('ran')")
    claim = scripted_sidecar.wait_for("claim")
    sentence = "for 1 GPU; GPU 0 is held by segment.ipynb"
    waiting = {"type": "waiting", "id": claim["id"], "sentence": sentence, "position": 1}
    scripted_sidecar.send(waiting)
    await notebook.until_output(message_id, f"Cellgrant: this cell waits {sentence}\n")
    scripted_sidecar.send({"type": "granted", "id": claim["id"], "grant": {}})
    assert (await notebook.reply(message_id))["status"] == "ok"
    kinds = [it for it in notebook.kinds(message_id) if it != "status"]
    assert kinds == ["execute_input", "stream", "clear_output", "stream"]
    assert [it["name"] for it in notebook.outputs(message_id, "stream")] == ["stderr", "stdout"]
    assert notebook.outputs(message_id, "clear_output") == [{"wait": False}]
