"""CPU masks of the process's own threads, for tiers that cannot set them from outside."""

from __future__ import annotations

import os
from typing import FrozenSet

Mask = FrozenSet[int]


def parse_cpu_list(text: str) -> Mask:
    """The CPUs of a list in the kernel's syntax: ``0-3,8``."""
    cpus: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        cpus.extend(range(int(first), int(last or first) + 1))
    return frozenset(cpus)


def own_threads() -> list[int]:
    """Every thread of this process, or at least its first one where no descriptor is left to look
    with; the sidecar sees to its children."""
    try:
        return [int(it) for it in os.listdir("/proc/self/task")]
    except OSError:
        return [os.getpid()]


def mask_of(tid: int) -> Mask:
    """The CPUs that a thread may run on; none where it has ended, or no CPUs can be named."""
    try:
        return frozenset(os.sched_getaffinity(tid))
    except (AttributeError, OSError):
        return frozenset()


def move(tid: int, mask: Mask) -> None:
    """Have a thread run on these CPUs alone, if it lives and may use one of them."""
    try:
        if mask and mask != mask_of(tid):
            os.sched_setaffinity(tid, mask)
    except OSError:
        return


class Masks:
    """Sets a mask for a while, and gives each thread back the one it had.

    A thread that chose a mask of its own has what is in both; where nothing is,
    ours counts for as long as it lasts.
    """

    def __init__(self) -> None:
        self._ours: Mask | None = None
        self._own: dict[int, Mask] = {}

    def inherit(self, parent: Masks, pid: int) -> None:
        """This process was forked from that one, whose masks its threads have."""
        self._ours = parent._ours
        own = parent._own.get(pid)
        self._own = {} if own is None else {os.getpid(): own}

    def set(self, cpu_list: str | None) -> None:
        """Hold every thread to these CPUs; None restores. Idempotent.

        Threads that start while we walk inherit the mask of their creator, which
        may be the old one: so it is walked until nothing new is found.
        """
        if cpu_list is None:
            self._restore()
            return
        before, self._ours = self._ours, parse_cpu_list(cpu_list)
        own: dict[int, Mask] = {}
        while True:
            fresh = [tid for tid in own_threads() if tid not in own]
            if not fresh:
                break
            for tid in fresh:
                own[tid] = self._own_mask(tid, before)
                move(tid, _common(own[tid], self._ours))
        self._own = own

    def _restore(self) -> None:
        ours, self._ours = self._ours, None
        if ours is None:
            return
        for tid in own_threads():
            move(tid, self._own_mask(tid, ours))
        self._own = {}

    def _own_mask(self, tid: int, ours: Mask | None) -> Mask:
        """What a thread would have without us, who held it to these CPUs so far.

        What we did not set, somebody else chose since; one that was born since
        has what the main thread has.
        """
        mask = mask_of(tid)
        if ours is None or not mask:
            return mask
        own = self._own.get(tid) or self._own.get(os.getpid()) or mask
        return own if mask == _common(own, ours) else mask


def _common(own: Mask, ours: Mask) -> Mask:
    return own & ours or ours
