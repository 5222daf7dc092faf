"""Thread pools follow grants, and do not spin when their CPUs are taken away."""

from __future__ import annotations

import ctypes.util
import os
import site
from pathlib import Path
from typing import Any

import pytest

from .conftest import StartKernel, ipykernel_spec
from .real_sidecar import RealSidecar

SPIN_FACTOR = 5
"""A spinning pool burns at least so many times the CPU time; 20 and more were seen."""

# Parallel regions of two threads, each with a little work: strlen over a buffer, about 20 us.
# Called as a compiler would call it, so that no compiler is needed.
REGIONS = """
import ctypes, os, time
gomp, libc = ctypes.CDLL({libgomp!r}), ctypes.CDLL(None)
work, text = ctypes.cast(libc.strlen, ctypes.c_void_p), b"x" * 400_000
def regions(count, threads):
    began = time.process_time()
    for _ in range(count):
        gomp.GOMP_parallel(work, text, threads, 0)
    return time.process_time() - began
def pin(cpus):
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), cpus)
"""


def libgomp() -> str:
    """A libgomp: the system's, else one that a Python package ships."""
    found = ctypes.util.find_library("gomp")
    shipped = (it for place in site.getsitepackages() for it in Path(place).glob("*.libs/libgomp*"))
    path = found or next(shipped, None)
    if path is None:
        pytest.skip("there is no libgomp here")
    return str(path)


async def cpu_seconds_on_one_cpu(start_kernel: StartKernel, spec: Any, cpus: list[int]) -> float:
    """CPU time of 100 regions, after a pool that was born on two CPUs was left one."""
    notebook = await start_kernel(spec)
    await notebook.run(REGIONS.format(libgomp=libgomp()))
    await notebook.run(f"pin({set(cpus)}); regions(10, 2); pin({{{cpus[0]}}})")
    return await notebook.evaluate("regions(100, 2)")


async def test_a_pool_that_loses_a_cpu_does_not_spin(
    sidecar: RealSidecar,
    start_kernel: StartKernel,
    cpus: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """[CPU9] Threads that wait for others burn what the others need; gated ones sleep."""
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    plain = await cpu_seconds_on_one_cpu(start_kernel, ipykernel_spec(provisioner=None), cpus)
    gated = await cpu_seconds_on_one_cpu(start_kernel, None, cpus)
    assert plain > SPIN_FACTOR * gated, f"{plain:.3f} s of CPU time against {gated:.3f} s"


async def test_what_the_user_chose_stays(
    sidecar: RealSidecar, start_kernel: StartKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[CPU9] Passive waiting is a default, not a rule."""
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.delenv("KMP_BLOCKTIME", raising=False)
    notebook = await start_kernel()
    names = "('OMP_WAIT_POLICY', 'KMP_BLOCKTIME')"
    chosen = f"[__import__('os').environ[it] for it in {names}]"
    assert await notebook.evaluate(chosen) == ["ACTIVE", "0"]


async def test_openmp_follows_the_grant_and_grows_back(
    sidecar: RealSidecar, start_kernel: StartKernel, cpus: list[int]
) -> None:
    """[CPU2] A pool of n threads while the grant lasts; full width after it."""
    notebook = await start_kernel()
    await notebook.run(REGIONS.format(libgomp=libgomp()))
    full = await notebook.evaluate("gomp.omp_get_max_threads()")
    assert full == len(os.sched_getaffinity(0))
    assert await notebook.evaluate("gomp.omp_get_max_threads()", {"cpus": 1}) == 1
    assert await notebook.evaluate("gomp.omp_get_max_threads()") == full


async def test_workers_of_joblib_inherit_the_grant(
    sidecar: RealSidecar, start_kernel: StartKernel, cpus: list[int]
) -> None:
    """[CPU2] As many loky workers as CPUs granted, each with a pool of one thread."""
    pytest.importorskip("joblib")
    pytest.importorskip("threadpoolctl")
    pytest.importorskip("numpy")
    notebook = await start_kernel()
    await notebook.run(
        "import joblib, os\n"
        "def width():\n"
        "    import numpy, threadpoolctl\n"
        "    pools = {it['num_threads'] for it in threadpoolctl.threadpool_info()}\n"
        "    return sorted(os.sched_getaffinity(0)), pools\n"
        "def workers(n):\n"
        "    return [joblib.delayed(width)() for _ in range(n)]"
    )
    hint = {"cpus": 1}
    assert await notebook.evaluate("joblib.effective_n_jobs(-1)") == len(os.sched_getaffinity(0))
    assert await notebook.evaluate("joblib.effective_n_jobs(-1)", hint) == 1
    seen = await notebook.evaluate("joblib.Parallel(n_jobs=2)(workers(4))", hint)
    assert all(len(mask) == 1 and pools == {1} for mask, pools in seen), seen
