"""Two Jupyter servers of one user, whose directories are two."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from ..settings import Cellgrant
from ..supervisor import Supervisor
from .conftest import StartKernel
from .real_server import RealServer, eventually
from .real_sidecar import RealSidecar


def test_a_second_server_uses_the_sidecar_of_the_first() -> None:
    """[ENF11] Its kernels are told there, and it goes on with a sidecar of its own in that place."""
    env = {"CELLGRANT_SCOPE": os.urandom(8).hex()}
    first, second = RealServer(env=env), RealServer(env=env)
    try:
        first.start()
        eventually(first.sidecar_pid)
        second.start()
        eventually(lambda: second.api("node").status == 200)
        assert second.sidecar_pid() is None
        assert f"Cellgrant uses {first.sidecar_dir}" in second.log
        notebook = {"path": "a.ipynb", "name": "a.ipynb", "type": "notebook", "kernel": {}}
        answer = second.ask("/api/sessions", "POST", json.dumps(notebook).encode())
        kernel = answer.body["kernel"]["id"]
        assert second.run_cell(kernel, "print(6 * 7)", {}).strip() == "42"
        [known] = first.api("holders").body
        assert (known["id"], known["gated"]) == (kernel, True)
        first.end()
        eventually(second.sidecar_pid)

        def kernels() -> list[str]:
            answer = second.api("holders")
            return [it["id"] for it in answer.body if it["gated"]] if answer.status == 200 else []

        assert eventually(kernels) == [kernel]
    finally:
        second.stop()
        first.stop()


@pytest.mark.parametrize("has_had_one", [False, True])
async def test_kernels_that_started_before_their_server_moved_are_gated_too(
    start_kernel: StartKernel, cellgrant_dir: Path, has_had_one: bool
) -> None:
    """[ENF11] They were told the directory that was named, and know no other; also where a sidecar
    served it and was killed, and another one of this user was faster than its successor."""
    before = RealSidecar(cellgrant_dir, "--tier", "none")
    if has_had_one:
        before.start()
    early = await start_kernel()
    if has_had_one:
        before.kill()
    elsewhere = Path(tempfile.mkdtemp(prefix="cg-"))
    used = RealSidecar(elsewhere, "--tier", "none").start()
    supervisor = Supervisor(cellgrant_dir, Cellgrant(tier="none"), log=logging.getLogger("test"))
    running = asyncio.create_task(supervisor.run())
    try:
        await asyncio.to_thread(used.wait_for, lambda it: any(k["gated"] for k in it["holders"]))
        assert await early.evaluate("6 * 7") == 42
        reply = await early.run("6 * 7", {"memory": "999999 GiB"})
        assert reply["status"] == "error"  # it was asked for, and refused
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await supervisor.stop()
        used.close()
        shutil.rmtree(elsewhere)
