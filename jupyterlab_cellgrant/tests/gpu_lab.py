"""A real Jupyter server on a node with GPUs, real or stand-ins, as the GPU tests need it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .real_server import RealServer, eventually

TESTS = Path(__file__).parent
STANDIN_GPU = TESTS.parent.parent / "server" / "testing" / "standin-gpu"
MIB = 1024**2
# A library of CUDA code may take a minute to load from a cold disk.
CELL_MAX_S = 180

SETUP = f"""
import os, sys, time
sys.path.insert(0, {str(TESTS)!r})
from cuda_driver import Cuda
cuda = Cuda()
"""

# What is asked of nvidia-smi for the record, beside its log.
CAPTURES = [
    ["-L"],
    [
        "--query-gpu=index,uuid,name,driver_version,memory.total,memory.reserved,memory.used,"
        "utilization.gpu,temperature.gpu,power.draw,mig.mode.current,persistence_mode",
        "--format=csv",
    ],
    ["--query-compute-apps=gpu_uuid,pid,process_name,used_memory", "--format=csv"],
    [],
]


def why_no_gpu() -> str | None:
    """Why the true path cannot be taken on this machine; None where it can."""
    if shutil.which("nvidia-smi") is None:
        return "needs an NVIDIA GPU: there is no nvidia-smi on the PATH"
    listed = subprocess.run(["nvidia-smi", "-L"], check=False, capture_output=True, text=True)
    if not re.search(r"^GPU \d+:", listed.stdout, re.MULTILINE):
        said = (listed.stdout + listed.stderr).strip().splitlines() or ["nothing"]
        return f"needs an NVIDIA GPU: nvidia-smi -L says {said[0]}"
    try:
        import ctypes

        ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        return f"needs an NVIDIA GPU: {error}"
    return None


def has(library: str) -> bool:
    """Whether kernels can import a library: they run this very Python."""
    return importlib.util.find_spec(library) is not None


class Notebook:
    """A kernel of the lab that runs cells as JupyterLab has it do."""

    def __init__(self, lab: GpuLab, name: str) -> None:
        self._lab = lab
        body = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        answer = lab.server.ask("/api/sessions", "POST", json.dumps(body).encode())
        assert answer.status == 201, answer
        self._session = answer.body["id"]
        self.name = name
        self.kernel_id: str = answer.body["kernel"]["id"]
        self.run(SETUP)

    def run(self, code: str, **hints: Any) -> str:
        """What a cell with these hints prints; AssertionError where it fails."""
        said = self.attempt(code, **hints)
        assert not re.search(r"^\w*Error: ", said, re.MULTILINE), said
        return said

    def attempt(self, code: str, **hints: Any) -> str:
        """The same, with the error of a cell that fails as its last line."""
        metadata = {"cellgrant": hints} if hints else {}
        return self._lab.server.run_cell(self.kernel_id, code, metadata, CELL_MAX_S).strip()

    def start(self, code: str, **hints: Any) -> Future[str]:
        """The same, without waiting for its end."""
        return self._lab.threads.submit(self.run, code, **hints)

    def restart(self) -> None:
        """As Jupyter restarts it when its owner says so."""
        answer = self._lab.server.ask(f"/api/kernels/{self.kernel_id}/restart", "POST", b"")
        assert answer.status == 200, answer

    def view(self) -> dict[str, Any]:
        """The sidecar's view of it."""
        return next(it for it in self._lab.server.api("holders").body if it["id"] == self.kernel_id)

    def claim(self, state: str) -> dict[str, Any] | None:
        """Its first claim in this state."""
        claims = self._lab.server.api("claims").body
        own = (it for it in claims if it["holderId"] == self.kernel_id and it["state"] == state)
        return next(own, None)

    def close(self) -> None:
        self._lab.server.ask(f"/api/sessions/{self._session}", "DELETE")


class GpuLab:
    """The server, the notebooks of one test, and the figures of all of them."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.figures: dict[str, Any] = {"mode": mode}
        self.threads = ThreadPoolExecutor(8)
        self._contexts: str | None = None
        self.env: dict[str, str] = {}
        if mode == "stand-in":
            self._contexts = tempfile.mkdtemp(prefix="cg-gpu-")
            self.env = {
                "PATH": f"{STANDIN_GPU}{os.pathsep}{os.environ['PATH']}",
                "STANDIN_LOG": "h200",
                "STANDIN_INTERVAL": "0.3",
                "STANDIN_CONTEXTS": self._contexts,
                "STANDIN_GPU": str(STANDIN_GPU),
            }
        config = "c.ServerApp.jpserver_extensions = {'jupyterlab_cellgrant': True}\n"
        self.server = RealServer(config=config, env=self.env)
        self._notebooks: list[Notebook] = []

    def start(self) -> GpuLab:
        self.server.start()
        eventually(lambda: self.server.api("node").status == 200)
        return self

    @property
    def gpu(self) -> dict[str, Any]:
        """The sidecar's view of the first GPU."""
        return self.server.api("node").body["gpus"][0]

    def process(self, **fields: Any) -> dict[str, Any] | None:
        """The first process on the GPU with these fields."""
        return next((it for it in self.gpu["processes"] if fields.items() <= it.items()), None)

    def notebook(self, name: str) -> Notebook:
        self._notebooks.append(Notebook(self, name))
        return self._notebooks[-1]

    def part(self, share: float) -> str:
        """A share of the GPU's memory as a hint."""
        return f"{self.gpu['memoryBytes'] * share / MIB:.0f} MiB"

    def mib(self, share: float) -> int:
        return int(self.gpu["memoryBytes"] * share / MIB)

    def stranger(self, code: str) -> subprocess.Popen[str]:
        """A process of this user that no kernel started."""
        return subprocess.Popen(
            [sys.executable, "-c", SETUP + code],
            env={**os.environ, **self.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def nvidia_smi(self, *args: str) -> str:
        env = {**os.environ, **self.env}
        command = shutil.which("nvidia-smi", path=env["PATH"]) or "nvidia-smi"
        ran = subprocess.run([command, *args], check=False, env=env, capture_output=True, text=True)
        return ran.stdout + ran.stderr

    def timed(self, name: str, condition: Callable[[], Any], within_s: float = 60) -> Any:
        """Wait for something, and note among the figures how long that took, in s."""
        began = time.monotonic()
        answer = eventually(condition, within_s)
        self.figures[name] = round(time.monotonic() - began, 3)
        return answer

    def clear(self) -> None:
        """End the notebooks of a test, and see that nothing of them stays on the GPU."""
        ids = {it.kernel_id for it in self._notebooks}
        for notebook in self._notebooks:
            notebook.close()
        self._notebooks = []
        eventually(lambda: not any(it["holderId"] in ids for it in self.gpu["processes"]))

    def keep_capture(self, folder: Path | None, moment: str) -> None:
        """Keep what nvidia-smi says now, word for word."""
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{moment}.xml").write_text(self.nvidia_smi("-q", "-x"))
            said = [f"$ nvidia-smi {' '.join(it)}\n{self.nvidia_smi(*it)}" for it in CAPTURES]
            (folder / f"{moment}.txt").write_text("\n".join(said))

    def stop(self) -> None:
        self.server.stop()
        self.threads.shutdown()
        if self._contexts is not None:
            shutil.rmtree(self._contexts)
