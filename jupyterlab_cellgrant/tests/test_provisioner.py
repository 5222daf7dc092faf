"""Starting kernels: what the launcher waits for, and what not."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from jupyter_client.manager import AsyncKernelManager

from .conftest import ipykernel_spec
from .real_server import RealServer, eventually
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
