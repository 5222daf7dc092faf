"""A gated kernel runs cells as a plain one does: order, errors, input, silence, subshells."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace

from ..kernel.gate import Gate
from .conftest import StartKernel, ipykernel_spec
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar
from .scripted_sidecar import ScriptedSidecar, grant_everything

HALF = {"memory": "2500 MiB"}
"""More than half of what the test's sidecar hands out: two of these cannot run at once."""


async def hold(notebook: NotebookClient, path: str, hints: object = HALF) -> str:
    """Run a cell that holds its grant until a file appears."""
    code = f"import os, time\nprint('holding')\nwhile not os.path.exists({path!r}): time.sleep(.01)"
    message_id = notebook.submit(code, hints)
    await notebook.until_output(message_id, "holding")
    return message_id


def release(flag: Path) -> None:
    """Let the cell end that ``hold`` has started."""
    flag.touch()


async def test_run_all(sidecar: RealSidecar, start_kernel: StartKernel) -> None:
    """[GATE1] 30 cells sent at once, some hinted, run in the order they were sent."""
    notebook = await start_kernel()
    await notebook.run("ran = []")
    hints = [None, {"cpus": 1}, HALF]
    sent = [notebook.submit(f"ran.append({i})", hints[i % 3]) for i in range(30)]
    replies = [await notebook.reply(it) for it in sent]
    assert [it["status"] for it in replies] == ["ok"] * 30
    assert [it["execution_count"] for it in replies] == list(range(2, 32))
    assert await notebook.evaluate("ran") == list(range(30))
    done = sidecar.wait_for_claims(running=0, waiting=0)["claims"]
    assert [it["outcome"] for it in done] == ["ok"] * 32


async def test_start_at_once(scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel) -> None:
    """[GATE6] Where the sidecar permits it, a cell without hints waits for no answer."""
    notebook = await start_kernel()

    async def run_until(started: bool) -> None:
        """The permission comes by the same socket, but not by the same thread."""
        while True:
            assert await notebook.evaluate("1 + 1") == 2
            if scripted_sidecar.last("claim").get("started", False) is started:
                return

    await run_until(started=False)
    scripted_sidecar.send({"type": "standing", "isGiven": True})
    await run_until(started=True)
    scripted_sidecar.answer = lambda message: []
    await run_until(started=True)
    scripted_sidecar.answer = grant_everything
    # One with hints asks, and so does every other when the permission has ended.
    await notebook.run("1", HALF)
    assert "started" not in scripted_sidecar.last("claim")
    scripted_sidecar.send({"type": "standing", "isGiven": False})
    await run_until(started=False)
    # A connection that is lost takes it along.
    scripted_sidecar.send({"type": "standing", "isGiven": True})
    await run_until(started=True)
    scripted_sidecar.send(b"nonsense\n")
    scripted_sidecar.wait_for("hello", 2)
    await run_until(started=False)
    ends = [it["id"] for it in scripted_sidecar.heard if it["type"] == "release"]
    claims = [it["id"] for it in scripted_sidecar.heard if it["type"] == "claim"]
    assert ends == claims[: len(ends)]
    assert len(ends) >= len(claims) - 1


def test_ids_given_again(tmp_path: Path) -> None:
    """[GATE1] A client may give each request the same id: what comes after a cell is no part of it."""
    parent = {"header": {"msg_id": "1"}, "metadata": {"cellgrant": HALF}}
    kernel = SimpleNamespace(get_parent=lambda _: parent, execution_count=1)
    gate = Gate(str(tmp_path), "k", "a.ipynb", "open")
    first = gate.turn(kernel, "1", False)
    assert gate.turn(kernel, "1", False) is None
    first.stop({"status": "ok"})
    assert gate.turn(kernel, "1", False) is not None
    first.leave()
    assert gate.turn(kernel, "1", False) is None


async def test_stop_on_error(sidecar: RealSidecar, start_kernel: StartKernel) -> None:
    """[GATE1] After a failing cell the queued ones are aborted, and nothing stays held."""
    notebook = await start_kernel()
    sent = [notebook.submit(it, HALF) for it in ("1/0", "print('not me')", "print('nor me')")]
    replies = [await notebook.reply(it) for it in sent]
    assert [it["status"] for it in replies] == ["error", "aborted", "aborted"]
    assert notebook.error(sent[0])["ename"] == "ZeroDivisionError"
    sidecar.wait_for_claims(running=0, waiting=0, done=1)
    assert await notebook.evaluate("1 + 1", HALF) == 2


