"""Environment variables of the process, as a grant sets them."""

from __future__ import annotations

import os
from typing import Callable, FrozenSet, Mapping, Optional, Tuple

CUDA_DEVICES = "CUDA_VISIBLE_DEVICES"

Differences = FrozenSet[Tuple[str, Optional[str]]]
"""Variables that have other values than those that the process came with."""


class Variables:
    """Sets variables for a while and restores those that nobody else has changed since.

    CUDA reads its variable once, when it is initialised; from then on it must
    keep the value that CUDA read, or libraries that read it again would be misled. So it is
    neither set nor restored while ``is_cuda_bound`` says so.
    """

    def __init__(self, is_cuda_bound: Callable[[], bool]) -> None:
        self._is_cuda_bound = is_cuda_bound
        self._ours: dict[str, str] = {}
        self._before: dict[str, str | None] = {}
        self._first: dict[str, str | None] = {}

    def set(self, wanted: Mapping[str, str]) -> None:
        """Set exactly these variables. Idempotent."""
        if not wanted and not self._ours:
            return
        for name in [it for it in self._ours if it not in wanted]:
            self._restore(name)
        for name, value in wanted.items():
            if name != CUDA_DEVICES or not self._is_cuda_bound():
                if name not in self._ours:
                    self._before[name] = os.environ.get(name)
                    self._first.setdefault(name, self._before[name])
                os.environ[name] = self._ours[name] = value

    def differences(self) -> Differences:
        """The variables that were ever set here and differ from their previous values."""
        now = {name: os.environ.get(name) for name in self._first}
        return frozenset(it for it in now.items() if it[1] != self._first[it[0]])

    def _restore(self, name: str) -> None:
        ours = self._ours.pop(name)
        before = self._before.pop(name)
        if os.environ.get(name) != ours or (name == CUDA_DEVICES and self._is_cuda_bound()):
            return
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
