"""Masks of threads that outlive the grants under which they were set."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from typing import Callable

from .masks import Mask, mask_of, move, own_threads, parse_cpu_list

# From Linux 6.2 on a thread's own mask outlives the cpusets that it moves through.
_KEEPS_MASKS = [int(it) for it in re.findall(r"\d+", platform.release())[:2]] >= [6, 2]


class Leftovers:
    """Frees threads that remember the CPUs of an ended grant, and no others (ENF8).

    A cpuset confines threads without a mask of their own. But libraries set
    one: MKL, which torch bundles, and OpenMP runtimes probe the CPUs by
    moving over them and restoring the mask that they found. From Linux 6.2
    on such a mask is remembered (``user_cpus_ptr``) and narrows every later
    cpuset, so that ``import torch`` in a cell with one CPU would confine the kernel
    to that CPU for good. A mask's value does not show whether it was chosen
    or left behind: so the threads' own masks are recorded while nothing confines them. A
    thread that nobody touches (``untouched``: the gate's) shows what cpusets leave.
    """

    def __init__(self, untouched: Callable[[], int] = lambda: 0) -> None:
        self._untouched = untouched
        self._base = self._room()
        self._own: dict[int, Mask] = {}
        self._held: str | None = None
        # The CPUs of past confinements, until their threads were read without them.
        self._past: set[Mask] = set()

    def note(self) -> None:
        """A cell starts alone and unconfined: the CPUs available now are those of the process."""
        self._base = self._room()

    def width(self) -> int:
        """The CPUs that the process has when no grant confines it to fewer."""
        own = self._own.get(os.getpid(), self._base)
        return max(len(own), len(mask_of(os.getpid()))) or os.cpu_count() or 1

    def look(self, is_quiet: bool) -> None:
        """Before a cell requests a grant: record which masks threads have of their own.

        #### Notes
        On a quiet node, where the cell will not be confined, only after one that was.
        """
        if is_quiet and not self._past:
            return
        room, known = self._room(), self._own
        if room != self._base:
            # Still confined, or again: a narrower mask was chosen.
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
        """A cpuset confines the kernel to these CPUs from now on, None for all."""
        held, self._held = self._held, cpu_list
        if held is not None and held != cpu_list:
            self._free(parse_cpu_list(held))

    def _free(self, held: Mask) -> None:
        if not self._base or held == self._base:
            return
        self._past.add(held)
        for tid in _threads_of_tree():
            # A leftover in a thread with a mask of its own shows when the cpuset is gone.
            if tid not in self._own and os.getpid() not in self._own and mask_of(tid) == held:
                # The cpuset still applies: this only lets the thread use all that it allows.
                move(tid, self._base)

    def _room(self) -> Mask:
        return mask_of(self._untouched())


def _threads_of_tree() -> Iterator[int]:
    """Every thread of this process and of all its descendants."""
    yield from own_threads()
    if _has_children():
        for pid in descendants(os.getpid()):
            yield from _listed(f"/proc/{pid}/task")


def descendants(pid: int) -> Iterator[int]:
    """Every descendant of this process; none if that cannot be read."""
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
