"""Starts kernels with a gate, and tells the sidecar of them."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
from pathlib import PurePath
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from .command import gated_command
from .gate.peer import check_peer
from .gate.variables import CUDA_DEVICES
from .gate.wire import LINE_BYTES_MAX, encode, process_facts
from .paths import GATE_SOCKET, runtime_dir

ANSWER_MAX_S = 2.0

# Where Jupyter tells a kernel which notebook it is started for: a path.
NOTEBOOK_ENV = "JPY_SESSION_NAME"


async def tell_sidecar(
    message: dict[str, Any], answer_type: str | None = None
) -> dict[str, Any] | None:
    """Send one message to the sidecar and return its answer.

    #### Notes
    None where there is no sidecar, none that answers within ``ANSWER_MAX_S``, or
    no answer of that type; ``answer_type`` None waits for none. Never raises:
    a kernel starts and ends whatever the sidecar does.
    """
    if not hasattr(asyncio, "open_unix_connection"):
        return None
    try:
        return await asyncio.wait_for(_exchange(message, answer_type), ANSWER_MAX_S)
    except (OSError, ValueError, asyncio.TimeoutError):
        return None


async def _exchange(message: dict[str, Any], answer_type: str | None) -> dict[str, Any] | None:
    path = runtime_dir() / GATE_SOCKET
    reader, writer = await asyncio.open_unix_connection(path, limit=LINE_BYTES_MAX)
    try:
        check_peer(writer.get_extra_info("socket"))
        writer.write(encode(message))
        await writer.drain()
        while answer_type is not None:
            line = await reader.readline()
            if not line:
                return None
            answer = json.loads(line)
            if answer.get("type") in (answer_type, "problem"):
                return answer
        return None
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class CellgrantProvisioner(LocalProvisioner):
    """A local kernel whose cells ask for grants, and whose process tree is confined.

    Selected by the name ``cellgrant``: by the server extension, by
    ``JUPYTER_DEFAULT_PROVISIONER_NAME`` or in a kernelspec. Without a sidecar it
    does what the local provisioner does.
    """

    _is_gated = False
    _name = ""
    _notebook: str | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare the command and the environment."""
        kwargs = await super().pre_launch(**kwargs)
        env = kwargs["env"] = dict(kwargs.get("env") or os.environ)
        self._call_after(env.get(NOTEBOOK_ENV))
        answer = await tell_sidecar({"type": "prepare", "kernelId": self.kernel_id}, "launch")
        for name, value in ((answer or {}).get("env") or {}).items():
            # The server's own GPUs are what the sidecar hands out, not a wish for this kernel.
            if name == CUDA_DEVICES and env.get(name) == os.environ.get(name):
                env[name] = value
            env.setdefault(name, value)
        self._describe_gate(env)
        is_templated = any("{connection_file}" in word for word in self.kernel_spec.argv)
        command = gated_command(kwargs["cmd"], is_templated, env)
        self._is_gated = command is not None
        kwargs["cmd"] = command or kwargs["cmd"]
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel; it is confined before anybody can reach it (ENF1)."""
        connection_info = await super().launch_kernel(cmd, **kwargs)
        answer = await self._register()
        if answer is None or answer.get("type") == "problem":
            why = (answer or {}).get("message", "Cellgrant does not answer")
            self.log.warning("Kernel %s is not confined: %s", self.kernel_id, why)
        return connection_info

    async def rename(self, notebook: str | None) -> None:
        """The notebook has this path now, and its kernel runs on."""
        if notebook and notebook != self._notebook and self.has_process:
            self._call_after(notebook)
            await self._register()

    async def cleanup(self, restart: bool = False) -> None:
        """The kernel has ended; the sidecar takes back what it held, and may know why (MEM3)."""
        answer = await tell_sidecar({"type": "ended", "kernelId": self.kernel_id}, "gone")
        if why := (answer or {}).get("message"):
            self.log.error("Kernel %s (%s): %s", self.kernel_id, self._name, why)
        await super().cleanup(restart=restart)

    def _call_after(self, notebook: str | None) -> None:
        self._notebook = notebook or None
        self._name = PurePath(notebook or "").name or self.kernel_spec.display_name

    async def _register(self) -> dict[str, Any] | None:
        facts = process_facts(self.kernel_id, self._name, self.pid, self._is_gated)
        message = {"type": "register", **facts, "notebook": self._notebook}
        return await tell_sidecar(message, "registered")

    def _describe_gate(self, env: dict[str, str]) -> None:
        """Set what the gate reads; a kernel started from a kernel inherits another's."""
        env["CELLGRANT_DIR"] = str(runtime_dir())
        env["CELLGRANT_KERNEL_ID"] = self.kernel_id
        env["CELLGRANT_KERNEL_NAME"] = self._name
        spec = importlib.util.find_spec("threadpoolctl")
        if spec is not None and spec.origin:
            env["CELLGRANT_THREADPOOLCTL"] = spec.origin
