"""What a grant does to the process that runs the cell, and that nothing of it stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import StartKernel
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar
from .scripted_sidecar import Message, ScriptedSidecar, grant_everything
from .test_gate_order import release

needs_two_cpus = pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="needs two CPUs to tell two sets apart"
)

POOLS = "[it['num_threads'] for it in __import__('threadpoolctl').threadpool_info()]"

HOLD_CPU = f"""
import os, time, numpy, threadpoolctl
numpy.ones((300, 300)) @ numpy.ones((300, 300))
pools = {POOLS}
children = __import__('subprocess').getoutput('echo $PYTHON_CPU_COUNT $OMP_NUM_THREADS')
print('holding')
while not os.path.exists({{flag!r}}): time.sleep(.01)
"""


def masks_of(pid: int) -> set[str]:
    """The CPU masks of every thread of a process."""
    masks = set()
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = dict(it.split(":", 1) for it in status.read_text().splitlines())
        masks.add(lines["Cpus_allowed_list"].strip())
    return masks


def cgroup_cpus_of(pid: int) -> str | None:
    """``cpuset.cpus`` of a process's cgroup; None where it has none of its own."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        root = {"cpuset": "/sys/fs/cgroup/cpuset", "": "/sys/fs/cgroup"}.get(controllers)
        file = Path(f"{root}{path}/cpuset.cpus")
        if root and "cellgrant-" in path and file.exists():
            return file.read_text().strip()
    return None


def pid_of(notebook: NotebookClient) -> int:
    return notebook.manager.provisioner.pid


@needs_two_cpus
@pytest.mark.parametrize("tier", ["auto", "affinity"])
async def test_two_kernels_get_disjoint_cpus(
    start_sidecar: Callable[..., RealSidecar], start_kernel: StartKernel, tmp_path: Path, tier: str
) -> None:
    """[CPU2] Cells tagged ``cpus: 1`` that run at once are held to one CPU each, not the same."""
    sidecar = start_sidecar("--tier", tier)
    notebooks = [await start_kernel(), await start_kernel()]
    pids = [pid_of(it) for it in notebooks]
    # One has loaded NumPy before its grant, the other loads it under it.
    await notebooks[0].run("import numpy")
    before = [masks_of(it) for it in pids]
    flag = str(tmp_path / "go")
    held = [it.submit(HOLD_CPU.format(flag=flag), {"cpus": 1}) for it in notebooks]
    for notebook, message_id in zip(notebooks, held, strict=True):
        await notebook.until_output(message_id, "holding")
    grants = {it["holderId"]: it["grant"] for it in sidecar.claims("running")}
    granted = [grants[it.manager.kernel_id] for it in notebooks]
    assert [it["threads"] for it in granted] == [1, 1]
    assert len({it["cpus"] for it in granted}) == 2
    for pid, grant in zip(pids, granted, strict=True):
        assert masks_of(pid) == {grant["cpus"]}
        if sidecar.tier.startswith("cgroup"):
            assert cgroup_cpus_of(pid) == grant["cpus"]
    release(Path(flag))
    for notebook, message_id in zip(notebooks, held, strict=True):
        assert (await notebook.reply(message_id))["status"] == "ok"
        assert set(await notebook.evaluate("pools")) == {1}
        assert await notebook.evaluate("children") == "1"
    # All of it is restored: an untagged cell alone has the whole node and full pools.
    for notebook, pid, masks in zip(notebooks, pids, before, strict=True):
        sidecar.wait_for_claims(running=0)  # a cell's end is told after its reply
        assert masks_of(pid) == masks
        assert set(await notebook.evaluate(POOLS)) == {len(os.sched_getaffinity(0))}
        assert await notebook.evaluate("os.environ.get('PYTHON_CPU_COUNT')") is None
    sidecar.close()
    assert [masks_of(it) for it in pids] == before
    assert [cgroup_cpus_of(it) for it in pids] == [None, None]


