"""Starts kernels with a gate, and registers them with the sidecar."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import secrets
from pathlib import PurePath
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from .client.holder import Holder
from .client.variables import CUDA_DEVICES
from .client.wire import TOKEN_ENV
from .command import gated_command
from .paths import runtime_dir
from .sidecar_line import NOTEBOOK_ENV, SidecarLine


class CellgrantProvisioner(LocalProvisioner):
    """A local kernel whose cells request grants, and whose process tree is confined.

    Selected by the name ``cellgrant``: by the server extension, by
    ``JUPYTER_DEFAULT_PROVISIONER_NAME`` or in a kernelspec. Without a sidecar it
    does what the local provisioner does. Raises RuntimeError, with a sentence for people,
    if no more kernels may be started.
    """

    # Identifies this kernel to the sidecar, across its restarts (SEC6).
    _token: str | None = None
    _is_gated = False
    _name = ""
    _notebook: str | None = None
    _registering: asyncio.Future[None] | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare the command and the environment."""
        kwargs = await super().pre_launch(**kwargs)
        env = kwargs["env"] = dict(kwargs.get("env") or os.environ)
        self._call_after(env.get(NOTEBOOK_ENV))
        self._token = self._token or secrets.token_hex(16)
        answer = await self._say("prepare", "launch", notebook=self._notebook).answer()
        if (answer or {}).get("code") == "KERNELS_CAPPED":
            # Jupyter reports the exception to whoever asked for the kernel.
            self._leave_pending()
            raise RuntimeError(answer["message"])
        for name, value in ((answer or {}).get("env") or {}).items():
            # The server's own GPUs are what the sidecar hands out, not a request of this kernel.
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
        """Start the kernel; it is confined before its first cell (ENF1).

        A kernel with a gate waits for the sidecar itself; any other kernel is
        confined before anyone can reach it.
        """
        try:
            connection_info = await super().launch_kernel(cmd, **kwargs)
        except Exception:
            await self._say("ended", "gone").answer()
            raise
        registered = self._register()
        if self._is_gated:
            self._registering = asyncio.ensure_future(self._look_at(registered))
        else:
            await self._look_at(registered)
        return connection_info

    async def rename(self, notebook: str | None) -> None:
        """The notebook has this path now; its kernel keeps running."""
        if notebook and notebook != self._notebook and self.has_process:
            self._call_after(notebook)
            await self.introduce()

    async def introduce(self) -> None:
        """Register this kernel with the sidecar that serves us now."""
        if self.has_process:
            await self._register().answer()

    async def cleanup(self, restart: bool = False) -> None:
        """The kernel has ended; the sidecar takes back what it held, and may know why (MEM3)."""
        registering, self._registering = self._registering, None
        if registering and registering.get_loop() is asyncio.get_running_loop():
            await registering
        answer = await self._say("ended", "gone").answer()
        if why := (answer or {}).get("message"):
            self.log.error("Kernel %s (%s): %s", self.kernel_id, self._name, why)
        await super().cleanup(restart=restart)

    def _leave_pending(self) -> None:
        """Jupyter keeps a kernel that did not start as pending, and then cannot end its server."""
        pending = getattr(getattr(self.parent, "parent", None), "_pending_kernels", {})
        pending.pop(self.kernel_id, None)

    def _call_after(self, notebook: str | None) -> None:
        self._notebook = notebook or None
        self._name = PurePath(notebook or "").name or self.kernel_spec.display_name

    def _register(self) -> SidecarLine:
        holder = Holder("kernel", self.kernel_id, self._name, self.pid)
        holder.notebook, holder.token = self._notebook, self._token
        return self._say("register", "registered", **holder.facts())

    def _say(self, message_type: str, answer_type: str, **more: Any) -> SidecarLine:
        who = {"holderId": self.kernel_id, "token": self._token}
        return SidecarLine({"type": message_type, **who, **more}, answer_type)

    async def _look_at(self, registered: SidecarLine) -> None:
        answer = await registered.answer()
        if answer is None or answer.get("type") == "problem":
            why = (answer or {}).get("message", "Cellgrant does not answer")
            self.log.warning("Kernel %s is not confined: %s", self.kernel_id, why)

    def _describe_gate(self, env: dict[str, str]) -> None:
        """Set what the gate reads; a kernel started from a kernel inherits the other's values."""
        env["CELLGRANT_DIR"] = str(runtime_dir())
        env["CELLGRANT_KERNEL_ID"] = self.kernel_id
        env["CELLGRANT_KERNEL_NAME"] = self._name
        env[TOKEN_ENV] = str(self._token)
        spec = importlib.util.find_spec("threadpoolctl")
        if spec is not None and spec.origin:
            env["CELLGRANT_THREADPOOLCTL"] = spec.origin
