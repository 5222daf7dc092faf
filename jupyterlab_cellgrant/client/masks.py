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
    """Every thread of this process, or at least its first one if no descriptor is free to list
    them; the sidecar handles its children."""
    try:
        return [int(it) for it in os.listdir("/proc/self/task")]
    except OSError:
        return [os.getpid()]


def mask_of(tid: int) -> Mask:
    """The CPUs that a thread may run on; none if it has ended, or if they cannot be read."""
    try:
        return frozenset(os.sched_getaffinity(tid))
    except (AttributeError, OSError):
        return frozenset()


def move(tid: int, mask: Mask) -> None:
    """Pin a thread to these CPUs, if it lives and may use any of them."""
    try:
        if mask and mask != mask_of(tid):
            os.sched_setaffinity(tid, mask)
    except OSError:
        return


class Masks:
    """Sets a mask for a while, and restores each thread's previous one.

    A thread that chose a mask of its own gets the intersection; if that is empty,
    ours applies for as long as it is set.
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
        """Pin every thread to these CPUs; None restores. Idempotent.

        Threads that start during the walk inherit the mask of their creator, which
        may be the old one: so it is repeated until nothing new is found.
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
        """The mask that a thread would have without us, who pinned it to these CPUs so far.

        A mask that we did not set was chosen since; a thread created since
        has that of the main thread.
        """
        mask = mask_of(tid)
        if ours is None or not mask:
            return mask
        own = self._own.get(tid) or self._own.get(os.getpid()) or mask
        return own if mask == _common(own, ours) else mask


def _common(own: Mask, ours: Mask) -> Mask:
    return own & ours or ours