CHILD = """
import os, subprocess, time
child = subprocess.Popen(['sleep', '60'])
def wait_for_cpus(n):
    while [len(os.sched_getaffinity(it)) for it in (0, child.pid)] != [n, n]:
        time.sleep(.01)
"""


@needs_two_cpus
async def test_children_follow_in_the_affinity_tier(
    start_sidecar: Callable[..., RealSidecar], start_kernel: StartKernel
) -> None:
    """[CPU2] Processes that the kernel started before its grant are held with it, and let go."""
    start_sidecar("--tier", "affinity")
    notebook = await start_kernel()
    await notebook.run(CHILD)
    whole = len(os.sched_getaffinity(0))
    assert (await notebook.run("wait_for_cpus(1)", {"cpus": 1}))["status"] == "ok"
    assert (await notebook.run(f"wait_for_cpus({whole})"))["status"] == "ok"
    await notebook.run("child.kill()")


def granting(*grants: Message) -> Callable[[Message], list[Message | bytes]]:
    """Answers the n-th claim with the n-th of these grants, and all later ones with the last."""
    left = list(grants)

    def answer(message: Message) -> list[Message | bytes]:
        if message["type"] != "claim":
            return grant_everything(message)
        grant = left.pop(0) if len(left) > 1 else left[0]
        return [{"type": "granted", "id": message["id"], "grant": grant}]

    return answer


