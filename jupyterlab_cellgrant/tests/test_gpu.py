"""GPUs on the whole path: kernels in a real Jupyter server with the real sidecar.

Each test runs twice. With ``stand-in`` on any machine: only nvidia-smi and the driver library are
stand-ins (server/testing/standin-gpu), which proves the path and this file. With ``real`` where
there is an NVIDIA GPU, on the driver's own answers; elsewhere that is a skip that says why.

``npm run test:gpu`` runs the real ones, ``npm run test:gpu -- --stand-in`` the others. Where there
is no npm: ``python -m pytest jupyterlab_cellgrant/tests/test_gpu.py -k real``. With ``--out DIR``
(or ``CELLGRANT_GPU_OUT=DIR``) the figures are kept in ``DIR/gpu.json``, and what nvidia-smi said
word for word beside it. A machine without network takes a folder that ``--pack DIR`` makes
elsewhere; ``DIR/run.sh`` says how.

Needed: Python 3.10 or newer with Cellgrant, jupyter_server, ipykernel, websocket-client, pytest and
pytest-asyncio, and Node 20 or newer; no CUDA package, though torch, cupy and jax are used if found.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .gpu_lab import MIB, GpuLab, has, why_no_gpu
from .gpu_libraries import CACHES, PROBES
from .real_server import eventually

OUT = Path(os.environ["CELLGRANT_GPU_OUT"]) if os.environ.get("CELLGRANT_GPU_OUT") else None

VISIBLE = "print(os.environ.get('CUDA_VISIBLE_DEVICES'))"
HOLD = "print(time.time())\nwhile not os.path.exists({flag!r}): time.sleep(.01)\nprint(time.time())"


WHY_NO_GPU = why_no_gpu()
MODES = ["stand-in"] if WHY_NO_GPU else ["stand-in", "real"]
# Libraries to try beside what is always there; only a real GPU is of use to them.
LIBRARIES = [] if WHY_NO_GPU else [it for it in ("torch", "cupy", "jax") if has(it)]


@pytest.fixture(scope="module", params=MODES)
def node(request: pytest.FixtureRequest) -> Iterator[GpuLab]:
    """The server of all tests in one mode; its figures are kept in the end."""
    lab = GpuLab(request.param).start()
    yield lab
    lab.stop()
    if OUT is not None:
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / "gpu.json").write_text(json.dumps(lab.figures, indent=2) + "\n")


@pytest.fixture
def lab(node: GpuLab) -> Iterator[GpuLab]:
    """The server for one test, with a GPU that nothing of ours is on."""
    yield node
    node.clear()


def must_suit(lab: GpuLab, library: str) -> None:
    """A stand-in is no GPU to a library."""
    if library in LIBRARIES and lab.mode == "stand-in":
        pytest.skip(f"{library} needs a real GPU")


@pytest.mark.skipif(WHY_NO_GPU is not None, reason=str(WHY_NO_GPU))
def test_there_is_a_real_gpu() -> None:
    """Where there is none, this skip says why the rest runs on stand-ins alone."""


def must_see_processes(lab: GpuLab, figure: str = "processSeenS") -> None:
    """Skip where the driver does not tell who uses a GPU, as in some sandboxes."""
    try:
        lab.timed(figure, lambda: lab.gpu["processes"], within_s=15)
    except AssertionError:
        lab.figures["seesProcesses"] = False
        pytest.skip("nvidia-smi tells no processes on this machine")
    lab.figures["seesProcesses"] = True


def test_finds_what_nvidia_smi_lists(lab: GpuLab) -> None:
    """[GPU6] GPUs, or their MIG slices, are known by UUID and have live figures."""
    if OUT is not None:
        OUT.mkdir(parents=True, exist_ok=True)
    lab.keep_capture(OUT, "idle")
    listed = lab.nvidia_smi("-L")
    uuids = re.findall(r"UUID: (MIG-[^)]+)", listed) or re.findall(r"UUID: (GPU-[^)]+)", listed)
    node = lab.server.api("node").body
    assert [it["uuid"] for it in node["gpus"]] == uuids
    gpu = eventually(lambda: lab.gpu if lab.gpu["temperatureC"] is not None else None)
    assert 0 < gpu["temperatureC"] < 120
    assert gpu["powerW"] is None or 0 < gpu["powerW"] < 2000
    driver = re.search(r"<driver_version>([^<]+)", lab.nvidia_smi("-q", "-x"))
    lab.figures["machine"] = {
        "gpus": [{name: it[name] for name in ("model", "memoryBytes")} for it in node["gpus"]],
        "driver": driver.group(1) if driver else None,
        "kernel": platform.release(),
        "cpus": node["cpus"],
        "memoryBytes": node["memoryBytes"],
        "python": platform.python_version(),
        "tier": node["tier"]["name"],
        "notices": node["notices"],
    }


def test_a_grant_names_its_gpu_and_binds(lab: GpuLab) -> None:
    """[GPU6] [GPU2] None is visible before the first grant; CUDA then sees the granted one."""
    notebook = lab.notebook("a.ipynb")
    assert notebook.run(VISIBLE) == ""
    assert notebook.run(VISIBLE, gpus=1) == lab.gpu["uuid"]
    assert notebook.run(VISIBLE) == ""
    seen = notebook.run("print(cuda.open().uuid(), cuda.count())", gpus=1).split()
    assert seen == [lab.gpu["uuid"].replace("MIG-", "GPU-"), "1"]
    # CUDA has read its variable: it says what CUDA sees, with a grant and without.
    assert notebook.run(VISIBLE) == lab.gpu["uuid"]
    assert notebook.view()["boundGpus"] == [lab.gpu["uuid"]]


def test_leases_are_exclusive(lab: GpuLab, tmp_path: Path) -> None:
    """[GPU1] A second cell that asks for the GPU starts after the first has ended."""
    first, second = lab.notebook("first.ipynb"), lab.notebook("second.ipynb")
    flag = tmp_path / "go"
    held = first.start(HOLD.format(flag=str(flag)), gpus=1)
    eventually(lambda: first.claim("running"))
    queued = second.start("print(time.time())", gpus=1)
    waiting = eventually(lambda: second.claim("waiting"))
    assert waiting["reason"]["sentence"] == "for 1 GPU; GPU 0 held by first.ipynb"
    assert lab.gpu["leasedTo"] == [first.kernel_id]
    flag.touch()
    ended = float(held.result(60).split()[1])
    began = float(queued.result(60))
    assert began >= ended
    lab.figures["handoverS"] = round(began - ended, 4)


def test_parts_are_shared(lab: GpuLab, tmp_path: Path) -> None:
    """[GPU1] Cells that name parts of the GPU's memory run at once while the parts fit."""
    notebooks = [lab.notebook("a.ipynb"), lab.notebook("b.ipynb"), lab.notebook("c.ipynb")]
    flag = tmp_path / "go"
    code = HOLD.format(flag=str(flag))
    running = [it.start(code, gpus=1, gpuMemory=lab.part(0.4)) for it in notebooks[:2]]
    eventually(lambda: all(it.claim("running") for it in notebooks[:2]))
    queued = notebooks[2].start("print('ran')", gpus=1, gpuMemory=lab.part(0.4))
    eventually(lambda: notebooks[2].claim("waiting"))
    assert set(lab.gpu["leasedTo"]) == {it.kernel_id for it in notebooks[:2]}
    flag.touch()
    assert [it.result(60) for it in running]
    assert queued.result(60) == "ran"


