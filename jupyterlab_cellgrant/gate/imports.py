"""What a library counts while it is loaded, in a cell that has fewer CPUs than its kernel."""

from __future__ import annotations

import importlib.abc
import os
import sys
from importlib.machinery import ModuleSpec
from typing import Any, Callable


class Imports(importlib.abc.MetaPathFinder):
    """Calls ``begin`` before and ``end`` after each import of something new, while it watches.

    An import that another one makes is part of that one. The kernel's own finders find
    the module and its own loader loads it: neither they nor a traceback see anything of
    this, because it is the module's spec that tells. Never in a forked child, whose
    imports are its own.
    """

    def __init__(self, begin: Callable[[], None], end: Callable[[], None]) -> None:
        self._begin = begin
        self._end = end
        self._pid = os.getpid()
        self._outermost: ModuleSpec | None = None

    def watch(self, wanted: bool) -> None:
        """Watch from now on, or no more. Idempotent."""
        if wanted == any(it is self for it in sys.meta_path):
            return
        if wanted:
            sys.meta_path.insert(0, self)
        else:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if self._outermost is not None or os.getpid() != self._pid:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find and finder is not self else None
            if spec is not None:
                if type(spec) is ModuleSpec:
                    spec.__class__ = _WatchedSpec
                    spec.watcher = self
                return spec
        return None

    def loading(self, spec: ModuleSpec, is_loading: bool) -> None:
        """A watched module is loaded from now on, or no more."""
        if self._outermost is not (None if is_loading else spec):
            return  # part of another import, or beside one: the next start looks again
        self._outermost = spec if is_loading else None
        try:
            (self._begin if is_loading else self._end)()
        except Exception:
            return  # whatever goes wrong here, the import goes on


class _WatchedSpec(ModuleSpec):
    """A spec that tells when its module is being loaded, which importlib notes in it."""

    watcher: Imports

    @property
    def _initializing(self) -> bool:
        return self.__dict__.get("_initializing", False)

    @_initializing.setter
    def _initializing(self, value: bool) -> None:
        self.__dict__["_initializing"] = value
        watcher = self.watcher
        if not value:
            del self.watcher
            self.__class__ = ModuleSpec
        watcher.loading(self, value)
