"""Server-sent events of the sidecar, over its Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient

from .unix_http import ORIGIN, unix_client

CONNECT_WITHIN_S = 5.0


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

    async def wait(self, within_s: float | None) -> None:
        """Wait for an event, or for the end, this long; None for as long as it takes."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.has_news.wait(), within_s)


@contextlib.asynccontextmanager
async def followed(
    api_socket: Path, path: str
) -> AsyncIterator[tuple[EventStream, asyncio.Future[Any], AsyncHTTPClient]]:
    """The events at a path, a future that is done once they have ended, and the client, which may
    ask for more meanwhile."""
    stream, client = EventStream(), unix_client(api_socket)
    ended = client.fetch(
        f"{ORIGIN}/api/v1/{path}",
        headers={"Accept": "text/event-stream"},
        streaming_callback=stream.feed,
        connect_timeout=CONNECT_WITHIN_S,
        request_timeout=0,
    )
    ended.add_done_callback(lambda _: stream.has_news.set())
    try:
        yield stream, ended, client
    finally:
        client.close()
        # Closing abandons the request; its outcome no longer matters.
        ended.add_done_callback(lambda it: it.cancelled() or it.exception())