def test_resident_memory_is_measured(lab: GpuLab) -> None:
    """[GPU3] What a kernel keeps after its cell is known, and shown as kept without a lease."""
    notebook = lab.notebook("keeper.ipynb")
    notebook.run("cuda.open(); cuda.allocate(2048)", gpus=1)
    must_see_processes(lab, "residentSeenS")
    own = {"holderId": notebook.kernel_id, "leased": False}
    process = eventually(lambda: lab.process(**own))
    assert process["owner"] == getpass.getuser()
    assert 2048 * MIB <= process["memoryBytes"] < 4096 * MIB
    view = eventually(lambda: notebook.view() if notebook.view()["gpuMemoryBytes"] else None)
    assert view["gpuMemoryBytes"] == process["memoryBytes"]
    lab.figures["contextMiB"] = process["memoryBytes"] // MIB - 2048
    lab.keep_capture(OUT, "resident")
    notebook.run("cuda.free_all()", gpus=1)

    def is_freed() -> bool:
        process = lab.process(**own)
        return process is not None and process["memoryBytes"] < 2048 * MIB

    lab.timed("freedSeenS", is_freed)


def test_a_stranger_is_flagged(lab: GpuLab) -> None:
    """[GPU4] A process that nobody granted anything is shown with its pid and its owner."""
    stranger = lab.stranger(
        "cuda.open(); cuda.allocate(1024); print('holds', flush=True); sys.stdin.read()"
    )
    try:
        assert stranger.stdout is not None
        assert stranger.stdout.readline().strip() == "holds"
        must_see_processes(lab, "strangerSeenS")
        process = eventually(lambda: lab.process(pid=stranger.pid))
        assert (process["holderId"], process["leased"]) == (None, False)
        assert process["owner"] == getpass.getuser()
        assert process["memoryBytes"] >= 1024 * MIB
    finally:
        stranger.communicate(timeout=60)
    eventually(lambda: not lab.process(pid=stranger.pid))


