"""Carries out what only the process itself can: variables, masks and thread pools."""

from __future__ import annotations

import os
import threading
from typing import Any, Callable

from .factories import Factories
from .gpus import is_cuda_bound
from .leftovers import Leftovers
from .masks import Mask, Masks, mask_of, parse_cpu_list
from .pools import Pools
from .variables import Variables
from .wire import UNGATED, Message


class Applied:
    """The grants in force in this process.

    Variables and masks belong to the whole process. If cells run concurrently (in
    subshells), the youngest one decides; when it ends, the youngest of the rest.
    """

    def __init__(self, untouched: Callable[[], int]) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Message] = {}
        self._variables = Variables(is_cuda_bound)
        self._factories = Factories()
        self._masks = Masks()
        self._leftovers = Leftovers(untouched)
        self._pools = Pools(self._leftovers.width)
        # The reduced numbers of CPUs that the process was confined to since a cell last began.
        self._widths: set[int] = set()
        self._told: dict[str, str] = {}
        # The main thread's mask when threads were last read; None if a cell ran since.
        self._seen: Mask | None = None
        self._inherit()

    def _inherit(self) -> None:
        """A process forked under a grant manages its own state from now on; its originals (without
        that grant) are those recorded in the parent."""
        pid, parent = _in_force
        if parent is None or pid == os.getpid():
            return
        self._variables, self._told = parent._variables, parent._told
        self._factories = parent._factories
        self._masks.inherit(parent._masks, pid)
        self._pools.inherit(parent._pools)

    def look(self, is_quiet: bool) -> None:
        """A cell is about to request its grant; ``is_quiet`` if it cannot be confined."""
        with self._lock:
            # A tool that changes masks from outside, as taskset does, changes the main thread's.
            if not self._running and self._seen != mask_of(os.getpid()):
                self._leftovers.look(is_quiet)

    def look_ahead(self, grant: Message) -> None:
        """A cell with this grant has ended, and that was reported: the threads are read now that
        nobody waits for it. One that was confined is read when its cpuset is gone."""
        with self._lock:
            if not self._running and _is_unheld(grant):
                self._leftovers.look(is_quiet=False)
                self._seen = mask_of(os.getpid())

    def enter(self, claim_id: str, grant: Message) -> None:
        """A cell starts with this grant; called by the thread that will run it."""
        with self._lock:
            _in_force[:] = os.getpid(), self
            self._running[claim_id] = grant
            self._seen = None
            widths, self._widths = self._widths, set()
            self._follow(grant)
            if len(self._running) == 1 and _is_unheld(grant):
                self._leftovers.note()
            # After the variables: a pool that gets its width back reads them.
            self._pools.start(grant.get("threads"), widths, is_alone=len(self._running) == 1)

    def change(self, claim_id: str, grant: Message) -> None:
        """The grant of a running cell changed: its mask follows, its pools never do."""
        with self._lock:
            if claim_id in self._running:
                self._running[claim_id] = grant
                self._follow(self._youngest())

    def leave(self, claim_id: str) -> None:
        """The cell ended. Idempotent. Pools wait for the next start."""
        with self._lock:
            if self._running.pop(claim_id, None) is not None:
                self._follow(self._youngest())

    def _youngest(self) -> Message:
        return next(reversed(list(self._running.values())), UNGATED)

    def _follow(self, grant: Message) -> None:
        env = grant.get("env") or {}
        self._variables.set(self._smaller({str(name): str(value) for name, value in env.items()}))
        self._factories.follow(self._variables.differences())
        self._masks.set(grant.get("affinity"))
        self._leftovers.follow(grant.get("cpuset"))
        width = self._width_left(grant)
        if width is not None:
            self._widths.add(width)
        self._pools.follow(grant.get("threads"), width)

    def _smaller(self, env: dict[str, str]) -> dict[str, str]:
        """Without the counts that exceed what the user set in the same variable."""
        self._told = {
            name: value
            for name, value in env.items()
            if not _is_smaller(os.environ.get(name), value)
            or os.environ.get(name) == self._told.get(name)
        }
        return self._told

    def _width_left(self, grant: Message) -> int | None:
        """The number of CPUs that the process is confined to; None if it has all of its own."""
        held = grant.get("affinity") or grant.get("cpuset")
        width = len(parse_cpu_list(held)) if held else None
        return width if width is not None and width < self._leftovers.width() else None


# What was entered last, and by which process: a fork inherits its parent's.
_in_force: list[Any] = [0, None]


def _is_smaller(users: str | None, ours: str) -> bool:
    return bool(users and users.isdigit() and ours.isdigit() and int(users) < int(ours))


def _is_unheld(grant: Message) -> bool:
    """Whether a sidecar reports that neither we nor a cpuset confine the process to CPUs."""
    return not grant.get("affinity") and grant.get("cpuset", "unknown") is None
