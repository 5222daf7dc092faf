"""Kernels of a measurement: starts some, and runs one cell in all of them at once.

Usage: ``kernels.py COUNT PROVISIONER PYTHON``, where ``PROVISIONER`` is ``cellgrant`` or ``plain``.
JSON lines: in come ``{"code": ..., "expression": ..., "cellId": ...}``, the id as a notebook sends
it, or null; out go ``{"seconds": ..., "values": [...]}``,
after a first line that tells the pids. Ends at the end of its input.
"""

from __future__ import annotations

import ast
import asyncio
import json
import sys
import time
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

READY_MAX_S = 120


def spec_of(provisioner: str, python: str) -> KernelSpec:
    """ipykernel, with a gate or without one."""
    metadata = {"kernel_provisioner": {"provisioner_name": provisioner}}
    return KernelSpec(
        argv=[python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Measured",
        language="python",
        metadata={} if provisioner == "plain" else metadata,
    )


class Kernel:
    """One kernel and its client."""

    async def start(self, provisioner: str, python: str) -> Kernel:
        """Start it and wait until it is ready."""
        self.manager = AsyncKernelManager()
        self.manager._kernel_spec = spec_of(provisioner, python)
        await self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        await self.client.wait_for_ready(timeout=READY_MAX_S)
        return self

    async def run(self, code: str, expression: str, cell_id: str | None) -> Any:
        """Run a cell; the value of an expression of literals after it."""
        metadata = {} if cell_id is None else {"cellId": cell_id}
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {"value": expression},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        sent = message["header"]["msg_id"]
        while True:
            reply = await self.client.get_shell_msg(timeout=None)
            if reply["parent_header"].get("msg_id") == sent:
                break
        content = reply["content"]
        if content["status"] != "ok":
            raise RuntimeError(f"{content['ename']}: {content['evalue']}")
        value = content["user_expressions"]["value"]
        return ast.literal_eval(value["data"]["text/plain"])

    async def stop(self) -> None:
        """End it."""
        self.client.stop_channels()
        await self.manager.shutdown_kernel(now=True)


async def main(count: int, provisioner: str, python: str) -> None:
    """Start, obey, stop."""
    kernels = [await Kernel().start(provisioner, python) for _ in range(count)]
    try:
        tell({"pids": [it.manager.provisioner.pid for it in kernels]})
        while line := await asyncio.to_thread(sys.stdin.readline):
            order = json.loads(line)
            began = time.perf_counter()
            cells = [it.run(order["code"], order["expression"], order["cellId"]) for it in kernels]
            values = await asyncio.gather(*cells)
            tell({"seconds": time.perf_counter() - began, "values": values})
    finally:
        for it in kernels:
            await it.stop()


def tell(answer: dict[str, Any]) -> None:
    """One line of output."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), *sys.argv[2:4]))
