"""Tells the sidecar when a notebook gets another name while its kernel runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from .provisioner import NOTEBOOK_ENV, CellgrantProvisioner


def follow_renames(manager: Any) -> Callable[[], None]:
    """Watch the kernels of a server's kernel manager; returns the undo.

    Jupyter tells nobody of it but the kernel manager, which notes it in the
    environment for the next start (jupyter_client 8.5 and later).
    """
    original = getattr(manager, "update_env", None)
    if original is None:
        return lambda: None
    tasks: set[asyncio.Task[None]] = set()

    def update_env(*, kernel_id: str, env: dict[str, str]) -> None:
        original(kernel_id=kernel_id, env=env)
        kernel = manager.get_kernel(kernel_id) if kernel_id in manager else None
        provisioner = getattr(kernel, "provisioner", None)
        if isinstance(provisioner, CellgrantProvisioner):
            task = asyncio.ensure_future(provisioner.rename(env.get(NOTEBOOK_ENV)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    manager.update_env = update_env

    def undo() -> None:
        del manager.update_env

    return undo
