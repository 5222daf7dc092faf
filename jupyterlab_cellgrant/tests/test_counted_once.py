"""Libraries that count CPUs once are not small for good because they were loaded at a bad moment."""

from __future__ import annotations

import os

import pytest

from .conftest import StartKernel, ipykernel_spec
from .scripted_sidecar import ScriptedSidecar
from .test_gate_grant import granting

FULL = len(os.sched_getaffinity(0))
FIRST = str(min(os.sched_getaffinity(0)))
pytestmark = pytest.mark.skipif(FULL < 2, reason="with one CPU every count is one")

LOAD = """
import dask.threaded, distributed, numba, numexpr, numpy, os, polars, pyarrow, threadpoolctl
from distributed.deploy.utils import nprocesses_nthreads
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

@numba.njit(parallel=True)
def used(n):
    found = numpy.zeros(n, numpy.int64)
    for i in numba.prange(n):
        found[i] = i
    return found

def counts():
    used(8)
    assert dask.threaded.get({"x": (len, [1])}, "x") == 1
    return {
        "dask": dask.system.CPU_COUNT,
        "dask.threaded": dask.threaded.default_pool._max_workers,
        "distributed": (lambda it: it[0] * it[1])(nprocesses_nthreads()),
        "numba": numba.get_num_threads(),
        "numexpr": numexpr.get_num_threads(),
        "pyarrow": pyarrow.cpu_count(),
        "sklearn": _openmp_effective_n_threads(),
        **{it["filepath"].rpartition("/")[2]: it["num_threads"] for it in threadpoolctl.threadpool_info()},
    }

def for_good():
    return {"polars": polars.thread_pool_size(), "numba": numba.config.NUMBA_NUM_THREADS}
"""

ORDERS = "[it for it in os.environ if it.endswith('_THREADS')]"


@pytest.mark.parametrize(
    "narrow",
    [{"affinity": FIRST}, {"threads": 1}, {"affinity": FIRST, "threads": 1, "cpus": FIRST}],
    ids=["a share that is a mask", "a share by weight", "asked for"],
)
async def test_what_is_loaded_while_cpus_are_few(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, libraries: str, narrow: dict
) -> None:
    """[CPU3] It has the threads of the cell, and in the cells that follow what it has without us."""
    scripted_sidecar.answer = granting(narrow, narrow, narrow, {})
    plain = await start_kernel(ipykernel_spec(libraries, provisioner=None))
    gated = await start_kernel(ipykernel_spec(libraries))
    for notebook in (plain, gated):
        assert (await notebook.run(LOAD))["status"] == "ok"
    expected = await plain.evaluate("counts()")
    here = await gated.evaluate("counts()")
    assert here == dict.fromkeys(here, narrow.get("threads", FULL))
    assert await gated.evaluate(ORDERS) == []
    assert await gated.evaluate("counts()") == expected
    assert await gated.evaluate("for_good()") == await plain.evaluate("for_good()")


async def test_what_is_loaded_before_and_used_while_cpus_are_few(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, libraries: str
) -> None:
    """[CPU3] Some count at their first use."""
    narrow = {"affinity": FIRST, "threads": 1}
    scripted_sidecar.answer = granting({}, narrow, {}, narrow, {})
    gated = await start_kernel(ipykernel_spec(libraries))
    assert (await gated.run(LOAD))["status"] == "ok"
    seen = [await gated.evaluate("counts()") for _ in range(4)]
    assert seen == [dict.fromkeys(it, n) for it, n in zip(seen, (1, FULL, 1, FULL), strict=True)]


COUNTS_FOR_GOOD = """
import os, sys, part
read, write = os.pipe()
child = os.fork()
if child == 0:
    import numba
    os.write(write, repr(numba.seen).encode())
    os._exit(0)
os.waitpid(child, 0)
import numba
found = part.polars.seen, os.read(read, 9).decode(), numba.seen
os.environ["NUMBA_NUM_THREADS"] = "7"
del sys.modules["numba"]
import numba
found += numba.seen, os.environ.pop("NUMBA_NUM_THREADS")
"""


async def test_what_counts_for_good_is_told_the_kernels_own_count(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, tmp_path
) -> None:
    """[CPU3] Also as a part of another import; never in a forked child, nor over the user's word."""
    for name in ("polars", "numba"):
        variable = f"{name.upper()}_{'MAX' if name == 'polars' else 'NUM'}_THREADS"
        (tmp_path / f"{name}.py").write_text(f"import os\nseen = os.environ.get({variable!r})")
    (tmp_path / "part.py").write_text("import polars")
    scripted_sidecar.answer = granting({"threads": 1})
    notebook = await start_kernel()
    assert (await notebook.run(COUNTS_FOR_GOOD))["status"] == "ok"
    assert await notebook.evaluate("found") == (str(FULL), "None", str(FULL), "7", "7")
    assert await notebook.evaluate(ORDERS) == []


