"""Thread pools of numerical libraries, as a grant sizes them."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, Callable, Collection

from .imports import COUNTED_AT_IMPORT, ImportCounts, Imports
from .libraries import (
    Pool,
    let_sklearn_count,
    load_threadpoolctl,
    loaded_pools,
    watch_numba,
)


class Size:
    """The owner of a pool's size: its own (set by its library or its user), or ours."""

    def __init__(self, own: int | None, ours: int | None) -> None:
        self.own = own
        self.ours = ours

    def fit(self, pool: Pool, threads: int | None) -> None:
        """Size the pool to ``threads``, but to no more than its own; None restores its own."""
        size = pool.get()
        if size != self.ours:
            self.own = size  # it was changed since
        target = self.own if threads is None else min(threads, self.own or threads)
        if target and target != size:
            pool.set(target)
        self.ours = None if threads is None else pool.get()


class Pools:
    """Resizes pools at a cell's start, and restores their own size at a later one.

    Only at a start, or when a library is loaded later: resizing under a running
    computation is not safe. Nothing is read before the first grant that limits
    threads or CPUs.
    """

    def __init__(self, cpus: Callable[[], int]) -> None:
        self._cpus = cpus
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._threadpoolctl: Any = None
        self._pools: list[Pool] = []
        # Each pool when it was first seen, and its own size.
        self._born: dict[str, tuple[int | None, int | None]] = {}
        self._of_process: dict[str, Size] = {}
        # OpenMP keeps its number of threads per thread, and subshells have threads of their own.
        self._of_thread = threading.local()
        self._limit: int | None = None
        self._held: Collection[int] = ()
        self._modules_seen = 0
        self._counts = ImportCounts(cpus)
        self._imports = Imports(self._counts.begin, self._imported, COUNTED_AT_IMPORT)

    def inherit(self, parent: Pools) -> None:
        """This process was forked from that one, by a thread that still has its sizes: they show
        which of these were chosen, and which come from the parent's grant."""
        self._born, self._of_process = parent._born, parent._of_process
        self._of_thread = parent._of_thread

    def follow(self, threads: int | None, held: int | None) -> None:
        """Libraries loaded from now on get these threads, and see so many CPUs if not all."""
        self._limit, self._held = threads, () if held is None else (held,)
        self._imports.watch(threads is not None or held is not None)

    def start(self, threads: int | None, widths: Collection[int], is_alone: bool) -> None:
        """A cell starts with this many threads, None for all; called by the thread that runs it.

        ``widths`` are the reduced numbers of CPUs that the process was confined to
        since the last start. While other cells run, a pool that all share is left unchanged.
        """
        with self._lock:
            if threads is None and not widths and not self._has_ours():
                return
            if len(sys.modules) != self._modules_seen:
                self._scan(widths)
            for pool in self._pools:
                if is_alone or pool.is_per_thread:
                    self._fit(pool, threads)

    def _imported(self, module: str) -> None:
        self._counts.end(module)
        self._welcome()

    def _launched(self) -> None:
        """numba sizes the OpenMP that it may share when it launches its threads."""
        self._welcome(lambda pool: pool.is_per_thread)

    def _welcome(self, and_others: Callable[[Pool], bool] = lambda _: False) -> None:
        """Size what was just loaded, before it is used to compute."""
        # The lock's holder is reading now, and may wait for a module that this thread imports.
        if os.getpid() != self._pid or not self._lock.acquire(blocking=False):
            return
        try:
            fresh = {it.name for it in self._scan(self._held)}
            for pool in self._pools:
                if pool.name in fresh or and_others(pool):
                    self._fit(pool, self._limit)
        finally:
            self._lock.release()

    def _has_ours(self) -> bool:
        sizes = [*self._of_process.values(), *self._sizes_of_thread().values()]
        return any(it.ours is not None for it in sizes)

    def _sizes_of_thread(self) -> dict[str, Size]:
        return self._of_thread.__dict__.setdefault("sizes", {})

    def _fit(self, pool: Pool, threads: int | None) -> None:
        sizes = self._sizes_of_thread() if pool.is_per_thread else self._of_process
        try:
            if pool.name not in sizes:
                found, own = self._born[pool.name]
                size = pool.get()
                sizes[pool.name] = Size(own if size == found else size, size)
            sizes[pool.name].fit(pool, threads)
        except Exception:
            pass  # a library that cannot be read or resized is left as it is

    def _scan(self, widths: Collection[int]) -> list[Pool]:
        """Look for pools; returns the new ones. A pool that counted as many CPUs as the
        process was confined to never had a size of its own."""
        if self._threadpoolctl is None:
            self._threadpoolctl = load_threadpoolctl() or False
        watch_numba(self._launched)
        let_sklearn_count(self._cpus)
        self._pools = loaded_pools(self._threadpoolctl)
        self._modules_seen = len(sys.modules)
        fresh = [it for it in self._pools if it.name not in self._born]
        for pool in fresh:
            size = _size_of(pool)
            counted = (*widths, *self._held) if pool.counts_late else widths
            self._born[pool.name] = size, self._full(pool) if size in counted else size
        return fresh

    def _full(self, pool: Pool) -> int:
        """The threads that a pool would have if it were loaded without a grant."""
        for name in pool.variables:
            first = os.environ.get(name, "").split(",")[0].strip()
            if first.isdigit() and int(first) > 0:
                return int(first)
        return self._cpus()


def _size_of(pool: Pool) -> int | None:
    try:
        return pool.get()
    except Exception:
        return None
