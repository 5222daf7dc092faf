"""Reports on this server's kernels to the sidecar, and shuts down those that it has found idle."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import ensure_async
from tornado.httpclient import AsyncHTTPClient, HTTPError

from .activity import Activity
from .event_stream import followed
from .renames import gated_kernels
from .supervisor import Supervisor
from .unix_http import ORIGIN

ANSWER_WITHIN_S = 3.0
# A sidecar that has ended, or that is too old to cull, is asked again after this time.
ASK_AGAIN_S = 5.0
SAVED_SCHEMA = "https://events.jupyter.org/jupyter_server/contents_service/v1"


@dataclass(frozen=True)
class Plan:
    """What the sidecar wants: a report each so many s (None: none), and these kernels shut down."""

    every_s: float | None = None
    due: tuple[str, ...] = ()

    @staticmethod
    def of(told: dict[str, Any]) -> Plan:
        """The plan that an event states."""
        every_ms = told["everyMs"]
        return Plan(None if every_ms is None else every_ms / 1000, tuple(told["due"]))


class Culling:
    """Culls this server's kernels as the sidecar decides (CULL2).

    #### Notes
    While the sidecar culls nothing there is one silent connection to it, and no kernel is listened
    to.
    """

    def __init__(self, serverapp: ServerApp, supervisor: Supervisor, log: logging.Logger) -> None:
        self._server = serverapp
        self._supervisor = supervisor
        self._log = log
        self._activities: dict[str, Activity] = {}
        self._saved: set[str] = set()
        self._is_listening = False

    async def run(self) -> None:
        """Follow the sidecar until cancelled."""
        try:
            while True:
                if self._supervisor.status.is_up:
                    try:
                        await self._follow()
                    except Exception as error:  # noqa: BLE001 - kernels stay, and all else goes on
                        self._log.warning("Cellgrant could not look at idle kernels: %r", error)
                self._rest()
                await asyncio.sleep(ASK_AGAIN_S)
        finally:
            self._rest()

    async def _follow(self) -> None:
        """Do what one connection tells, until it ends."""
        plan = Plan()
        try:
            async with followed(self._supervisor.api_socket, "culling") as (stream, ended, client):
                while not ended.done():
                    await stream.wait(plan.every_s)
                    told = stream.take()
                    plan = plan if told is None else Plan.of(told)
                    await self._carry_out(plan, client)
                ended.result()
        except (OSError, HTTPError, ValueError) as error:
            self._log.debug("The sidecar says nothing about idle kernels: %s", error)

    async def _carry_out(self, plan: Plan, client: AsyncHTTPClient) -> None:
        if plan.every_s is None:
            self._rest()
            return
        await self._watch()
        await self._report(client)
        for kernel_id in plan.due:
            if kernel_id in self._activities:
                await self._cull(kernel_id, client)

    def _rest(self) -> None:
        """Listen to nothing."""
        for activity in self._activities.values():
            activity.close()
        self._activities.clear()
        self._saved.clear()
        if self._is_listening:
            self._is_listening = False
            self._server.event_logger.remove_listener(
                schema_id=SAVED_SCHEMA, listener=self._on_saved
            )

    async def _watch(self) -> None:
        """Listen to the kernels that there are now."""
        if not self._is_listening:
            self._is_listening = True
            self._server.event_logger.add_listener(schema_id=SAVED_SCHEMA, listener=self._on_saved)
        kernels = gated_kernels(self._server.kernel_manager)
        for kernel_id in self._activities.keys() - kernels.keys():
            self._activities.pop(kernel_id).close()
        for kernel_id, kernel in kernels.items():
            if kernel_id not in self._activities:
                self._activities[kernel_id] = Activity(kernel)
        saved, self._saved = self._saved, set()
        sessions = await self._server.session_manager.list_sessions() if saved else []
        for session in sessions:
            activity = self._activities.get((session.get("kernel") or {}).get("id", ""))
            if activity and session["path"] in saved:
                activity.use()

    async def _on_saved(self, **event: Any) -> None:
        # By keywords that are the event logger's; what does not fit would fail the request itself.
        data = event.get("data") or {}
        if data.get("action") == "save":
            self._saved.add(data.get("path", ""))

    async def _report(self, client: AsyncHTTPClient) -> None:
        kernels = [
            {"holderId": kernel_id, "idleMs": round(activity.idle_s * 1000)}
            for kernel_id, activity in self._activities.items()
        ]
        if kernels:
            await self._ask(client, "PUT", "culling/kernels", json.dumps(kernels))

    async def _cull(self, kernel_id: str, client: AsyncHTTPClient) -> None:
        """Shut one kernel down, unless it is used by now (CULL6)."""
        activity, manager = self._activities[kernel_id], self._server.kernel_manager
        path = f"holders/{kernel_id}/cull"
        if activity.is_executing or not await self._ask(client, "POST", path):
            return
        try:
            if activity.is_executing:
                raise RuntimeError("it executes something by now")
            self._log.info("Cellgrant shuts down kernel %s, which was idle.", kernel_id)
            await ensure_async(manager.shutdown_kernel(kernel_id))
        except Exception as error:  # noqa: BLE001 - whatever a kernel manager raises
            self._log.warning("Kernel %s was idle, but was not shut down: %s", kernel_id, error)
            await self._ask(client, "DELETE", path)

    async def _ask(
        self, client: AsyncHTTPClient, method: str, path: str, body: str | None = None
    ) -> bool:
        """One request; whether it was granted."""
        answer = await client.fetch(
            f"{ORIGIN}/api/v1/{path}",
            method=method,
            body=body,
            allow_nonstandard_methods=True,
            request_timeout=ANSWER_WITHIN_S,
            raise_error=False,
        )
        return answer.code < 300
