"""Children of a cell find out how many CPUs there are; nobody orders them to take some."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import StartKernel, ipykernel_spec
from .real_sidecar import RealSidecar
from .scripted_sidecar import ScriptedSidecar
from .test_gate_grant import POOLS, granting

FULL = len(os.sched_getaffinity(0))
pytestmark = pytest.mark.skipif(FULL < 2, reason="with one CPU every count is one")

CHILDREN = """
import concurrent.futures, multiprocessing, os, subprocess, sys, threadpoolctl

def width(_=None):
    import numpy
    return sorted({it["num_threads"] for it in threadpoolctl.threadpool_info()})

def in_pool(method):
    with multiprocessing.get_context(method).Pool(2) as pool:
        return pool.map(width, range(2), 1)[0]

def in_executor(method):
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        return pool.submit(width).result()

def in_subprocess():
    code = "import children; print(children.width()[0])"
    return [int(subprocess.check_output([sys.executable, "-c", code]))]

def in_loky(count):
    import joblib
    workers = joblib.Parallel(n_jobs=count)(joblib.delayed(width)() for _ in range(count))
    return workers[0]

def widths():
    multiprocessing.set_forkserver_preload(["children"])
    return {
        "loky of one for each CPU": in_loky(len(os.sched_getaffinity(0))),
        "loky of two": in_loky(2),
        "subprocess": in_subprocess(),
        **{f"pool by {it}": in_pool(it) for it in ("fork", "spawn")},
        **{f"executor by {it}": in_executor(it) for it in ("spawn", "forkserver")},
    }
"""
"""What pools have in children of every birth, in a module that they can import."""

WIDTHS = "__import__('children').widths()"


@pytest.fixture
def children(tmp_path: Path) -> None:
    """Makes the module importable for kernels and their children."""
    for needed in ("joblib", "numpy", "threadpoolctl"):
        pytest.importorskip(needed)
    (tmp_path / "children.py").write_text(CHILDREN)


@pytest.mark.usefixtures("children")
@pytest.mark.parametrize("tier", ["auto", "affinity"])
async def test_children_count_what_the_author_asked_for(
    start_sidecar: Callable[..., RealSidecar], start_kernel: StartKernel, tier: str
) -> None:
    """[CPU2] As on a machine of that size: workers that are two on two CPUs have one thread each."""
    start_sidecar("--tier", tier)
    plain, gated = await start_kernel(ipykernel_spec(provisioner=None)), await start_kernel()
    everything: dict[str, Any] = await gated.evaluate(WIDTHS, {"cpus": FULL})
    assert everything == await plain.evaluate(WIDTHS)
    assert everything["loky of one for each CPU"] == [1]
    one = await gated.evaluate(WIDTHS, {"cpus": 1})
    assert {tuple(it) for it in one.values()} == {(1,)}, one
    counts = "import os; print(os.environ['LOKY_MAX_CPU_COUNT'], os.environ['PYTHON_CPU_COUNT'])"
    asked = gated.submit(f"{counts}\nimport joblib; print(joblib.cpu_count())", {"cpus": 1})
    await gated.reply(asked)
    assert gated.text(asked) == "1 1\n1\n"


@pytest.mark.usefixtures("children")
async def test_children_are_told_nothing_of_a_share(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[CPU3] The kernel's pools follow a moment's share; children outlive it, and count for themselves."""
    scripted_sidecar.answer = granting({"threads": 1})
    plain, gated = await start_kernel(ipykernel_spec(provisioner=None)), await start_kernel()
    await gated.run("import numpy, threadpoolctl, os; before = dict(os.environ)")
    assert set(await gated.evaluate(POOLS)) == {1}
    seen, expected = await gated.evaluate(WIDTHS), await plain.evaluate(WIDTHS)
    # A fork is a copy of the kernel, pools and all.
    assert seen.pop("pool by fork") == [1]
    del expected["pool by fork"]
    assert seen == expected
    assert await gated.evaluate("dict(os.environ) == before")


@pytest.mark.usefixtures("children")
async def test_what_the_user_says_to_children_counts(
    sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[CPU2] Variables of the user's go on to children as they are, however many CPUs are granted."""
    notebook = await start_kernel()
    await notebook.run("import os; os.environ.update(OMP_NUM_THREADS='3', LOKY_MAX_CPU_COUNT='1')")
    names = ("OMP_NUM_THREADS", "LOKY_MAX_CPU_COUNT", "PYTHON_CPU_COUNT")
    environment = f"[os.environ.get(it) for it in {names}]"
    for hints, counted in (({"cpus": FULL}, str(FULL)), (None, None), ({"cpus": 1}, "1")):
        assert await notebook.evaluate(environment, hints) == ["3", "1", counted]


async def test_the_smaller_of_two_choices_counts(
    sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[CPU2] A pool whose size its user chose is never raised by a grant."""
    pytest.importorskip("numpy")
    hint = {"cpus": FULL}
    chosen = await start_kernel(ipykernel_spec(env={"OMP_NUM_THREADS": "1"}))
    await chosen.run("import numpy, threadpoolctl")
    seen = [set(await chosen.evaluate(POOLS, it)) for it in (hint, {"cpus": 1}, None, hint)]
    assert seen == [{1}] * 4
    born_in_it = await start_kernel(ipykernel_spec(env={"OMP_NUM_THREADS": "1"}))
    await born_in_it.run("import numpy, threadpoolctl", {"cpus": 1})
    assert set(await born_in_it.evaluate(POOLS)) == {1}
    limited = await start_kernel()
    await limited.run("import numpy, threadpoolctl; limits = threadpoolctl.threadpool_limits(1)")
    assert [set(await limited.evaluate(POOLS, it)) for it in (hint, None, hint)] == [{1}] * 3
    await limited.run("limits.restore_original_limits()")
    assert [set(await limited.evaluate(POOLS, it)) for it in (hint, None)] == [{FULL}] * 2
