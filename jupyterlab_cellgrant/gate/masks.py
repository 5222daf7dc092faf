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
    """Every thread of this process; the sidecar sees to its children."""
    return [int(it) for it in os.listdir("/proc/self/task")]


class Masks:
    """Sets a mask for a while, and gives each thread back the one it had."""

    def __init__(self) -> None:
        self._ours: Mask | None = None
        self._base: Mask = frozenset()
        self._before: dict[int, Mask] = {}

    def set(self, cpu_list: str | None) -> None:
        """Hold every thread to these CPUs; None restores. Idempotent.

        Threads that start while we walk inherit the mask of their creator, which
        may be the old one: so it is walked until nothing new is found.
        """
        if cpu_list is None:
            self._restore()
            return
        mask = parse_cpu_list(cpu_list)
        if self._ours is None:
            self._base = frozenset(os.sched_getaffinity(0))
        self._ours = mask
        done: dict[int, Mask] = {}
        while True:
            fresh = [tid for tid in own_threads() if tid not in done]
            if not fresh:
                return
            for tid in fresh:
                done[tid] = self._move(tid, mask)
                self._before.setdefault(tid, done[tid])

    def _restore(self) -> None:
        ours, self._ours = self._ours, None
        before, self._before = self._before, {}
        if ours is None:
            return
        for tid in own_threads():
            try:
                # Born since, it inherited our mask; changed since, it is somebody's choice.
                if frozenset(os.sched_getaffinity(tid)) == ours:
                    os.sched_setaffinity(tid, before.get(tid, self._base))
            except OSError:
                continue  # it has ended

    def _move(self, tid: int, mask: Mask) -> Mask:
        try:
            before = frozenset(os.sched_getaffinity(tid))
            os.sched_setaffinity(tid, mask)
            return before
        except OSError:
            return self._base  # it has ended, or these CPUs went away
