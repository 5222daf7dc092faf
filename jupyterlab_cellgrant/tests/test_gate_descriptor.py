"""A cell that takes away the gate's descriptor, by its number: by accident, as it would any other's."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from jupyterlab_cellgrant.client.wire import SILENCE_MAX_S

from .conftest import StartKernel
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar
from .scripted_sidecar import ScriptedSidecar
from .test_gate_order import HALF, hold, release
from .test_gate_outage import TAKE_DESCRIPTORS

GATE = """
import os, socket, threading, time

def gate():
    "The number by which this process is connected to its sidecar."
    for number in map(int, os.listdir('/proc/self/fd')):
        try:
            it = socket.socket(fileno=number)
        except OSError:
            continue  # no socket
        try:
            if str(it.getpeername()).endswith('gate.sock'):
                return number
        except OSError:
            pass  # not connected
        finally:
            it.detach()

def take_at_number(number):
    "A pair of sockets, the first at this number."
    os.close(number)
    spare = []
    while True:
        ours, theirs = socket.socketpair()
        if ours.fileno() == number:
            return ours, theirs
        spare += ours, theirs

def take_when(flag, number):
    "Put a socket of the user's in its place once a file appears, and something to read into it."
    global ours, theirs
    while not os.path.exists(flag):
        time.sleep(.01)
    ours, theirs = take_at_number(number)
    theirs.send(b'mine')
    open(flag + ' done', 'w').close()

def take_later(flag):
    threading.Thread(target=take_when, args=(flag, gate())).start()
"""

TAKES = {
    "closed": "os.close(gate())",
    "replaced": "number = gate(); file = open({path!r}, 'w'); os.dup2(file.fileno(), number)",
    "reused": "number = gate(); ours, theirs = take_at_number(number)",
}

UNTOUCHED = {
    "replaced": "os.write(number, b'mine') and open({path!r}).read()",
    "reused": "[theirs.send(b'mine'), ours.recv(9), ours.send(b'mine'), theirs.recv(9)][-1]",
}
"""What a user finds in what took the place of the descriptor."""


@pytest.fixture
async def notebook(start_kernel: StartKernel) -> NotebookClient:
    """A kernel that knows the number; started after the sidecar of the test."""
    notebook = await start_kernel()
    await notebook.run(GATE, silent=True)
    return notebook


@pytest.mark.parametrize("how", TAKES)
async def test_a_cell_takes_the_descriptor(
    sidecar: RealSidecar,
    notebook: NotebookClient,
    start_kernel: StartKernel,
    tmp_path: Path,
    how: str,
) -> None:
    """[GATE9] Its grant ends with it, the next cell is gated, and nobody touches what is there now."""
    other, path = await start_kernel(), str(tmp_path / "file")
    code = f"{TAKES[how].format(path=path)}\ninput()\n1/0"
    running = notebook.submit(code, HALF, allow_stdin=True)
    await notebook.input_request()
    waiting = other.submit("print('ran')", HALF)
    sidecar.wait_for_claims(running=1, waiting=1)
    notebook.client.input("")
    assert (await notebook.reply(running))["ename"] == "ZeroDivisionError"
    assert (await other.reply(waiting))["status"] == "ok"
    done = sidecar.wait_for_claims(running=0, waiting=0, done=2)["claims"]
    assert sorted(it["outcome"] for it in done) == ["error", "ok"]
    next_one = notebook.submit("print('ran')", HALF)
    assert (await notebook.reply(next_one))["status"] == "ok"
    assert notebook.text(next_one) == "ran\n"
    done = sidecar.wait_for_claims(running=0, done=3)["claims"]
    assert all(it["grant"]["memoryBytes"] for it in done)
    if how in UNTOUCHED:
        await notebook.run(f"found = {UNTOUCHED[how].format(path=path)}")
        assert await notebook.evaluate("found") in (b"mine", "mine")


async def test_the_descriptor_goes_while_a_cell_waits(
    sidecar: RealSidecar, notebook: NotebookClient, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[GATE9] Whoever waits notices it, and is granted on the next connection what it waits for."""
    holder, flag = await start_kernel(), tmp_path / "close"
    held = await hold(holder, str(tmp_path / "go"))
    await notebook.run(f"take_later({str(flag)!r})")
    waiting = notebook.submit("print(ours.recv(9))", HALF)
    sidecar.wait_for_claims(running=1, waiting=1)
    release(flag)
    while not (tmp_path / "close done").exists():
        await asyncio.sleep(0.01)
    release(tmp_path / "go")
    assert (await holder.reply(held))["status"] == "ok"
    assert (await notebook.reply(waiting))["status"] == "ok"
    assert notebook.text(waiting) == "b'mine'\n"
    done = sidecar.wait_for_claims(running=0, waiting=0)["claims"]
    assert [it["grant"]["memoryBytes"] for it in done if it["ask"]["memoryBytes"]] == [
        2500 << 20
    ] * 2