async def test_traceback_is_the_users_own(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """The gate adds no frame to a traceback, no name to the user's and no entry to ``In``."""
    gated = await start_kernel()
    plain = await start_kernel(ipykernel_spec(provisioner=None))
    codes = ["def f(): g()", "f()", "print(sorted(globals()), In, sys.path)", "%who"]
    codes.insert(0, "import sys")
    texts = []
    for notebook in (gated, plain):
        sent = [notebook.submit(it, stop_on_error=False) for it in codes]
        replies = [await notebook.reply(it) for it in sent]
        texts.append([(notebook.text(it), notebook.outputs(it, "error")) for it in sent])
        assert [it["status"] for it in replies] == ["ok", "ok", "error", "ok", "ok"]
    assert texts[0] == texts[1]
    assert len(scripted_sidecar.wait_for("claim", 5)) > 0


async def test_silent(scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel) -> None:
    """[GATE3] Silent requests, empty cells and nested executions claim nothing."""
    notebook = await start_kernel()
    await notebook.run("x = 1", silent=True)
    await notebook.run("  \n")
    nested = "await get_ipython().kernel.do_execute('y = x + 1', False)"
    await notebook.run(nested)
    assert await notebook.evaluate("y") == 2
    claims = [it for it in scripted_sidecar.heard if it["type"] == "claim"]
    assert [it["label"] for it in claims] == ["[1]", "[3]"]


async def test_claim_carries_no_code(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[SEC1] A claim names the cell by its count, and carries only what was written as hints."""
    notebook = await start_kernel()
    code = "#| gpus: 1\n#| fig-cap: secret-free\nsecret = 42"
    metadata = {"tags": ["cpus=1", 7, "x" * 300], "other": "private"}
    await notebook.run(code, {"memory": "1 GiB"}, metadata=metadata)
    claim = scripted_sidecar.wait_for("claim")
    assert claim["label"] == "[1]"
    assert claim["cellId"] == "cell-1"
    assert claim["sources"] == {
        "metadata": {"memory": "1 GiB"},
        "tags": ["cpus=1"],
        "directive": "#| gpus: 1\n#| fig-cap: secret-free",
    }
    assert "secret = 42" not in str(claim)
    assert "private" not in str(claim)


async def test_input(sidecar: RealSidecar, start_kernel: StartKernel) -> None:
    """``input()`` asks the client that sent the cell; the grant is held meanwhile."""
    notebook = await start_kernel()
    message_id = notebook.submit("print('hello', input('name? '))", HALF, allow_stdin=True)
    request = await notebook.input_request()
    assert request["content"]["prompt"] == "name? "
    assert [it["label"] for it in sidecar.claims("running")] == ["[1]"]
    notebook.client.input("Ada")
    assert (await notebook.reply(message_id))["status"] == "ok"
    assert notebook.text(message_id) == "hello Ada\n"


async def test_background_tasks_go_on_while_a_cell_waits(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path
) -> None:
    """[ADM5] A waiting cell holds nothing, not even its kernel's event loop."""
    holder, waiter = await start_kernel(), await start_kernel()
    flag = str(tmp_path / "go")
    held = await hold(holder, flag)
    await waiter.run(
        "import asyncio\nasync def tick():\n"
        f"    await asyncio.sleep(.2)\n    open({flag!r}, 'w').close()\n"
        "task = asyncio.create_task(tick())"
    )
    # The flag that ends the wait is set by the waiting kernel's own background task.
    assert (await waiter.run("1", HALF))["status"] == "ok"
    assert (await holder.reply(held))["status"] == "ok"


async def test_client_gone_in_mid_queue(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path
) -> None:
    """A client that leaves while its cells wait changes nothing: they run, in order."""
    holder, waiter = await start_kernel(), await start_kernel()
    flag = tmp_path / "go"
    held = await hold(holder, str(flag))
    leaver = await NotebookClient(waiter.manager).open()
    leaver.submit("ran = ['first']", HALF)
    leaver.submit("ran.append('second')", HALF)
    sidecar.wait_for_claims(running=1, waiting=1)
    await leaver.close()
    release(flag)
    await holder.reply(held)
    assert await waiter.evaluate("ran") == ["first", "second"]


async def test_subshells(sidecar: RealSidecar, start_kernel: StartKernel, tmp_path) -> None:
    """[GATE4] Cells of one kernel that run at once have a claim each, released when it ends."""
    notebook = await start_kernel()
    subshell_id = (await notebook.control("create_subshell_request"))["subshell_id"]
    flags = [tmp_path / "main", tmp_path / "sub"]
    wait = "import os, time\nwhile not os.path.exists({!r}): time.sleep(.01)"
    main = notebook.submit(wait.format(str(flags[0])), {"memory": "1 GiB"})
    sidecar.wait_for_claims(running=1)
    sub = notebook.submit(wait.format(str(flags[1])), {"memory": "1 GiB"}, subshell_id=subshell_id)
    sidecar.wait_for_claims(running=2)
    release(flags[0])
    assert (await notebook.reply(main))["status"] == "ok"
    sidecar.wait_for_claims(running=1, done=1)
    release(flags[1])
    assert (await notebook.reply(sub))["status"] == "ok"
    sidecar.wait_for_claims(running=0, done=2)


async def test_refusal(sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path) -> None:
    """[ADM3] [ADM4] A refused cell fails as any failing cell does, with one line that says why."""
    notebook = await start_kernel()
    await hold(notebook, str(tmp_path / "go"), None)
    bad = notebook.submit("print('not me')", {"gpus": 1.5})
    queued = notebook.submit("print('nor me')")
    await notebook.control("kernel_info_request")  # said after both, so they have come when it has
    release(tmp_path / "go")
    reply = await notebook.reply(bad)
    assert (await notebook.reply(queued))["status"] == "aborted"
    error = notebook.error(bad)
    assert reply["status"] == "error"
    assert reply["execution_count"] == 2
    assert error["ename"] == reply["ename"] == "GrantRefused"
    assert 'The hint "gpus" is 1.5' in error["evalue"]
    assert len(error["traceback"]) == 1
    assert notebook.text(bad) == ""
    impossible = notebook.submit("print('not me')", {"memory": "1 TiB"})
    await notebook.reply(impossible)
    assert "memory" in notebook.error(impossible)["evalue"]
    assert await notebook.evaluate("In[2:4]") == ["print('not me')"] * 2
    assert sys.executable not in str(error)


async def test_oversized_hints(sidecar: RealSidecar, start_kernel: StartKernel) -> None:
    """[ADM4] 10 MB of hints are refused by name, and nobody's connection is lost."""
    notebook, other = await start_kernel(), await start_kernel()
    for size in (20_000, 10_000_000):
        message_id = notebook.submit("print('not me')", {"memory": "x" * size})
        assert (await notebook.reply(message_id))["ename"] == "GrantRefused"
        assert 'metadata key "cellgrant"' in notebook.error(message_id)["evalue"]
    assert await notebook.evaluate("1", HALF) == 1
    assert await other.evaluate("1", HALF) == 1


async def test_two_clients(sidecar: RealSidecar, start_kernel: StartKernel) -> None:
    """Two clients of one kernel share its one order of execution."""
    first = await start_kernel()
    second = await NotebookClient(first.manager).open()
    await first.run("ran = []")
    replies = []
    for i in range(5):
        for notebook in (first, second):
            replies.append(notebook.reply(notebook.submit(f"ran.append({i})", HALF)))
    assert {it["status"] for it in await asyncio.gather(*replies)} == {"ok"}
    assert sorted(await first.evaluate("ran")) == sorted([*range(5), *range(5)])
    await second.close()


async def test_kernel_info_in_a_wait(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path
) -> None:
    """The control channel answers while a cell waits; the kernel says that it is busy."""
    holder, waiter = await start_kernel(), await start_kernel()
    held = await hold(holder, str(tmp_path / "go"))
    waiting = waiter.submit("1", HALF)
    sidecar.wait_for_claims(running=1, waiting=1)
    info = await waiter.control("kernel_info_request")
    assert info["status"] == "ok"
    await waiter.until_published(waiting, "execute_input")
    assert waiter.kinds(waiting) == ["status", "execute_input"]
    release(tmp_path / "go")
    assert (await waiter.reply(waiting))["status"] == "ok"
    await holder.reply(held)