async def test_variables_are_restored_unless_the_user_changed_them(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """Variables of a grant last as long as the cell; what the user sets meanwhile stays."""
    ours = {"CG_A": "ours", "CG_B": "ours", "CG_C": "ours", "CG_D": "ours"}
    scripted_sidecar.answer = granting({}, {"env": ours}, {})
    notebook = await start_kernel()
    await notebook.run("import os; os.environ['CG_A'] = os.environ['CG_B'] = 'user'")
    seen = notebook.submit(
        "print([os.environ.get(f'CG_{it}') for it in 'ABCD'])\n"
        "os.environ['CG_B'] = 'changed'\ndel os.environ['CG_D']"
    )
    await notebook.reply(seen)
    assert notebook.text(seen) == "['ours', 'ours', 'ours', 'ours']\n"
    after = await notebook.evaluate("[os.environ.get(f'CG_{it}') for it in 'ABCD']")
    assert after == ["user", "changed", None, None]


async def test_cuda_devices_stay_what_cuda_saw(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[GPU2] Once CUDA has read its variable, the variable is neither set nor restored."""
    first, second = ({"env": {"CUDA_VISIBLE_DEVICES": it}} for it in ("GPU-1", "GPU-2"))
    scripted_sidecar.answer = granting({}, first, first, second, {})
    notebook = await start_kernel()
    devices = "os.environ.get('CUDA_VISIBLE_DEVICES')"
    await notebook.run("import os; os.environ['CUDA_VISIBLE_DEVICES'] = ''")
    assert await notebook.evaluate(devices) == "GPU-1"
    # The driver opens this file when it is initialised; a file of that name stands in for it.
    (tmp_path / "nvidia-uvm").touch()
    initialise = f"driver = open({str(tmp_path / 'nvidia-uvm')!r})"
    await notebook.run(initialise)
    assert await notebook.evaluate(devices) == "GPU-1"
    assert await notebook.evaluate(devices) == "GPU-1"


LOOKED = """
import sys, types
xla = sys.modules["jax._src.xla_bridge"] = types.ModuleType("xla_bridge")
xla._backends = {"cpu": 1}
"""


async def test_a_library_that_saw_no_gpu_is_named(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """A cell with a GPU is told of a library that looked before, and only then."""
    gpu = {"gpus": ["GPU-1"], "env": {"CUDA_VISIBLE_DEVICES": "GPU-1"}}
    scripted_sidecar.answer = granting({}, gpu, {}, {}, gpu, gpu)
    notebook = await start_kernel()
    for code, said in [
        ("pass", False),
        ("pass", False),
        (LOOKED, False),
        ("pass", False),
        ("pass", True),
        ("xla._backends['cuda'] = 1", True),
        ("pass", False),
    ]:
        message_id = notebook.submit(code)
        await notebook.reply(message_id)
        assert ("JAX looked for GPUs" in notebook.text(message_id)) is said


async def test_pools_follow_at_each_start(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[CPU3] Pools have the grant's size from a cell's start, and their own width without one."""
    full = len(os.sched_getaffinity(0))
    scripted_sidecar.answer = granting(
        {},
        {"threads": 1},
        {"threads": 1},
        {"threads": full},
        {},
        {"threads": 1},
        {"threads": 1},
        {},
    )
    notebook = await start_kernel()
    await notebook.run("import numpy, threadpoolctl")
    seen = [await notebook.evaluate(POOLS) for _ in range(4)]
    assert [set(it) for it in seen] == [{1}, {1}, {full}, {full}]
    # The user's own size, set under a grant, outlives it.
    await notebook.run("limits = threadpoolctl.threadpool_limits(5)")
    assert set(await notebook.evaluate(POOLS)) == {1}
    assert set(await notebook.evaluate(POOLS)) == {5}


@needs_two_cpus
async def test_a_mask_is_not_what_a_pool_grows_back_to(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[CPU3] A pool born under a grant has its full width back, also where a mask is narrow then."""
    first = str(min(os.sched_getaffinity(0)))
    one = {"affinity": first, "threads": 1}
    scripted_sidecar.answer = granting(one, one, {"affinity": first}, {})
    notebook = await start_kernel()
    await notebook.run("import numpy, threadpoolctl")
    seen = [set(await notebook.evaluate(POOLS)) for _ in range(3)]
    full = len(os.sched_getaffinity(0))
    assert seen == [{1}, {full}, {full}]


@needs_two_cpus
async def test_a_pool_born_under_a_narrow_mask_grows_with_it(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[CPU3] A share limits no threads, but a library counts the CPUs that it leaves at that moment."""
    full = len(os.sched_getaffinity(0))
    narrow = {"affinity": str(min(os.sched_getaffinity(0)))}
    scripted_sidecar.answer = granting(narrow, {})
    born_narrow, chosen = await start_kernel(), await start_kernel()
    await born_narrow.run(f"import numpy, threadpoolctl\nborn = {POOLS}")
    seen = [set(await born_narrow.evaluate(it)) for it in ("born", POOLS, POOLS)]
    assert seen == [{full}] * 3
    # A width that a cell chose is its own affair.
    scripted_sidecar.answer = granting(narrow, {})
    await chosen.run("import numpy, threadpoolctl\nlimits = threadpoolctl.threadpool_limits(5)")
    assert set(await chosen.evaluate(POOLS)) == {5}


async def test_masks_follow_a_changed_grant(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[CPU4] A running cell's mask follows its share, its pools do not."""
    whole = sorted(os.sched_getaffinity(0))
    one, other = ({"affinity": str(it), "threads": 1} for it in (whole[0], whole[-1]))
    scripted_sidecar.answer = granting({}, one, {})
    notebook = await start_kernel()
    before = masks_of(pid_of(notebook))
    await notebook.run("import os, time, threading")
    flag = str(tmp_path / "go")
    code = f"print('holding')\nwhile not os.path.exists({flag!r}): time.sleep(.01)"
    held = notebook.submit(code)
    await notebook.until_output(held, "holding")
    assert masks_of(pid_of(notebook)) == {one["affinity"]}
    claim = scripted_sidecar.wait_for("claim", 2)
    scripted_sidecar.send({"type": "changed", "id": claim["id"], "grant": other})
    scripted_sidecar.send({"type": "changed", "id": claim["id"], "grant": other})
    for _ in range(1000):
        if masks_of(pid_of(notebook)) == {other["affinity"]}:
            break
        await notebook.control("kernel_info_request")
    assert masks_of(pid_of(notebook)) == {other["affinity"]}
    release(Path(flag))
    await notebook.reply(held)
    assert masks_of(pid_of(notebook)) == before
