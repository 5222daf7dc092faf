"""Starting kernels: what the launcher waits for, and what not."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jupyter_client.manager import AsyncKernelManager

from .conftest import ipykernel_spec
from .real_server import RealServer, eventually
from .real_sidecar import RealSidecar
from .scripted_sidecar import Message, ScriptedSidecar, grant_everything

# A Jupyter kernel in which no gate can be put: its command is no Python.
UNGATED_ARGV = ["env", sys.executable, "-c", "import time; time.sleep(60)", "{connection_file}"]


def hear_of_kernels_only(message: Message) -> list[Message | bytes]:
    """A sidecar that is told of kernels, and never answers that."""
    return [] if message["type"] == "register" else grant_everything(message)


async def test_a_gated_kernel_starts_without_waiting_to_be_confined(
    scripted_sidecar: ScriptedSidecar, caplog: pytest.LogCaptureFixture
) -> None:
    """[ENF1] Its first cell waits for the sidecar anyway; a start costs what it costs plain."""
    scripted_sidecar.answer = hear_of_kernels_only
    manager = AsyncKernelManager()
    manager._kernel_spec = ipykernel_spec()
    await manager.start_kernel()
    assert not manager.provisioner._registering.done()
    with caplog.at_level(logging.WARNING):
        await manager.shutdown_kernel(now=True)
    assert "is not confined: Cellgrant does not answer" in caplog.text
    kinds = [it["type"] for it in scripted_sidecar.heard if it["type"] != "hello"]
    assert kinds == ["prepare", "register", "ended"]


async def test_another_kernel_is_confined_before_anybody_reaches_it(
    scripted_sidecar: ScriptedSidecar,
) -> None:
    """[ENF1] Nobody else would keep its first cell waiting."""
    order: list[str] = []

    def answer(message: Message) -> list[Message | bytes]:
        order.append(message["type"])
        return grant_everything(message)

    scripted_sidecar.answer = answer
    manager = AsyncKernelManager()
    manager._kernel_spec = ipykernel_spec(argv=UNGATED_ARGV)
    await manager.start_kernel()
    order.append("started")
    await manager.shutdown_kernel(now=True)
    assert order == ["prepare", "register", "started", "ended"]


def test_a_kernel_is_known_by_its_first_cell() -> None:
    """[ENF1] Through the server, as a browser starts it."""
    server = RealServer()
    try:
        server.start()
        eventually(lambda: server.api("node").status == 200)
        notebook = {"path": "a.ipynb", "name": "a.ipynb", "type": "notebook", "kernel": {}}
        answer = server.ask("/api/sessions", "POST", json.dumps(notebook).encode())
        printed = server.run_cell(answer.body["kernel"]["id"], "import os; print(os.getpid())", {})
        [known] = server.api("holders").body
        assert (known["pid"], known["name"]) == (int(printed), "a.ipynb")
    finally:
        server.stop()


@pytest.fixture
def capped(start_sidecar: Callable[..., RealSidecar], tmp_path: Path) -> RealSidecar:
    """A sidecar whose users may have one kernel each."""
    file = tmp_path / "caps.yaml"
    file.write_text("userCaps: {kernels: 1}\n")
    return start_sidecar("--config", str(file))


def manager() -> AsyncKernelManager:
    """A manager of a kernel with a gate, which is not started yet."""
    made = AsyncKernelManager()
    made._kernel_spec = ipykernel_spec()
    return made


@pytest.mark.usefixtures("capped")
async def test_a_kernel_beyond_the_cap_is_not_started() -> None:
    """[CAP5] Of two that are started at once, one is; where one ends, another starts."""
    managers = [manager(), manager()]
    outcomes = await asyncio.gather(*(it.start_kernel() for it in managers), return_exceptions=True)
    [refused] = [it for it in outcomes if it is not None]
    assert re.search(r"may have no more than the 1 kernel there are now", str(refused))
    first, second = sorted(managers, key=lambda it: not it.has_kernel)
    assert not second.has_kernel
    await first.restart_kernel(now=True)
    await first.shutdown_kernel(now=True)
    third = manager()
    await third.start_kernel()
    await third.shutdown_kernel(now=True)


@pytest.mark.usefixtures("capped")
async def test_a_launch_that_fails_counts_no_longer() -> None:
    """[CAP5] It was counted as a kernel when it was announced."""
    broken = AsyncKernelManager()
    broken._kernel_spec = ipykernel_spec(argv=["/there/is/no/such/program", "{connection_file}"])
    with pytest.raises(FileNotFoundError):
        await broken.start_kernel()
    other = manager()
    await other.start_kernel()
    await other.shutdown_kernel(now=True)


async def test_a_kernel_starts_where_no_sidecar_counts(cellgrant_dir: Path) -> None:
    """[CAP5] Whatever a configuration caps."""
    for it in (manager(), manager()):
        await it.start_kernel()
        await it.shutdown_kernel(now=True)


def test_jupyter_says_why_a_kernel_is_not_started() -> None:
    """[CAP5] To whoever opened the notebook, as JupyterLab's dialog shows it."""
    server = RealServer()
    (server.home / "config" / "cellgrant.yaml").write_text("userCaps: {kernels: 1}\n")
    try:
        server.start()
        eventually(lambda: server.api("node").status == 200)
        answers = []
        for name in ("a.ipynb", "b.ipynb"):
            notebook = {"path": name, "name": name, "type": "notebook", "kernel": {}}
            answers.append(server.ask("/api/sessions", "POST", json.dumps(notebook).encode()))
        assert [it.status for it in answers] == [201, 500]
        assert answers[1].body["message"].startswith("No kernel was started: ")
        assert len(server.api("holders").body) == 1
        # Nor does it think, when it ends, that there is a kernel to shut down.
        server.end()
        assert "Kernel does not exist" not in server.log
    finally:
        server.stop()
