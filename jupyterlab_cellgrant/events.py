"""The sidecar's snapshots on Jupyter's event bus."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from pathlib import Path
from typing import Any

from jupyter_events import EventLogger
from tornado.httpclient import HTTPError

from .supervisor import Supervisor
from .unix_http import ORIGIN, unix_client

SCHEMA_PATH = Path(__file__).parent / "schemas" / "snapshot.json"
SCHEMA: dict[str, Any] = json.loads(SCHEMA_PATH.read_text())
SCHEMA_ID: str = SCHEMA["$id"]
# How soon a new listener, or the end of the last one, is noticed.
POLL_EVERY_S = 0.25
# A lone change is sent at once; of a burst, one snapshot in this time. With 50 kernels one costs
# 2 to 5 ms: twice a second keeps it below 1 % of a core, and the panel within a second (UI2).
EMIT_EVERY_S = 0.5
CONNECT_WITHIN_S = 5.0


class _Snapshot(dict[str, Any]):
    """An immutable snapshot: the event logger need not copy it for each event."""

    def __deepcopy__(self, memo: dict[int, Any]) -> _Snapshot:
        return self


class EventStream:
    """Parses the sidecar's server-sent events, however they were split in transit."""

    def __init__(self) -> None:
        self.has_news = asyncio.Event()
        self._rest = b""
        self._newest: bytes | None = None

    def feed(self, chunk: bytes) -> None:
        """Take in what came; only the newest event is kept."""
        *events, self._rest = (self._rest + chunk).split(b"\n\n")
        for event in events:
            fields = (line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:"))
            self._newest = b"\n".join(fields) or self._newest
        if self._newest is not None:
            self.has_news.set()

    def take(self) -> Any:
        """The newest event's data since the last call, or None."""
        self.has_news.clear()
        newest, self._newest = self._newest, None
        return None if newest is None else json.loads(newest)


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
        stream = EventStream()
        client = unix_client(self._supervisor.api_socket)
        ended = client.fetch(
            f"{ORIGIN}/api/v1/events",
            headers={"Accept": "text/event-stream"},
            streaming_callback=stream.feed,
            connect_timeout=CONNECT_WITHIN_S,
            request_timeout=0,
        )
        ended.add_done_callback(lambda _: stream.has_news.set())
        try:
            while self._is_heard() and not ended.done():
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(stream.has_news.wait(), POLL_EVERY_S)
                if (snapshot := stream.take()) is not None:
                    self._told = None
                    self._events.emit(schema_id=SCHEMA_ID, data={"snapshot": _Snapshot(snapshot)})
                    await asyncio.sleep(EMIT_EVERY_S)
            if ended.done():
                ended.result()
        except (OSError, HTTPError, ValueError) as error:
            self._log.debug("The stream of Cellgrant's sidecar ended: %s", error)
        finally:
            client.close()
            # Closing abandons the request; its outcome no longer matters.
            ended.add_done_callback(lambda it: it.cancelled() or it.exception())
