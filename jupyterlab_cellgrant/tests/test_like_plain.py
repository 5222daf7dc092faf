"""What a kernel with a gate shows of itself is what the same kernel shows without one."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import StartKernel, ipykernel_spec
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar

GATE = str(Path(__file__).parent.parent / "kernel" / "hook.py")

STACK = "[(it.filename, it.name) for it in __import__('traceback').extract_stack()]"

SELF = "(sys.argv[0], sys.orig_argv[:3], sys.path, os.environ.get('PYTHONPATH'), __spec__)"

CELL = "def f(x):\n    return x + 1\nf(1)\n"


@pytest.fixture
async def both(sidecar: RealSidecar, start_kernel: StartKernel) -> Callable[..., Any]:
    """Starts a plain kernel and a gated one, and asks both the same."""

    async def start(ask: Callable[..., Any], python: str | None = None, **options: Any) -> list:
        answers = []
        for provisioner in (None, "cellgrant"):
            fields = {"python": python} if python else {}
            spec = ipykernel_spec(**fields, provisioner=provisioner)
            answers.append(await ask(await start_kernel(spec, **options)))
        return answers

    return start


@pytest.fixture(params=[None, "ipykernel<7"])
def python(request: pytest.FixtureRequest, make_venv: Callable[..., str]) -> str | None:
    """Of this environment, and of one with an older ipykernel."""
    return request.param and make_venv("ipykernel-7-old", request.param)


async def look(notebook: NotebookClient) -> tuple[list, Any]:
    message_id = notebook.submit(f"import os, sys\nprint(repr(({STACK}, {SELF})))")
    assert (await notebook.reply(message_id))["status"] == "ok"
    stack, self_ = ast.literal_eval(notebook.text(message_id))
    return stack[:-1], self_  # the last is the cell, whose file is named after its process


async def test_the_stack_of_a_cell(both: Callable[..., Any], python: str | None) -> None:
    """[GATE7] Nothing of the gate's start is below a cell, but for its own turn at the kernel's."""
    (stack, self_), (gated_stack, gated_self) = await both(look, python)
    assert [it for it in gated_stack if it[0] != GATE] == stack
    assert len(gated_stack) == len(stack) + 1
    assert gated_self == self_


class Debugger:
    """Speaks the debug protocol over the kernel's control channel."""

    def __init__(self, notebook: NotebookClient) -> None:
        self.notebook = notebook
        self._count = 0

    async def ask(self, command: str, **arguments: Any) -> Any:
        self._count += 1
        reply = await self.notebook.control(
            "debug_request", type="request", seq=self._count, command=command, arguments=arguments
        )
        return reply.get("body")


async def stopped_at_breakpoint(notebook: NotebookClient) -> list:
    debugger = Debugger(notebook)
    start = {"clientID": "test", "adapterID": "", "pathFormat": "path"}
    await debugger.ask("initialize", **start, linesStartAt1=True, columnsStartAt1=True)
    await debugger.ask("attach")
    source = (await debugger.ask("dumpCell", code=CELL))["sourcePath"]
    lines = [{"line": 2}]
    await debugger.ask("setBreakpoints", source={"path": source}, breakpoints=lines)
    await debugger.ask("configurationDone")
    cell = notebook.submit(CELL)
    while not (threads := (await debugger.ask("debugInfo"))["stoppedThreads"]):
        pass  # it is about to stop
    shown = await debugger.ask("stackTrace", threadId=threads[0], startFrame=0, levels=0)
    await debugger.ask("continue", threadId=threads[0])
    assert (await notebook.reply(cell))["status"] == "ok"
    return [(it["name"], it["line"]) for it in shown["stackFrames"]]


async def test_the_call_stack_of_the_debugger(both: Callable[..., Any]) -> None:
    """[GATE7] The frames of the notebook, and no other."""
    plain, gated = await both(stopped_at_breakpoint)
    assert gated == plain == [("f", 2), ("<module>", 3)]


FORK = """
import asyncio, os, signal, sys
os.dup2(os.open({log!r}, os.O_CREAT | os.O_WRONLY), 2)
loop = asyncio.get_running_loop()
def leave(rounds=9):
    rounds and loop.call_soon(leave, rounds - 1) or os._exit(0)
{before}
child = os.fork()
child or loop.call_soon(leave)  # once it is back there
child or signal.alarm(3)  # if it does not come back
child and os.waitpid(child, 0)
{after}
"""

CLOSE_GATE = """
import socket
for number in map(int, os.listdir('/proc/self/fd')):
    try:
        it = socket.socket(fileno=number)
    except OSError:
        continue  # no socket
    is_gate = it.family == socket.AF_UNIX and bool(it.getpeername())
    it.close() if is_gate else it.detach()
"""
"""Of the sockets of a kernel, none but its gate's is connected to one with a path."""

ENDINGS = {
    "returns": ("", ""),
    "raises": ("", "child or 1/0"),
    "exits": ("", "child or sys.exit(3)"),
    "is interrupted": ("", "child or os.kill(os.getpid(), 2)"),
    "awaits": ("", "child or await asyncio.sleep(0)"),
    "has an orphan": (CLOSE_GATE, ""),
}
"""What was before the fork, and what the child does before it comes back."""


@pytest.mark.parametrize("how", ENDINGS)
async def test_a_forked_child_that_comes_back(
    both: Callable[..., Any], python: str | None, tmp_path: Path, how: str
) -> None:
    """[GATE7] It meets what it meets in a plain kernel, and its parent goes on."""
    logs = [tmp_path / "plain", tmp_path / "gated"]
    log = iter(logs)
    before, after = ENDINGS[how]

    async def fork(notebook: NotebookClient) -> str:
        code = FORK.format(log=str(next(log)), before=before, after=after)
        message_id = notebook.submit(code)
        assert (await notebook.reply(message_id))["status"] == "ok"
        assert await notebook.evaluate("child != 0") is True
        return notebook.text(message_id)

    texts = await both(fork, python)
    assert texts[0] == texts[1]
    plain, gated = (
        [_seen(it) for it in file.read_text().splitlines() if "{" not in it] for file in logs
    )
    assert plain
    assert gated == plain


def _seen(line: str) -> str:
    """A line of a log, but for numbers: those of processes and addresses differ."""
    return re.sub(r"\d+|0x[0-9a-f]+", "0", line)
