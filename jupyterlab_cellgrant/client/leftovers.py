"""Masks of threads that outlive the grants under which they were set."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from typing import Callable

from .masks import Mask, mask_of, move, own_threads, parse_cpu_list

# From Linux 6.2 on a thread's own mask outlives the cpusets that it goes through.
_KEEPS_MASKS = [int(it) for it in re.findall(r"\d+", platform.release())[:2]] >= [6, 2]


class Leftovers:
    """Frees threads that remember the CPUs of a grant that is over, and no others (ENF8).

    A cpuset holds threads without a mask of their own. But libraries give them
    one: MKL, which torch brings along, and OpenMP runtimes look at the CPUs by
    moving over them and setting the mask again that they found. From Linux 6.2
    on such a mask is remembered (``user_cpus_ptr``) and narrows every later
    cpuset, so that ``import torch`` in a cell with one CPU would hold the kernel
    to that CPU for good. Whether a mask was chosen or left, its value does not
    say: so the threads' own masks are noted while nothing holds them. A thread
    that nobody touches (``untouched``: the gate's) shows what cpusets leave.
    """

    def __init__(self, untouched: Callable[[], int] = lambda: 0) -> None:
        self._untouched = untouched
        self._base = self._room()
        self._own: dict[int, Mask] = {}
        self._held: str | None = None
        # What holds were, until their threads were seen without them.
        self._past: set[Mask] = set()

    def note(self) -> None:
        """A cell starts alone and is held to no CPUs: what there is now is what the process has."""
        self._base = self._room()

    def width(self) -> int:
        """The CPUs that the process has when no grant holds it to fewer."""
        own = self._own.get(os.getpid(), self._base)
        return max(len(own), len(mask_of(os.getpid()))) or os.cpu_count() or 1

    def look(self, is_quiet: bool) -> None:
        """Before a cell asks for a grant: see which masks threads have of their own.

        #### Notes
        On a quiet node, where the cell will not be held, only after one that was.
        """
        if is_quiet and not self._past:
            return
        room, known = self._room(), self._own
        if room != self._base:
            # Held still, or held again: what is narrower than that was chosen.
            masks = {tid: mask_of(tid) for tid in _threads_of_tree()}
            self._own = {**{tid: it for tid, it in masks.items() if it < room and it}, **known}
            return
        past, self._past, self._own = self._past, set(), {}
        for tid in _threads_of_tree():
            mask = mask_of(tid)
            if mask in past or (past and mask == room and not _KEEPS_MASKS):
                mask = known.get(tid) or known.get(os.getpid()) or room
                move(tid, mask)
            if mask and mask != room:
                self._own[tid] = mask

    def follow(self, cpu_list: str | None) -> None:
        """A cpuset holds the kernel to these CPUs from now on, None for all that there are."""
        held, self._held = self._held, cpu_list
        if held is not None and held != cpu_list:
            self._free(parse_cpu_list(held))

    def _free(self, held: Mask) -> None:
        if not self._base or held == self._base:
            return
        self._past.add(held)
        for tid in _threads_of_tree():
            # What one with a mask of its own was left with shows when the cpuset is gone.
            if tid not in self._own and os.getpid() not in self._own and mask_of(tid) == held:
                # The cpuset still counts: this only lets the thread go where that allows.
                move(tid, self._base)

    def _room(self) -> Mask:
        return mask_of(self._untouched())


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
