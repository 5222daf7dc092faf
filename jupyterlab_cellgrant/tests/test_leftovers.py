"""Masks that cells and their libraries leave behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest

from .conftest import StartKernel
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar
from .scripted_sidecar import ScriptedSidecar
from .test_gate_grant import granting, pid_of

FULL = len(os.sched_getaffinity(0))

pytestmark = pytest.mark.skipif(
    FULL < 2, reason="a cell cannot be held to few CPUs where there is one"
)

SET_AGAIN = "import os; os.sched_setaffinity(0, os.sched_getaffinity(0))"
"""What MKL and OpenMP runtimes do when they are loaded."""

CPUS = "sorted(os.sched_getaffinity({pid}))"
ONE = {"cpus": 1}

LATE_S = 0.2
"""Longer than ``taskset`` takes to start and to be done: some milliseconds."""


@pytest.fixture(params=["auto", "affinity"])
def tier(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def notebook(
    tier: str, start_sidecar: Callable[..., RealSidecar], start_kernel: StartKernel
) -> NotebookClient:
    start_sidecar("--tier", tier)
    return await start_kernel()


async def test_a_library_loaded_under_a_narrow_grant_narrows_no_later_cell(
    notebook: NotebookClient,
) -> None:
    """[ENF8] Else `import torch` in a cell with one CPU holds the kernel to it for good."""
    everything = sorted(os.sched_getaffinity(0))

    async def look(hints: object = None) -> list[int]:
        # The affinity tier's sidecar sets masks as well, by a program of its own, which in so short
        # a cell may come when the next one runs.
        await asyncio.sleep(LATE_S)
        return await notebook.evaluate(f"({CPUS.format(pid=0)}, time.sleep({LATE_S}))[0]", hints)

    await notebook.run(f"import time; {SET_AGAIN}; time.sleep({LATE_S})", ONE)
    assert len(await look(ONE)) == 1
    assert await look() == everything
    assert await look({"cpus": len(everything)}) == everything


async def test_nor_does_one_that_a_child_loaded(notebook: NotebookClient) -> None:
    """[ENF8] Workers of a pool live on from cell to cell, and so would their masks."""
    worker = f"{SET_AGAIN}; print(os.getpid(), flush=True); input()"
    await notebook.run(
        "import os, subprocess, sys\n"
        f"worker = subprocess.Popen([sys.executable, '-c', {worker!r}], text=True,\n"
        "    stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "pid = int(worker.stdout.readline())",
        ONE,
    )
    everything = sorted(os.sched_getaffinity(0))
    while await notebook.evaluate(CPUS.format(pid="pid")) != everything:
        pass  # in the affinity tier the sidecar frees children, soon after the cell
    await notebook.run("worker.communicate('')")


OTHERS = f"""
import os, subprocess, sys, threading, time
def stay():
    os.sched_setaffinity(0, [{{cpu}}])
    ready.set()
    threading.Event().wait()
ready = threading.Event()
thread = threading.Thread(target=stay, daemon=True)
thread.start()
ready.wait()
code = "import os; os.sched_setaffinity(0, [{{cpu}}]); print(flush=True); input()"
child = subprocess.Popen([sys.executable, "-c", code], text=True,
    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
def masks():
    time.sleep({LATE_S})
    ids = 0, thread.native_id, child.pid
    return [sorted(os.sched_getaffinity(it)) for it in ids]
"""


@pytest.mark.parametrize("code", ["pass", SET_AGAIN])
async def test_what_somebody_chose_stays(notebook: NotebookClient, code: str) -> None:
    """[ENF8] A kernel, a thread or a child that was pinned on purpose is pinned, whatever is granted
    after, to the same CPU or to another."""
    everything = sorted(os.sched_getaffinity(0))
    first, last = everything[0], everything[-1]

    async def come_to(main: list[int], hints: object = None) -> None:
        for _ in range(50):  # in the affinity tier the sidecar sets masks, too, soon after a cell
            if await notebook.evaluate("masks()", hints) == [main, [last], [last]]:
                break
        assert await notebook.evaluate("masks()", hints) == [main, [last], [last]]

    await notebook.run("pass", {"priority": 0})  # its end looks at threads, before there are others
    await notebook.run(OTHERS.format(cpu=last))
    for main in ([first], [last], everything):
        await notebook.run(f"os.sched_setaffinity(0, {main})")
        await notebook.run(f"masks(); {code}; masks()", ONE)
        for hints in (None, {"cpus": len(everything)}, None):
            await come_to(main, hints)
    await notebook.run("child.communicate('')")


async def test_what_somebody_chose_between_two_cells_stays(notebook: NotebookClient) -> None:
    """[ENF8] As `taskset` does, from a terminal, to a kernel whose cells ask for grants."""
    everything = sorted(os.sched_getaffinity(0))
    pid = await notebook.evaluate("__import__('os').getpid()")
    await notebook.run("pass", {"priority": 0})
    await asyncio.sleep(LATE_S)  # what follows its reply is over
    os.sched_setaffinity(pid, everything[-1:])
    await notebook.run(f"import os, time; time.sleep({LATE_S})", ONE)
    await asyncio.sleep(LATE_S)
    hints = {"cpus": len(everything)}
    assert await notebook.evaluate(CPUS.format(pid=0), hints) == everything[-1:]


async def test_of_two_masks_the_narrower_counts(notebook: NotebookClient) -> None:
    """[ENF8] What a thread chose within its grant, and the grant where the two have nothing in common."""
    everything = sorted(os.sched_getaffinity(0))
    for cpu in (everything[0], everything[-1]):
        await notebook.run(f"import os; os.sched_setaffinity(0, [{cpu}])")
        assert await notebook.evaluate(CPUS.format(pid=0), {"cpus": len(everything)}) == [cpu]
        assert len(await notebook.evaluate(CPUS.format(pid=0), ONE)) == 1
        await asyncio.sleep(LATE_S)


async def test_what_a_share_leaves_is_not_what_a_kernel_came_with(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[ENF8] A cell that names nothing may be held as well: its CPUs are none to go back to."""
    everything = sorted(os.sched_getaffinity(0))
    first, last = everything[0], everything[-1]
    unheld = {"cpuset": None}
    scripted_sidecar.answer = granting(
        unheld, {"cpuset": str(first)}, {"cpus": str(last), "cpuset": str(last)}, unheld
    )
    notebook = await start_kernel()
    pid = pid_of(notebook)
    await notebook.run("import os")
    os.sched_setaffinity(pid, {first})  # as a cpuset would
    await notebook.run("pass")
    os.sched_setaffinity(pid, everything)
    await notebook.run(f"os.sched_setaffinity(0, [{last}])")
    assert await notebook.evaluate(CPUS.format(pid=0)) == everything


async def test_masks_of_cells_that_follow_each_other_at_once(
    start_sidecar: Callable[..., RealSidecar], start_kernel: StartKernel
) -> None:
    """[CPU2] None is held by what another cell was granted, however short they are."""
    start_sidecar("--tier", "affinity")
    notebook = await start_kernel()
    hints = [{"cpus": 1}, {"cpus": FULL}, None, {"cpus": 1}, None] * 10
    code = "import os; print(len(os.sched_getaffinity(0)))"
    cells = [notebook.submit(code, it) for it in hints]
    seen = [(await notebook.reply(it), int(notebook.text(it)))[1] for it in cells]
    assert seen == [1 if it == {"cpus": 1} else FULL for it in hints]
