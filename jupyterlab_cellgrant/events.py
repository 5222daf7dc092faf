"""The sidecar's snapshots on Jupyter's event bus."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

from jupyter_events import EventLogger
from tornado.httpclient import HTTPError

from .event_stream import followed
from .supervisor import Supervisor

SCHEMA_PATH = Path(__file__).parent / "schemas" / "snapshot.json"
SCHEMA: dict[str, Any] = json.loads(SCHEMA_PATH.read_text())
SCHEMA_ID: str = SCHEMA["$id"]
# How soon a new listener, or the end of the last one, is noticed.
POLL_EVERY_S = 0.25
# A lone change is sent at once; of a burst, one snapshot in this time. With 50 kernels one costs
# 2 to 5 ms: twice a second keeps it below 1 % of a core, and the panel within a second (UI2).
EMIT_EVERY_S = 0.5


class _Snapshot(dict[str, Any]):
    """An immutable snapshot: the event logger need not copy it for each event."""

    def __deepcopy__(self, memo: dict[int, Any]) -> _Snapshot:
        return self


class EventFeed:
    """Emits each snapshot of the sidecar, while someone listens.

    With nobody listening there is no connection to the sidecar, which then
    need not compute snapshots either. Snapshots that arrive faster than
    ``EMIT_EVERY_S`` are skipped: each is complete, so the newest is enough.
    """

    def __init__(self, events: EventLogger, supervisor: Supervisor, log: logging.Logger) -> None:
        self._events = events
        self._supervisor = supervisor
        self._log = log
        self._told: str | None = None
        if SCHEMA_ID not in events.schemas:
            events.register_event_schema(SCHEMA)

    async def run(self) -> None:
        """Emit until cancelled."""
        while True:
            if self._is_heard():
                if self._supervisor.status.is_up:
                    await self._relay()
                self._tell_absence()
            else:
                self._told = None
            await asyncio.sleep(POLL_EVERY_S)

    def _is_heard(self) -> bool:
        # The event logger has no query for it; without these every event counts as heard.
        heard: Any = {SCHEMA_ID: True}
        return bool(
            self._events.handlers
            or getattr(self._events, "_modified_listeners", heard).get(SCHEMA_ID)
            or getattr(self._events, "_unmodified_listeners", heard).get(SCHEMA_ID)
        )

    def _tell_absence(self) -> None:
        status = self._supervisor.status
        if not status.is_up and status.sentence != self._told:
            self._told = status.sentence
            self._events.emit(
                schema_id=SCHEMA_ID, data={"snapshot": None, "message": status.sentence}
            )

    async def _relay(self) -> None:
        """Emit what one connection delivers, until it ends or nobody listens."""
        try:
            async with followed(self._supervisor.api_socket, "events") as (stream, ended, _):
                while self._is_heard() and not ended.done():
                    await stream.wait(POLL_EVERY_S)
                    if (snapshot := stream.take()) is not None:
                        self._told = None
                        data = {"snapshot": _Snapshot(snapshot)}
                        self._events.emit(schema_id=SCHEMA_ID, data=data)
                        await asyncio.sleep(EMIT_EVERY_S)
                if ended.done():
                    ended.result()
        except (OSError, HTTPError, ValueError) as error:
            self._log.debug("The stream of Cellgrant's sidecar ended: %s", error)