async def test_the_descriptor_goes_while_no_cell_runs(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[GATE9] The gate finds it by itself; no permission of the connection before outlives it."""
    notebook, flag = await start_kernel(), tmp_path / "close"
    await notebook.run(GATE, silent=True)
    await notebook.run("import _cellgrant_gate.client.connection as c; c.LOOK_S = .1", silent=True)
    await notebook.run(f"take_later({str(flag)!r})")
    scripted_sidecar.wait_for("release")
    scripted_sidecar.send({"type": "standing", "isGiven": False})  # ends the wait that goes on
    release(flag)
    scripted_sidecar.wait_for("hello", 2)
    assert await notebook.evaluate("1 + 1") == 2
    assert scripted_sidecar.last("hello")["holdings"] == []


async def test_a_permission_ends_with_the_descriptor(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[GATE9] [GATE6] Nobody heard whether it was recalled: the next cells ask."""
    notebook = await start_kernel()
    await notebook.run(GATE, silent=True)
    await notebook.run(f"take_later({str(tmp_path / 'take')!r})")
    scripted_sidecar.send({"type": "standing", "isGiven": True})
    while "started" not in scripted_sidecar.last("claim"):
        await notebook.run("1")
    scripted_sidecar.wait_for("release", len(scripted_sidecar.all("claim")))
    release(tmp_path / "take")
    while not (tmp_path / "take done").exists():
        await asyncio.sleep(0.01)
    before = len(scripted_sidecar.all("claim"))
    for _ in range(2):
        await notebook.run("1")
    scripted_sidecar.wait_for("release", before + 2)
    assert len(scripted_sidecar.all("hello")) == 2
    claims = scripted_sidecar.all("claim")[before:]
    assert [it.get("started") for it in claims] == [None, None]


async def test_the_descriptor_goes_and_none_is_left(
    sidecar: RealSidecar, notebook: NotebookClient, tmp_path: Path
) -> None:
    """[GATE9] As soon as there is one again, its grant is given back and cells are gated."""
    flag = str(tmp_path / "go")
    take_and_keep = TAKE_DESCRIPTORS.format(flag=flag).split("for it in taken")[0]
    release(tmp_path / "go")
    await notebook.run(f"os.close(gate())\n{take_and_keep}\n1/0", HALF)
    began = time.monotonic()
    ungated = notebook.submit("for it in taken: os.close(it)")
    assert (await notebook.reply(ungated))["status"] == "ok"
    assert time.monotonic() - began < SILENCE_MAX_S  # it asked nobody
    outcomes: list[str] = []
    while "ok" not in outcomes:  # it connects by itself, a moment after there is a descriptor
        await notebook.run("1", HALF)
        done = sidecar.wait_for_claims(running=0, waiting=0)["claims"]
        outcomes = [it["outcome"] for it in done if it["ask"]["memoryBytes"]]
    assert outcomes.count("error") == 1


async def test_a_child_that_closes_everything(
    sidecar: RealSidecar, notebook: NotebookClient, tmp_path: Path
) -> None:
    """[GATE9] As a daemon does that begins: it has what it opens then, and its parent its gate."""
    path = str(tmp_path / "file")
    code = (
        "if os.fork() == 0:\n"
        "    os.closerange(3, 4096)\n"
        "    file = os.fdopen(os.open({path!r}, os.O_CREAT | os.O_RDWR), 'r+')\n"
        "    file.write('mine'); file.flush()\n"
        "    os._exit(0 if os.pread(file.fileno(), 99, 0) == b'mine' else 1)\n"
        "print(os.wait()[1])"
    )
    message_id = notebook.submit(code.format(path=path), HALF)
    assert (await notebook.reply(message_id))["status"] == "ok"
    assert notebook.text(message_id) == "0\n"
    await notebook.run("1", HALF)
    done = sidecar.wait_for_claims(running=0, waiting=0, done=2)["claims"]
    assert {it["outcome"] for it in done} == {"ok"}