async def test_a_failing_import_fails_as_without_us(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, tmp_path
) -> None:
    """[CPU3] Whatever is loaded in such a cell, nothing of ours is in sight."""
    (tmp_path / "broken.py").write_text("import json.decoder, queue\nraise ValueError('mine')")
    scripted_sidecar.answer = granting({"threads": 1})
    plain, gated = await start_kernel(ipykernel_spec(provisioner=None)), await start_kernel()
    code = (
        "import sys, traceback\n"
        "try:\n    import broken\nexcept ValueError as error:\n    caught = error\n"
        "frames = [(it.name, it.line) for it in traceback.extract_tb(caught.__traceback__)]\n"
        "import wave, importlib\n"
        "kinds = [type(it.__spec__).__name__ + str(sorted(vars(it.__spec__))) for it in (queue, wave)]"
    )
    code = code.replace("import wave", "import queue, wave")
    found = []
    for notebook in (plain, gated):
        assert (await notebook.run(code))["status"] == "ok"
        found.append(await notebook.evaluate("(frames, kinds)"))
    assert found[0] == found[1]


SPECS = """
import copy, importlib, importlib.util, pickle, sys, traceback
def look(spec):
    return [type(it).__name__ + repr(it)[:9] + str(sorted(vars(it)))
            for it in (spec, copy.deepcopy(spec), pickle.loads(pickle.dumps(spec)))]
def kept():
    spec = importlib.util.find_spec("sched")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return look(module.__spec__)
def reloaded():
    import colorsys
    return look(importlib.reload(colorsys).__spec__)
class Asking:
    def find_spec(self, name, path=None, target=None):
        if name == "broken":
            raise ValueError("mine")
        found = (it.find_spec(name, path, target) for it in sys.meta_path if it is not self)
        return next((it for it in found if it), None)
def asked(place):
    finder = Asking()
    sys.meta_path.insert(place, finder)
    try:
        import broken
    except ValueError as error:
        frames = [it.name for it in traceback.extract_tb(error.__traceback__)]
        import plistlib
        return frames, look(plistlib.__spec__), importlib.util.find_spec("none") is None
    finally:
        sys.meta_path.remove(finder)
        sys.modules.pop("plistlib", None)
class Own(importlib.machinery.ModuleSpec):
    pass
class New:
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        pass
class Old:
    def load_module(self, name):
        return sys.modules.setdefault(name, type(sys)(name))
class Making:
    def find_spec(self, name, path=None, target=None):
        made = {"own": (Own, New), "new": (importlib.machinery.ModuleSpec, New),
                "old": (importlib.machinery.ModuleSpec, Old)}.get(name)
        return made and made[0](name, made[1]())
def classes():
    sys.meta_path.append(Making())
    try:
        import new, old, own
        return [type(it.__spec__) in (importlib.machinery.ModuleSpec, Own) for it in (new, old, own)], \
            type(own.__spec__) is Own
    finally:
        sys.meta_path.pop()
import settings
found = [classes(), kept(), reloaded(), asked(0), asked(len(sys.meta_path)), look(settings.__spec__),
         settings.seen, [it for it in sorted(os.environ) if it.startswith(("POLARS", "NUMBA", "KMP_D"))]]
"""

SETTINGS = """
import copy, os
seen = type(copy.copy(__spec__)) is type(os.__spec__), repr(__spec__)[:9]
os.environ["POLARS_MAX_THREADS"] = "2"
os.environ.setdefault("NUMBA_NUM_THREADS", "1")
"""


async def test_who_looks_for_modules_finds_them_as_without_us(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, tmp_path
) -> None:
    """[CPU3] Also who keeps a spec, asks all finders, or sets variables in a module."""
    (tmp_path / "settings.py").write_text(SETTINGS)
    scripted_sidecar.answer = granting({"threads": 1})
    found = []
    for provisioner in (None, "cellgrant"):
        notebook = await start_kernel(ipykernel_spec(provisioner=provisioner))
        assert (await notebook.run("import os\n" + SPECS))["status"] == "ok"
        found.append(await notebook.evaluate("found"))
    assert found[0] == found[1]
