"""Reports running kernels to the sidecar: those renamed, or all of them to a new sidecar."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from .provisioner import NOTEBOOK_ENV, CellgrantProvisioner


def follow_renames(manager: Any) -> Callable[[], None]:
    """Watch the kernels of a server's kernel manager; returns the undo.

    Jupyter notifies only the kernel manager, which records it in the
    environment for the next start (jupyter_client 8.5 and later).
    """
    original = getattr(manager, "update_env", None)
    if original is None:
        return lambda: None
    tasks: set[asyncio.Task[None]] = set()

    def update_env(*, kernel_id: str, env: dict[str, str]) -> None:
        original(kernel_id=kernel_id, env=env)
        if provisioner := _provisioner_of(manager, kernel_id):
            task = asyncio.ensure_future(provisioner.rename(env.get(NOTEBOOK_ENV)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    manager.update_env = update_env

    def undo() -> None:
        del manager.update_env

    return undo


async def introduce(manager: Any) -> None:
    """Register each kernel with a sidecar that replaced another: for one without a gate nobody else
    does (SYS7)."""
    for kernel_id in manager.list_kernel_ids():
        if provisioner := _provisioner_of(manager, kernel_id):
            await provisioner.introduce()


def gated_kernels(manager: Any) -> dict[str, Any]:
    """The kernels of a server that Cellgrant started, by id."""
    ids = manager.list_kernel_ids()
    return {it: manager.get_kernel(it) for it in ids if _provisioner_of(manager, it)}


def _provisioner_of(manager: Any, kernel_id: str) -> CellgrantProvisioner | None:
    kernel = manager.get_kernel(kernel_id) if kernel_id in manager else None
    provisioner = getattr(kernel, "provisioner", None)
    return provisioner if isinstance(provisioner, CellgrantProvisioner) else None
