"""The libraries whose threads follow a grant, and how each is read and set."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import Any, Callable

OPENMP = ("OMP_NUM_THREADS",)


# Counts CPUs on first use, not when it is loaded.
COUNTS_LATE = "pyarrow"


class Pool:
    """One pool: how its size is read and set."""

    def __init__(
        self,
        name: str,
        get: Callable[[], int | None],
        set_: Callable[[int], Any],
        variables: tuple[str, ...] = (),
        is_per_thread: bool = False,
    ) -> None:
        """The user sets its size by the first of ``variables`` that is set, before it is loaded;
        ``is_per_thread`` if each thread has a size of its own, as in OpenMP."""
        self.name = name
        self.get = get
        self.set = set_
        self.variables = variables
        self.is_per_thread = is_per_thread
        self.counts_late = name == COUNTS_LATE


NATIVE_VARIABLES = {
    "openblas": ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", *OPENMP),
    "mkl": ("MKL_NUM_THREADS", *OPENMP),
    "blis": ("BLIS_NUM_THREADS", *OPENMP),
}

# Set by threadpoolctl on import: whether copies of OpenMP may be mixed is up to the user.
DUPLICATES = "KMP_DUPLICATE_LIB_OK"


def load_threadpoolctl() -> Any:
    """threadpoolctl: by path as the launcher gave it, else the kernel's own, else None.

    The path comes first because its version is known. It is loaded under a name
    of ours, so that the kernel's own ``import threadpoolctl`` finds its own.
    """
    is_said = DUPLICATES in os.environ
    try:
        return _named_threadpoolctl() or _own_threadpoolctl()
    finally:
        if not is_said:
            os.environ.pop(DUPLICATES, None)


def _named_threadpoolctl() -> Any:
    path = os.environ.get("CELLGRANT_THREADPOOLCTL")
    if path:
        try:
            name = f"{__package__}.threadpoolctl"
            spec = importlib.util.spec_from_file_location(name, path)
            module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
            sys.modules[name] = module  # dataclasses look their module up
            spec.loader.exec_module(module)  # type: ignore[union-attr]
            return module
        except Exception:
            sys.modules.pop(name, None)  # too new for this Python, or gone: try the kernel's own
    return None


def _own_threadpoolctl() -> Any:
    try:
        return importlib.import_module("threadpoolctl")
    except Exception:
        return None


def loaded_pools(threadpoolctl: Any) -> list[Pool]:
    """The pools of the loaded libraries; never loads anything."""
    return [*_native_pools(threadpoolctl), *_module_pools(), *_numba_pool(), *_dask_pool()]


def _native_pools(threadpoolctl: Any) -> list[Pool]:
    if not threadpoolctl:
        return []
    controllers = threadpoolctl.ThreadpoolController().lib_controllers
    return [
        Pool(
            it.filepath,
            it.get_num_threads,
            _native_setter(it),
            NATIVE_VARIABLES.get(it.internal_api, OPENMP),
            it.user_api == "openmp",
        )
        for it in controllers
    ]


def _native_setter(library: Any) -> Callable[[int], Any]:
    # threadpoolctl lets only the first thread that set a process-wide pool set it
    # again; cells of subshells run in other threads.
    let_go = getattr(type(library), "clear_controlling_thread", None)

    def set_size(threads: int) -> None:
        if let_go:
            let_go(force=True)
        library.set_num_threads(threads)
        if let_go:
            let_go(force=True)

    return set_size


def _module_pools() -> list[Pool]:
    """Pools of libraries with functions of their own."""
    pools = []
    for name, getter, setter, variables in (
        ("torch", "get_num_threads", "set_num_threads", ("MKL_NUM_THREADS", *OPENMP)),
        ("numexpr", "get_num_threads", "set_num_threads", ("NUMEXPR_NUM_THREADS", *OPENMP)),
        (COUNTS_LATE, "cpu_count", "set_cpu_count", OPENMP),
    ):
        module = sys.modules.get(name)
        get, set_ = getattr(module, getter, None), getattr(module, setter, None)
        if get and set_:
            most = getattr(module, "MAX_THREADS", None)  # numexpr refuses more
            limited = _at_most(most, set_) if isinstance(most, int) else set_
            pools.append(Pool(name, get, limited, variables, name == "torch"))
    return pools


def _at_most(most: int, set_: Callable[[int], Any]) -> Callable[[int], Any]:
    return lambda threads: set_(min(threads, most))


def _numba_pool() -> list[Pool]:
    """numba's threads, once launched: their number is fixed, and this many of them are used."""
    parallel = sys.modules.get("numba.np.ufunc.parallel")
    get, set_ = (getattr(parallel, f"_{it}_num_threads", None) for it in ("get", "set"))
    if not get or not set_:
        return []
    return [Pool("numba", get, _at_most(parallel.NUM_THREADS, set_), is_per_thread=True)]


