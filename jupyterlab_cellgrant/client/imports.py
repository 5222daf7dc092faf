"""Handles imports in a cell that has fewer CPUs than its kernel."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys

# By name, not by module: a cell may replace a module's attributes.
from os import getpid
from typing import Any, Callable, Collection

# Libraries that read a count when loaded and never again get the kernel's
# own: surplus threads without a CPU wait, but too few would be permanent.
COUNTED_AT_IMPORT = {"polars": "POLARS_MAX_THREADS", "numba": "NUMBA_NUM_THREADS"}


class Imports(importlib.abc.MetaPathFinder):
    """Calls ``begin`` before and ``end`` after each import of something new, while it watches.

    A nested import is part of the outer one, unless it is one of ``alone``.
    The kernel's own finders find the module and its own loader loads it: neither they nor
    a traceback see anything of this, because the module's spec reports it. Never in
    a forked child, whose imports are its own.
    """

    def __init__(
        self, begin: Callable[[str], None], end: Callable[[str], None], alone: Collection[str]
    ) -> None:
        self._begin = begin
        self._end = end
        self._alone = alone
        self._telling = _telling(self.loading)
        self._pid = getpid()
        self._outermost: Any = None

    def watch(self, wanted: bool) -> None:
        """Start or stop watching. Idempotent."""
        if wanted == any(it is self for it in sys.meta_path):
            return
        if wanted:
            sys.meta_path.insert(0, self)
        else:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        is_part = self._outermost is not None and name not in self._alone
        if is_part or getpid() != self._pid or not _is_imported():
            return None
        for finder in list(sys.meta_path):
            if finder is self:
                continue
            try:
                spec = finder.find_spec(name, path, target)
            except Exception:
                return None  # importlib, which asks it next, handles that itself
            if spec is not None:
                if type(spec) is importlib.machinery.ModuleSpec and _says_when_loaded(spec.loader):
                    spec.__class__ = self._telling
                return spec
        return None

    def loading(self, spec: Any, is_loading: bool) -> None:
        """A watched module starts or stops loading."""
        if is_loading and self._outermost is None:
            self._outermost = spec
        if self._outermost is not spec and spec.name not in self._alone:
            return  # part of another import, or concurrent with one: the next start checks again
        if not is_loading and self._outermost is spec:
            self._outermost = None
        try:
            (self._begin if is_loading else self._end)(spec.name)
        except Exception:
            return  # whatever fails here, the import goes on


def _is_imported() -> bool:
    """Whether importlib asks our finder in order to load the result. Others ask, too: those
    that keep the spec (``importlib.util.find_spec``), and finders that delegate to all others."""
    asking = sys._getframe(2).f_back
    return asking is not None and asking.f_code.co_name == "_find_and_load_unlocked"


def _says_when_loaded(loader: Any) -> bool:
    """Whether importlib records it in the spec: not for a loader with the legacy protocol."""
    return loader is None or hasattr(loader, "exec_module")


def _telling(tell: Callable[[Any, bool], None]) -> type[Any]:
    """The class of specs that report when their module is being loaded, which importlib records
    in them. Meanwhile a module may read, copy and keep its spec, as it may any other."""

    class ModuleSpec(importlib.machinery.ModuleSpec):
        @property
        def _initializing(self) -> bool:
            return self.__dict__.get("_initializing", False)

        @_initializing.setter
        def _initializing(self, value: bool) -> None:
            self.__dict__["_initializing"] = value
            if not value:
                self.__class__ = importlib.machinery.ModuleSpec  # type: ignore[assignment]
            tell(self, value)

        def __reduce__(self) -> tuple:
            return importlib.machinery.ModuleSpec, (self.name, self.loader), dict(vars(self))

    return ModuleSpec


class ImportCounts:
    """A variable that holds the kernel's own number of CPUs while a library counts them.

    Set only during that import, since children count for themselves; and for no other
    import, since that may read the user's own settings.
    """

    def __init__(self, cpus: Callable[[], int]) -> None:
        self._cpus = cpus
        self._ours: set[str] = set()

    def begin(self, module: str) -> None:
        """Set the variable that this module reads, unless the user set it."""
        name = COUNTED_AT_IMPORT.get(module)
        if name and name not in os.environ:
            os.environ[name] = str(self._cpus())
            self._ours.add(name)

    def end(self, module: str) -> None:
        """Remove it, also from numba, which would recount if it has changed."""
        name = COUNTED_AT_IMPORT.get(module)
        if name in self._ours:
            self._ours.remove(name)
            os.environ.pop(name, None)
            config = sys.modules.get("numba.core.config")
            getattr(getattr(config, "_env_reloader", None), "old_environ", {}).pop(name, None)
