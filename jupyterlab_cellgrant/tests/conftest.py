"""Fixtures: sidecars in directories of their own, and kernels that pass their gate."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from ..sidecar_process import take_lock
from .command_line import CELLGRANT, Start
from .notebook_client import NotebookClient
from .real_server import RealServer, eventually
from .real_sidecar import RealSidecar
from .real_system import RealSystem
from .scripted_sidecar import ScriptedSidecar

ROOT = Path(__file__).parent.parent.parent

StartKernel = Callable[..., Awaitable[NotebookClient]]

SLOWEST_FIRST = (
    *("test_wheel", "test_extension", "test_hub_node", "test_like_plain"),
    "test_gate_environments",
)
"""Files that nothing should wait for in the end, where several are run at a time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first, and the others in their order."""
    items.sort(key=lambda it: it.path.stem not in SLOWEST_FIRST)


@pytest.fixture(autouse=True)
def a_node_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sidecars of tests that run beside each other are not to know of each other (ENF11), nor of
    the system's (SYS6)."""
    monkeypatch.setenv("CELLGRANT_SCOPE", os.urandom(8).hex())
    monkeypatch.setenv("CELLGRANT_SYSTEM_DIR", "")


@pytest.fixture
def cellgrant_dir(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short directory for the sockets, which this process and its children will use."""
    directory = Path(tempfile.mkdtemp(prefix="cg-"))
    monkeypatch.setenv("CELLGRANT_DIR", str(directory))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def start_sidecar(cellgrant_dir: Path) -> Iterator[Callable[..., RealSidecar]]:
    """Starts real sidecars with options; each is stopped in the end."""
    started: list[RealSidecar] = []

    def start(*options: str) -> RealSidecar:
        started.append(RealSidecar(cellgrant_dir, *options))
        return started[-1].start()

    yield start
    for sidecar in started:
        sidecar.close()


@pytest.fixture
def sidecar(start_sidecar: Callable[..., RealSidecar]) -> RealSidecar:
    """A real sidecar that hands out 4 GiB, so that a few claims for memory make a queue."""
    return start_sidecar("--memory", "4 GiB")


@pytest.fixture
def locked_sidecar(sidecar: RealSidecar) -> Iterator[RealSidecar]:
    """One with the lock of those that are started in earnest, so that `cellgrant run` brings none."""
    lock = take_lock(sidecar.directory)
    yield sidecar
    os.close(lock)


@pytest.fixture
def start(locked_sidecar: RealSidecar) -> Iterator[Start]:
    """Starts `cellgrant` with pipes; what is left in the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def run(*words: str) -> subprocess.Popen[str]:
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        started.append(subprocess.Popen([*CELLGRANT, *words], **pipes, text=True))
        return started[-1]

    yield run
    for it in started:
        it.kill()
        it.wait()
        for pipe in (it.stdin, it.stdout, it.stderr):
            pipe.close()


@pytest.fixture(scope="module")
def server() -> Iterator[RealServer]:
    """One server for the tests of a file that leave it as it was; its sidecar answers."""
    it = RealServer().start()
    eventually(lambda: it.api("node").status == 200)
    yield it
    it.stop()


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[RealSystem]:
    """A sidecar of the system that hands out 4 GiB, and is looked for; a test starts it."""
    it = RealSystem("--memory", "4 GiB")
    monkeypatch.setenv("CELLGRANT_SYSTEM_DIR", str(it.run_dir))
    yield it
    it.close()


@pytest.fixture
def scripted_sidecar(cellgrant_dir: Path) -> Iterator[ScriptedSidecar]:
    """A peer that does what a test tells it."""
    peer = ScriptedSidecar(cellgrant_dir)
    yield peer
    peer.close()


def ipykernel_spec(python: str = sys.executable, **fields: object) -> KernelSpec:
    """A kernelspec for ipykernel; ``provisioner=None`` for a plain kernel."""
    provisioner = fields.pop("provisioner", "cellgrant")
    argv = fields.pop("argv", [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"])
    metadata = {"kernel_provisioner": {"provisioner_name": provisioner}} if provisioner else {}
    return KernelSpec(
        argv=argv, display_name="Test", language="python", metadata=metadata, **fields
    )


@pytest.fixture
async def start_kernel(cellgrant_dir: Path, tmp_path: Path) -> AsyncIterator[StartKernel]:
    """Starts kernels, by default gated ones; each is shut down in the end."""
    started: list[NotebookClient] = []

    async def start(spec: KernelSpec | None = None, **options: object) -> NotebookClient:
        options["cwd"] = str(options.get("cwd", tmp_path))
        for _ in range(2):
            manager = AsyncKernelManager()
            manager._kernel_spec = spec or ipykernel_spec()
            await manager.start_kernel(**options)
            started.append(NotebookClient(manager))
            try:
                return await started[-1].open()
            except RuntimeError:
                # jupyter_client chooses ports that others may have by the time a kernel takes them,
                # as tests beside this one do: then the kernel ends before it says anything.
                if await manager.is_alive():
                    raise
        raise RuntimeError("the kernel ended before it said anything, twice")

    yield start
    for notebook in started:
        await notebook.close()
        await notebook.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="session")
def make_venv() -> Callable[..., str]:
    """Makes a virtual environment with these requirements, or finds the one made before; returns
    its Python."""

    def make(name: str, *requirements: str) -> str:
        directory = ROOT / ".cache" / "venvs" / f"{name}-{sys.version_info[0]}{sys.version_info[1]}"
        python = directory / "bin" / "python"
        done = directory / "complete"
        directory.mkdir(parents=True, exist_ok=True)
        with directory.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # files that run beside each other want the same one
            if not done.exists():
                subprocess.run([sys.executable, "-m", "venv", "--clear", directory], check=True)
                install = [python, "-m", "pip", "install", "--quiet", *requirements]
                subprocess.run(install, check=True)
                done.touch()
        return str(python)

    return make


@pytest.fixture(scope="session")
def libraries() -> str:
    """The Python of an environment with the libraries that count CPUs; `npm test` makes it."""
    python = ROOT / ".venv-libraries" / "bin" / "python"
    if not python.exists():
        pytest.skip("there is no .venv-libraries here; `npm test` makes it")
    return str(python)


@pytest.fixture
def cpus() -> list[int]:
    """Two CPUs of this machine."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        pytest.skip("a pool of two threads cannot lose a CPU where there is one")
    return usable[:2]