def watch_numba(launched: Callable[[], None]) -> None:
    """Call ``launched`` when numba launches its threads, which it does on first use."""
    parallel = sys.modules.get("numba.np.ufunc.parallel")
    load = getattr(parallel, "_load_threading_functions", None)
    if load is None or hasattr(parallel, "_get_num_threads") or hasattr(load, "is_watched"):
        return

    def load_and_tell(library: Any) -> None:
        load(library)
        launched()

    load_and_tell.is_watched = True  # type: ignore[attr-defined]
    parallel._load_threading_functions = load_and_tell  # type: ignore[union-attr]


# Where dask copies its number of CPUs besides variables: the defaults of functions.
DASK_DEFAULTS = (
    ("distributed.deploy.utils", "nprocesses_nthreads", "n"),
    ("distributed.worker_memory", "parse_memory_limit", "total_cores"),
)


def _dask_pool() -> list[Pool]:
    """The number of CPUs that dask counted, by which it sizes what it starts."""
    system = sys.modules.get("dask.system")
    if not hasattr(system, "CPU_COUNT"):
        return []
    return [Pool("dask", lambda: system.CPU_COUNT, _set_dask)]  # type: ignore[union-attr]


def _set_dask(cpus: int) -> None:
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("dask", "distributed") and hasattr(module, "CPU_COUNT"):
            module.CPU_COUNT = cpus
    executor = getattr(sys.modules.get("dask.threaded"), "default_pool", None)
    if hasattr(executor, "_max_workers"):
        executor._max_workers = cpus  # it starts threads on demand
    for name, function, parameter in DASK_DEFAULTS:
        _set_default(getattr(sys.modules.get(name), function, None), parameter, cpus)


def _set_default(function: Any, parameter: str, value: int) -> None:
    code = getattr(function, "__code__", None)
    if code is None:
        return
    if parameter in (function.__kwdefaults__ or {}):
        function.__kwdefaults__[parameter] = value
    elif parameter in code.co_varnames[: code.co_argcount]:
        defaults = list(function.__defaults__ or ())
        place = code.co_varnames.index(parameter) - code.co_argcount + len(defaults)
        if place >= 0:
            defaults[place] = value
            function.__defaults__ = tuple(defaults)


def let_sklearn_count(cpus: Callable[[], int]) -> None:
    """Make scikit-learn, which caches the first CPU count, count the kernel's own.

    It uses the smaller of these and of OpenMP's threads, which follow the grant.
    """
    helpers = sys.modules.get("sklearn.utils._openmp_helpers")
    count = getattr(helpers, "cpu_count", None)
    if count is None or hasattr(count, "is_wide"):
        return

    def cpu_count(only_physical_cores: bool = False) -> int:
        width = cpus()
        if count() >= width:
            return count(only_physical_cores=only_physical_cores)
        if only_physical_cores and width >= (os.cpu_count() or 1):
            context = sys.modules.get("joblib.externals.loky.backend.context")
            cores = context._count_physical_cores()[0] if context else width
            return cores if isinstance(cores, int) else width
        return width

    cpu_count.is_wide = True  # type: ignore[attr-defined]
    helpers.cpu_count = cpu_count  # type: ignore[union-attr]
