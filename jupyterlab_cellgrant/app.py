"""The Jupyter server extension: one sidecar, its API, its events, and the kernels' provisioner."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from traitlets import TraitError

from .client.wire import FAILURE_ENV
from .culling import Culling
from .ending import end_workers_with_main_thread
from .events import EventFeed
from .paths import own_dir
from .proxy import Access, handlers
from .renames import follow_renames, introduce
from .settings import Cellgrant
from .supervisor import Supervisor

PROVISIONER = "cellgrant"
PROVISIONER_ENV = KernelProvisionerFactory.default_provisioner_name_env


class CellgrantApp(ExtensionApp):
    """Wires Cellgrant to one Jupyter server.

    Whatever fails here, Jupyter starts and works as it would without Cellgrant;
    the log, and the panel through the API's answer, state the reason in one sentence.
    """

    name = "jupyterlab_cellgrant"
    description = "Grants CPUs, memory and GPUs to cells."
    classes = [Cellgrant]  # noqa: RUF012
    load_other_extensions = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supervisor: Supervisor | None = None
        self.feed: EventFeed | None = None
        self.culling: Culling | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._undo: list[Callable[[], None]] = []

    def initialize_handlers(self) -> None:
        """Set up everything that needs no running event loop."""
        assert self.serverapp is not None
        access = Access(None)
        try:
            settings = Cellgrant(parent=self.serverapp)
        except TraitError as error:
            access.why_off = f"Cellgrant is off until its configuration is corrected: {error}"
            self.log.error(access.why_off)
        else:
            access.why_off = "Cellgrant is switched off (c.Cellgrant.enabled = False)."
            if settings.enabled:
                access.supervisor = self.supervisor = Supervisor(
                    own_dir(),
                    settings,
                    log=self.log,
                    on_moved=lambda: introduce(self.serverapp.kernel_manager),
                )
                self.feed = EventFeed(self.serverapp.event_logger, self.supervisor, self.log)
                self.culling = Culling(self.serverapp, self.supervisor, self.log)
                self._undo.append(select_provisioner(self.serverapp, self.log))
                self._undo.append(follow_renames(self.serverapp.kernel_manager))
                if settings.failure == "closed":
                    # A sidecar notifies each gate, but gates that have met none must know too.
                    self._undo.append(set_variable(FAILURE_ENV, settings.failure))
            else:
                self.log.info(access.why_off)
        self.handlers.extend(handlers("/", access))

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        if self.supervisor and self.feed and self.culling:
            for work in (self.supervisor.run(), self.feed.run(), self.culling.run()):
                task = asyncio.create_task(work)
                task.add_done_callback(self._tell_failure)
                self._tasks.append(task)

    def _tell_failure(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self.log.error("Cellgrant made a mistake and is off: %r", error, exc_info=error)

    async def stop_extension(self) -> None:
        """Stop the sidecar and undo what was selected for this server."""
        end_workers_with_main_thread()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self.supervisor:
            await self.supervisor.stop()
        while self._undo:
            self._undo.pop()()


def select_provisioner(serverapp: ServerApp, log: logging.Logger) -> Callable[[], None]:
    """Start kernels under Cellgrant unless the user chose a provisioner; returns the undo.

    A kernelspec that names a provisioner takes precedence. The variable is for programs
    below this server: terminals, and notebooks that run notebooks.
    """
    chosen = os.environ.get(PROVISIONER_ENV) or serverapp.config.KernelProvisionerFactory.get(
        "default_provisioner_name"
    )
    if chosen and chosen != PROVISIONER:
        log.info("Cellgrant leaves kernels to the provisioner %r that was chosen.", chosen)
        return lambda: None
    factory = KernelProvisionerFactory.instance(parent=serverapp)
    before = factory.default_provisioner_name
    factory.default_provisioner_name = PROVISIONER
    unset = set_variable(PROVISIONER_ENV, PROVISIONER)

    def undo() -> None:
        factory.default_provisioner_name = before
        unset()

    return undo


def set_variable(name: str, value: str) -> Callable[[], None]:
    """Set a variable for the programs below this server; returns the undo."""
    before = os.environ.get(name)
    os.environ[name] = value

    def undo() -> None:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before

    return undo
