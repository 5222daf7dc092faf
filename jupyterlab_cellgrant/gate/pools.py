"""Thread pools of numerical libraries, as a grant sizes them."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
from typing import Any, Callable, Collection, NamedTuple

# What a library would have taken as its width, had no grant stood in its way.
WIDTH_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Pool(NamedTuple):
    """One pool: how its size is read and set."""

    name: str
    get: Callable[[], int | None]
    set: Callable[[int], Any]


def _module_pool(name: str, getter: str) -> list[Pool]:
    """The pool of a library with its own functions, if it is loaded; never loads one."""
    module = sys.modules.get(name)
    get, set_ = getattr(module, getter, None), getattr(module, "set_num_threads", None)
    return [Pool(name, get, set_)] if get and set_ else []


def _has_width(pool: Pool, widths: Collection[int]) -> bool:
    try:
        return pool.get() in widths
    except Exception:
        return False  # a library that cannot be asked is left as it is


def load_threadpoolctl() -> Any:
    """threadpoolctl: by path as the launcher named it, else the kernel's own, else None.

    The path comes first because its version is known. It is loaded under a name
    of ours, so that the kernel's own ``import threadpoolctl`` finds its own.
    """
    path = os.environ.get("CELLGRANT_THREADPOOLCTL")
    if path:
        try:
            name = f"{__package__}.threadpoolctl"
            spec = importlib.util.spec_from_file_location(name, path)
            module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
            sys.modules[name] = module  # dataclasses look their module up
            spec.loader.exec_module(module)  # type: ignore[union-attr]
            return module
        except Exception:
            sys.modules.pop(name, None)  # too new for this Python, or gone: try the kernel's own
    try:
        return importlib.import_module("threadpoolctl")
    except Exception:
        return None


class Pools(threading.local):
    """Resizes pools at a cell's start, and gives them their width back at a later one.

    Only at a start: resizing under a running computation is not safe. Nothing
    is looked at before the first grant that limits threads or CPUs. One state per
    thread, because OpenMP keeps its number of threads per thread, and subshells
    run their cells in threads of their own.
    """

    def __init__(self, cpus: Callable[[], int]) -> None:
        self._cpus = cpus
        self._threadpoolctl: Any = None
        self._pools: list[Pool] = []
        self._modules_seen = 0
        self._threads: int | None = None
        self._ours: dict[str, int] = {}
        self._before: dict[str, int | None] = {}
        self._known: set[str] = set()
        # Loaded by a cell that was held: such a pool never had a width of its own.
        self._stunted: set[str] = set()

    def set(self, threads: int | None, widths: Collection[int] = ()) -> None:
        """Size every pool to ``threads``; None gives back the width each had.

        ``widths`` are the numbers of CPUs, fewer than all, that the process was held to
        since the last call.
        """
        if threads is None and self._threads is None and not widths:
            return
        if len(sys.modules) != self._modules_seen:
            self._rescan(widths)
        self._threads = threads
        for pool in self._pools:
            try:
                self._resize(pool, threads)
            except Exception:
                continue  # a library that cannot be resized is left as it is
        if threads is None:
            self._ours.clear()

    def _resize(self, pool: Pool, threads: int | None) -> None:
        size = pool.get()
        ours = self._ours.get(pool.name)
        if ours is None and pool.name in self._stunted:
            self._stunted.remove(pool.name)
            self._before[pool.name] = None
        elif size != ours:
            # The first time, or since then the user's own choice: it goes back to that.
            self._before[pool.name] = size
        target = threads or self._before[pool.name] or full_width(self._cpus)
        if size != target:
            pool.set(target)
        self._ours[pool.name] = target

    def _rescan(self, widths: Collection[int]) -> None:
        self._pools = self._native_pools()
        self._pools += _module_pool("torch", "get_num_threads")
        self._pools += _module_pool("numexpr", "get_num_threads")
        fresh = [it for it in self._pools if it.name not in self._known]
        # Where its threads were not limited, a pool may still have counted the few CPUs of then.
        is_limited = self._threads is not None
        self._stunted |= {it.name for it in fresh if is_limited or _has_width(it, widths)}
        self._known |= {it.name for it in fresh}
        self._modules_seen = len(sys.modules)

    def _native_pools(self) -> list[Pool]:
        if self._threadpoolctl is None:
            self._threadpoolctl = load_threadpoolctl() or False
        if not self._threadpoolctl:
            return []
        controllers = self._threadpoolctl.ThreadpoolController().lib_controllers
        return [Pool(it.filepath, it.get_num_threads, self._setter(it)) for it in controllers]

    def _setter(self, library: Any) -> Callable[[int], Any]:
        # threadpoolctl lets only the first thread that set a process-wide pool set it
        # again; cells of subshells run in other threads.
        let_go = getattr(type(library), "clear_controlling_thread", None)

        def set_size(threads: int) -> None:
            if let_go:
                let_go(force=True)
            library.set_num_threads(threads)
            if let_go:
                let_go(force=True)

        return set_size


def full_width(cpus: Callable[[], int]) -> int:
    """The threads that a library would start if it were loaded under no grant."""
    for name in WIDTH_VARIABLES:
        value = os.environ.get(name, "")
        if value.isdigit() and int(value) > 0:
            return int(value)
    return cpus()
