"""Processes that something starts on a cell's behalf, and what they see of the cell's grant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from .conftest import StartKernel
from .notebook_client import NotebookClient
from .real_server import eventually
from .scripted_sidecar import Message, ScriptedSidecar, grant_everything

GPU = "CUDA_VISIBLE_DEVICES"

FREE: dict[str, str] = {}
FIRST = {GPU: "GPU-1", "LOKY_MAX_CPU_COUNT": "1"}
SECOND = {GPU: "GPU-2", "LOKY_MAX_CPU_COUNT": "1"}

# What a worker is asked, in a file, since it must be able to import it.
WORKER = f"""
import os, sys

def see():
    return os.environ.get({GPU!r}), os.environ.get("LOKY_MAX_CPU_COUNT")

def report(queue, *_):
    queue.put((os.getppid(), see(), "colorsys" in sys.modules))

def stay(queue, go):
    report(queue)
    go.wait()
    sys.exit(7)

def pid_and_gpu(_):
    return os.getpid(), see()[0]
"""


@pytest.fixture
async def notebook(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, tmp_path: Path
) -> NotebookClient:
    """A kernel whose cells are granted the variables that are their hints."""

    def answer(message: Message) -> list[Message | bytes]:
        answers = grant_everything(message)
        if message["type"] == "claim":
            variables = (message.get("sources") or {}).get("metadata") or {}
            answers[0]["grant"] = {**answers[0]["grant"], "env": variables}
        return answers

    scripted_sidecar.answer = answer
    (tmp_path / "worker.py").write_text(WORKER)
    env = {it: value for it, value in os.environ.items() if it not in FIRST}
    return await start_kernel(env={**env, GPU: ""})


FORK_SERVER = """
import multiprocessing, sys
sys.path.insert(0, "")
import worker
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["colorsys"])

def ask():
    queue = context.SimpleQueue()
    process = context.Process(target=worker.report, args=(queue,))
    process.start()
    try:
        return queue.get()
    finally:
        process.join()
"""


async def test_a_fork_server_starts_processes_with_the_variables_of_their_cell(
    notebook: NotebookClient,
) -> None:
    """[ENF9] Whichever cell began it; one for the same variables is used again."""
    await notebook.run(FORK_SERVER)
    seen = [await notebook.evaluate("ask()", it) for it in (FREE, FIRST, FREE, SECOND, FIRST)]
    variables = [it[1] for it in seen]
    assert variables == [("", None), ("GPU-1", "1"), ("", None), ("GPU-2", "1"), ("GPU-1", "1")]
    assert all(preloaded for *_, preloaded in seen)
    servers = [it[0] for it in seen]
    assert servers[0] == servers[2]
    assert servers[1] == servers[4]
    assert len(set(servers)) == 3


async def test_an_older_fork_server_tells_how_its_processes_end_and_then_goes(
    notebook: NotebookClient,
) -> None:
    """[ENF9] The exit code of a process that outlives its cell is its own; no server stays for good."""
    await notebook.run(FORK_SERVER)
    await notebook.run(
        "queue, go = context.SimpleQueue(), context.Event()\n"
        "process = context.Process(target=worker.stay, args=(queue, go)); process.start()",
        FIRST,
    )
    old, *_ = await notebook.evaluate("queue.get()")
    for count in range(2, 6):
        await notebook.evaluate("ask()[0]", {GPU: f"GPU-{count}"})
    assert await notebook.evaluate("process.is_alive()") is True
    assert await notebook.evaluate("(go.set(), process.join(), process.exitcode)[-1]") == 7
    servers = {await notebook.evaluate("ask()[0]", {GPU: f"GPU-{it}"}) for it in range(6, 10)}
    assert old not in servers
    living = "[it for it in {pids} if os.path.exists(f'/proc/{{it}}')]"
    await notebook.run("import os")
    assert await notebook.evaluate(living.format(pids=[old])) == []
    assert len(await notebook.evaluate(living.format(pids=sorted(servers)))) == 2


def pids_end(pids: list[int]) -> bool:
    return eventually(lambda: not any(Path(f"/proc/{it}").exists() for it in pids) or None)


JOBLIB = """
import sys
sys.path.insert(0, "")
import joblib, worker
from joblib.externals.loky import get_reusable_executor

def ask():
    parallel = joblib.Parallel(n_jobs=2)
    return sorted(set(parallel(joblib.delayed(worker.pid_and_gpu)(it) for it in range(4))))
"""


async def test_idle_workers_serve_no_cell_with_other_gpus(notebook: NotebookClient) -> None:
    """[ENF9] They would see none of its GPUs, or keep one that nobody granted."""
    await notebook.run(JOBLIB)
    rounds: list[Any] = []
    for hints in (FREE, {"LOKY_MAX_CPU_COUNT": "1"}, FIRST, SECOND, FREE):
        rounds.append(await notebook.evaluate("ask()", hints))
    assert [{gpu for _, gpu in it} for it in rounds] == [{""}, {""}, {"GPU-1"}, {"GPU-2"}, {""}]
    pids = [{pid for pid, _ in it} for it in rounds]
    assert pids[0] & pids[1], "other CPUs are no reason to start anew"
    for granted in pids[2:4]:
        assert pids_end(sorted(granted)), "they keep a GPU that is granted to nobody"


async def test_a_pool_in_the_hands_of_its_author_stays(notebook: NotebookClient) -> None:
    """[ENF9] It works on, whatever is granted."""
    await notebook.run(JOBLIB)
    await notebook.run("mine = get_reusable_executor(1); pid = mine.submit(worker.pid_and_gpu, 0)")
    for hints in (FIRST, FREE):
        same = "mine.submit(worker.pid_and_gpu, 0).result() == pid.result()"
        assert await notebook.evaluate(same, hints) is True


async def test_without_such_modules_nothing_is_loaded(notebook: NotebookClient) -> None:
    """[ENF9] What a feature costs that nobody uses."""
    loaded = "[it for it in __import__('sys').modules if 'forkserver' in it or 'loky' in it]"
    assert await notebook.evaluate(loaded, FIRST) == []
    assert await notebook.evaluate(loaded) == []
