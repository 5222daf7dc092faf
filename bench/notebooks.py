"""Runs notebooks side by side, as nbclient does: one kernel for each, for as long as this runs.

Usage: ``notebooks.py PROVISIONER PYTHON PLACEMENT NOTEBOOK...``, where ``PROVISIONER`` is
``cellgrant`` or ``plain``, and ``PLACEMENT`` is ``anywhere``, or ``spread`` for kernel i on CPU i
modulo their count. JSON lines: in come ``{"notebooks": [...], "runs": N, "think": {...}, "seed":
N}``, out go ``{"runs": {NOTEBOOK: [[seconds of each cell], ...]}, "peakBytes": N}``, after a first
line once every kernel has run its notebook once. Ends at the end of its input.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from kernels import spec_of
from nbclient import NotebookClient

# Writing this into clear_refs begins a new peak of resident memory (proc(5)).
NEW_PEAK = "5"


class Notebook:
    """A notebook and its kernel."""

    def __init__(self, path: str, provisioner: str, python: str, cpu: int | None) -> None:
        self.name = Path(path).stem
        self._cpu = cpu
        manager = AsyncKernelManager()
        manager._kernel_spec = spec_of(provisioner, python)
        book = nbformat.read(path, as_version=4)
        self._cells = [(at, it) for at, it in enumerate(book.cells) if it.cell_type == "code"]
        self._client = NotebookClient(book, km=manager, timeout=None)

    async def start(self) -> None:
        """Start the kernel, pinned where it is to be, and run everything once."""
        before = os.sched_getaffinity(0)
        if self._cpu is not None:
            os.sched_setaffinity(0, {self._cpu})
        try:
            await self._client.async_start_new_kernel()
        finally:
            os.sched_setaffinity(0, before)
        await self._client.async_start_new_kernel_client()
        await self.run(lambda: 0.0)

    async def run(self, think: Any, is_over: Callable[[], bool] = lambda: False) -> list[float]:
        """Run all cells in their order, with time to think in between; the seconds of each.

        Where it is over, no further cell begins. The one that runs is not interrupted: ipykernel
        loses the reply of a cell that an interrupt finds at its very end.
        """
        took: list[float] = []
        for at, cell in self._cells:
            if is_over():
                break
            began = time.perf_counter()
            await self._client.async_execute_cell(cell, at)
            took.append(time.perf_counter() - began)
            await asyncio.sleep(think())
        return took

    async def end(self) -> None:
        """End the kernel."""
        self._client.kc.stop_channels()
        await self._client.km.shutdown_kernel()

    def begin_peak(self) -> None:
        """Count the peak of its memory anew."""
        with contextlib.suppress(OSError):
            (self._proc() / "clear_refs").write_text(NEW_PEAK)

    def peak_bytes(self) -> int:
        """The peak of its resident memory."""
        status = dict(
            line.split(":", 1) for line in (self._proc() / "status").read_text().splitlines()
        )
        return int(status["VmHWM"].split()[0]) * 1024

    def _proc(self) -> Path:
        return Path(f"/proc/{self._client.km.provisioner.pid}")


class Thinker:
    """Time to think after a part of the cells: exponential, seldom a long one; all in s."""

    def __init__(self, said: dict[str, float], seed: int) -> None:
        self._said = said
        self._random = random.Random(seed)  # noqa: S311

    def __call__(self) -> float:
        """The time after the next cell."""
        said = self._said
        if self._random.random() >= said.get("part", 0):
            return 0.0
        if self._random.random() < said.get("longPart", 0):
            return said["longS"]
        return min(said["longS"], self._random.expovariate(1 / said["meanS"]))


async def run_all(books: list[Notebook], order: dict[str, Any]) -> dict[str, Any]:
    """Run each over and over, until all of them have run so often."""
    runs: dict[str, list[list[float]]] = {book.name: [] for book in books}
    enough = asyncio.Event()

    async def loop(book: Notebook, seed: int) -> None:
        think = Thinker(order["think"], seed)
        while not enough.is_set():
            took = await book.run(think, enough.is_set)
            if not enough.is_set():
                runs[book.name].append(took)
            if all(len(it) >= order["runs"] for it in runs.values()):
                enough.set()

    for book in books:
        book.begin_peak()
    seed = order["seed"] * len(books)
    tasks = [asyncio.create_task(loop(book, seed + at)) for at, book in enumerate(books)]
    await asyncio.gather(*tasks)
    peak = sum(book.peak_bytes() for book in books)
    return {"runs": runs, "peakBytes": peak}


async def main(provisioner: str, python: str, placement: str, paths: list[str]) -> None:
    """Start, obey, stop."""
    cpus = sorted(os.sched_getaffinity(0))
    places = [cpus[at % len(cpus)] if placement == "spread" else None for at in range(len(paths))]
    books = [
        Notebook(path, provisioner, python, cpu) for path, cpu in zip(paths, places, strict=True)
    ]
    try:
        for book in books:
            await book.start()
        tell({"ready": [book.name for book in books]})
        while line := await asyncio.to_thread(sys.stdin.readline):
            order = json.loads(line)
            tell(await run_all([it for it in books if it.name in order["notebooks"]], order))
    finally:
        for book in books:
            await book.end()


def tell(answer: dict[str, Any]) -> None:
    """One line of output."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], sys.argv[4:]))
