"""Masks that a library set while a cell was held to few CPUs, and that would stay."""

from __future__ import annotations

import os
from collections.abc import Iterator

from .masks import Mask, own_threads, parse_cpu_list


class Leftovers:
    """Frees threads that remember the CPUs of a grant that is over (ENF8).

    A cpuset holds threads without a mask of their own. But libraries give them
    one: MKL, which torch brings along, and OpenMP runtimes look at the CPUs by
    moving over them and setting the mask again that they found. From Linux 6.2
    on such a mask is remembered (``user_cpus_ptr``) and narrows every later
    cpuset, so that ``import torch`` in a cell with one CPU would hold the kernel
    to that CPU for good. A mask that is exactly the old grant was set so; one
    that is narrower was chosen by somebody, and stays.
    """

    def __init__(self) -> None:
        self._base = _mask_of_process()
        self._held: str | None = None

    def note(self) -> None:
        """A cell starts alone and is held to no CPUs: what it has now is what it came with."""
        self._base = _mask_of_process()

    def width(self) -> int:
        """The CPUs that the process has when no grant holds it to fewer."""
        return max(len(self._base), len(_mask_of_process())) or os.cpu_count() or 1

    def follow(self, cpu_list: str | None) -> None:
        """A cpuset holds the kernel to these CPUs from now on, None for all that there are."""
        held, self._held = self._held, cpu_list
        if held is not None and held != cpu_list:
            self._free(parse_cpu_list(held))

    def _free(self, held: Mask) -> None:
        if not self._base or held == self._base:
            return
        for tid in _threads_of_tree():
            try:
                # The cpuset still counts: this only lets the thread go where that allows.
                if frozenset(os.sched_getaffinity(tid)) == held:
                    os.sched_setaffinity(tid, self._base)
            except OSError:
                continue  # it has ended, or is not ours


def _mask_of_process() -> Mask:
    """The mask of the main thread, whichever thread asks."""
    try:
        return frozenset(os.sched_getaffinity(os.getpid()))
    except AttributeError:
        return frozenset()  # no Linux, where nobody is held to CPUs


def _threads_of_tree() -> Iterator[int]:
    """Every thread of this process and of all that descend from it."""
    yield from own_threads()
    if _has_children():
        for pid in descendants(os.getpid()):
            yield from _listed(f"/proc/{pid}/task")


def descendants(pid: int) -> Iterator[int]:
    """Every process that descends from this one; none where that cannot be seen."""
    pids = [pid]
    for it in pids:
        fresh = [child for tid in _listed(f"/proc/{it}/task") for child in _children(it, tid)]
        yield from fresh
        pids += fresh


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    except ChildProcessError:
        return False


def _children(pid: int, tid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{tid}/children") as file:
            return [int(it) for it in file.read().split()]
    except OSError:
        return []


def _listed(directory: str) -> list[int]:
    try:
        return [int(it) for it in os.listdir(directory)]
    except OSError:
        return []