@pytest.mark.parametrize("library", [it for it in CACHES if it in ("own", *LIBRARIES)])
def test_idle_memory_is_freed_when_asked(lab: GpuLab, library: str) -> None:
    """[GPU5] A kernel that caches what a waiting cell needs gives it back and keeps its state."""
    must_suit(lab, library)
    keeper, waiter = lab.notebook("keeper.ipynb"), lab.notebook("waiter.ipynb")
    said = keeper.run(CACHES[library].format(mib=lab.mib(0.5)) + "print('cached')", gpus=1)
    assert said.endswith("cached"), said
    must_see_processes(lab)
    large = lab.mib(0.5) * MIB
    cached = eventually(
        lambda: next((it for it in lab.gpu["processes"] if it["memoryBytes"] >= large), None)
    )
    before = time.monotonic()
    assert waiter.run("print('ran')", gpus=1, gpuMemory=lab.part(0.7)) == "ran"
    took = round(time.monotonic() - before, 3)
    left = eventually(lambda: lab.process(holderId=keeper.kernel_id))
    assert left["memoryBytes"] < cached["memoryBytes"] - large // 2
    assert keeper.run("print(state())", gpus=1) == "True"
    story = lab.server.api(f"claims/{waiter.claim('done')['id']}").body["story"]
    assert "keeper.ipynb was asked to free GPU memory." in [it["sentence"] for it in story]
    lab.figures.setdefault("free", {})[library] = {
        "askedToGrantedS": took,
        "cachedMiB": cached["memoryBytes"] // MIB,
        "leftMiB": left["memoryBytes"] // MIB,
    }


def test_a_restart_gives_the_rest_back(lab: GpuLab) -> None:
    """[GPU5] What is in use stays, until the owner restarts the kernel for who waits."""
    keeper, waiter = lab.notebook("keeper.ipynb"), lab.notebook("waiter.ipynb")
    keeper.run(f"cuda.open(); cuda.allocate({lab.mib(0.5)})", gpus=1)
    must_see_processes(lab)
    queued = waiter.start("print('ran')", gpus=1, gpuMemory=lab.part(0.7))
    waiting = eventually(lambda: waiter.claim("waiting"))
    (blocker,) = waiting["reason"]["blockers"]
    assert (blocker["holderName"], blocker["claimId"]) == ("keeper.ipynb", None)
    assert blocker["keepsGpuBytes"] >= lab.mib(0.5) * MIB
    eventually(lambda: keeper.view()["askedToFreeMs"])
    path = f"holders/{keeper.kernel_id}/restart-request"
    body = json.dumps({"claim": waiting["id"]}).encode()
    assert lab.server.api(path, "PUT", body).status == 204
    assert eventually(lambda: keeper.view()["restartRequest"])["claimId"] == waiting["id"]
    assert waiter.claim("waiting"), "nothing is restarted without its owner"
    keeper.restart()
    lab.timed("restartToGrantedS", queued.done)
    assert queued.result() == "ran"
    assert keeper.run("print('cuda' in globals())") == "False"


@pytest.mark.parametrize("library", [it for it in PROBES if it in ("driver", *LIBRARIES)])
def test_a_probe_before_the_first_grant(lab: GpuLab, library: str) -> None:
    """torch may look for GPUs before it is granted one; what others do then is recorded."""
    must_suit(lab, library)
    probe, use = PROBES[library]
    probed = lab.notebook("probed.ipynb")
    before, after = probed.attempt(probe), probed.attempt(use, gpus=1)
    # Where a library looks but once, the cell is told so; whether the gate knew is recorded, too.
    fresh = lab.notebook("fresh.ipynb")
    fresh.run(probe.partition("; ")[0] if "; " in probe else "pass", gpus=1)
    lab.figures.setdefault("probe", {})[library] = {
        "before": before.splitlines()[-1],
        "afterGrant": after.splitlines()[-1],
        "isTold": "looked for GPUs" in after,
        "withoutProbe": fresh.run(use, gpus=1).splitlines()[-1],
        "takesMiB": (lab.process(holderId=fresh.kernel_id) or {}).get("memoryBytes", 0) // MIB,
    }
    if library == "torch":
        assert before.startswith("False")
        assert after == "3"
    # JAX would take most of a GPU at its first operation if it were not told otherwise.
    assert lab.figures["probe"][library]["takesMiB"] < lab.mib(0.2)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))
