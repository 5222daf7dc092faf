"""Starts processes on the kernel's behalf, with the environment from its own start."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from .leftovers import descendants
from .variables import CUDA_DEVICES, Differences

# A server that forks: Python's, and that of its fork which pickles more.
FORK_SERVERS = ("multiprocessing.forkserver", "multiprocess.forkserver")

# Workers that wait for the next call, whatever its source: loky's, and joblib's copy of it.
REUSABLE_POOLS = ("loky.reusable_executor", "joblib.externals.loky.reusable_executor")

# Fork servers that are kept beside the current one, for cells like those that started them.
SPARE_SERVERS_MAX = 2


class Factories:
    """Gives processes that cells start these cells' variables, whichever process forks them.

    A fork server passes on the variables with which it began; so each set of
    variables has one of its own. Idle workers of a shared pool are
    released when the cell has other GPUs: they would see none of
    them, or keep one without a lease. What a cell references (a pool, an
    executor, a process) belongs to its author, and keeps its original variables. Only
    loaded modules are checked, and only when variables changed.
    """

    def __init__(self) -> None:
        self._now: Differences = frozenset()
        self._servers = {name: _Servers(name) for name in FORK_SERVERS}

    def follow(self, variables: Differences) -> None:
        """The process has these variables now, where they differ from the original ones."""
        before, self._now = self._now, variables
        if before == variables:
            return
        for name, servers in self._servers.items():
            if name in sys.modules:
                with contextlib.suppress(Exception):  # another version of it: as without us
                    servers.change(before, variables)
        if _gpus_of(before) != _gpus_of(variables):
            for name in REUSABLE_POOLS:
                _let_go(sys.modules.get(name))


class _Servers:
    """The fork servers of one module, by the variables that they began with."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spare: dict[Differences, Any] = {}
        # No longer wanted, but with live children whose exits they report.
        self._retired: list[Any] = []

    def change(self, before: Differences, now: Differences) -> None:
        module: Any = sys.modules[self._name]
        current = module._forkserver
        is_running = current._forkserver_pid is not None
        successor = self._spare.pop(now, None)
        if successor is None and not is_running:
            return  # the next one will begin with the variables of that time
        successor = successor or type(current)()
        successor._preload_modules = current._preload_modules
        # All of the module's functions are the methods of its server.
        for name, it in list(vars(module).items()):
            if getattr(it, "__self__", None) is current:
                setattr(module, name, getattr(successor, it.__name__))
        module._forkserver = successor
        if is_running:
            self._spare[before] = current
            self._clear()

    def _clear(self) -> None:
        while len(self._spare) > SPARE_SERVERS_MAX:
            self._retired.append(self._spare.pop(next(iter(self._spare))))
        busy = [it for it in self._retired if any(descendants(it._forkserver_pid))]
        for server in self._retired:
            if server not in busy:
                server._stop()
        self._retired = busy


def _gpus_of(variables: Differences) -> str | None:
    return dict(variables).get(CUDA_DEVICES)


def _let_go(module: Any) -> None:
    """Forget the executor that would be reused: it ends when its work and its users have."""
    lock = getattr(module, "_executor_lock", None)
    if lock is not None and lock.acquire(timeout=0.1):  # else it is being changed right now
        try:
            module._executor = module._executor_kwargs = None
        finally:
            lock.release()
