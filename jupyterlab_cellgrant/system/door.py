"""Where users of the node ask to be served: who asks is known by the kernel's word."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ..client.wire import GATE_SOCKET
from .user import user_of

Answer = dict[str, Any]
Serve = Callable[[dict[str, Any]], Awaitable[Answer]]

CONNECTIONS_MAX = 256
CONNECTIONS_OF_USER_MAX = 8
ENDED_AFTER_S = 2.0


class Door:
    """Answers each connection with one line: where its user is served, or why not; then closes it.

    Nothing is read, so nothing that is said does anything. A user is looked up and served once,
    however often they ask, as long as their sockets are there, and again at each reload.
    """

    def __init__(self, path: Path, serve: Serve) -> None:
        self._path = path
        self._serve = serve
        self._served: dict[int, asyncio.Task[Answer]] = {}
        self._connections: Counter[int] = Counter()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Let everybody knock. Idempotent."""
        if self._server:
            return
        self._path.unlink(missing_ok=True)  # of one that was killed
        self._server = await asyncio.start_unix_server(self._hear, self._path)
        self._path.chmod(0o666)

    def close(self) -> None:
        """Nobody is to knock any more: there is no door. Idempotent."""
        server, self._server = self._server, None
        if server:
            server.close()
            self._path.unlink(missing_ok=True)

    async def _hear(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid, gid = peer_of(writer.get_extra_info("socket"))
        self._connections[uid] += 1
        try:
            if (
                self._connections[uid] <= CONNECTIONS_OF_USER_MAX
                and self._connections.total() <= CONNECTIONS_MAX
            ):
                await asyncio.wait_for(self._answer(uid, gid, writer), ENDED_AFTER_S)
        except (OSError, asyncio.TimeoutError):
            pass  # they may ask again
        finally:
            self._connections[uid] -= 1
            writer.close()

    async def _answer(self, uid: int, gid: int, writer: asyncio.StreamWriter) -> None:
        writer.write(json.dumps(await self.answer_to(uid, gid)).encode() + b"\n")
        await writer.drain()

    async def answer_to(self, uid: int, gid: int) -> Answer:
        """What this user is answered: looked up and served now, unless that was done before."""
        serving = self._served.get(uid)
        if serving is None or _is_over(serving):
            serving = self._served[uid] = asyncio.ensure_future(self._ask(uid, gid))
        return await asyncio.shield(serving)

    def renew(self, uid: int, gid: int) -> None:
        """Look a user up and have them served again: their groups may have changed. Who knocks
        meanwhile is answered after that."""
        before = self._served.get(uid)
        self._served[uid] = asyncio.ensure_future(self._again(uid, gid, before))

    async def _again(self, uid: int, gid: int, before: asyncio.Task[Answer] | None) -> Answer:
        if before:
            await asyncio.wait([before])  # one answer at a time (program.py)
        return await self._ask(uid, gid)

    async def _ask(self, uid: int, gid: int) -> Answer:
        try:
            # A directory service may take its time.
            return await self._serve(await asyncio.to_thread(user_of, uid, gid))
        except OSError as error:
            return {"uid": uid, "why": f"user {uid} cannot be looked up, or served: {error}"}


def peer_of(connection: socket.socket) -> tuple[int, int]:
    """The user and the group of whoever connected, as they were at that moment (unix(7))."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, uid, gid = struct.unpack("iII", credentials)
    return uid, gid


def _is_over(serving: asyncio.Task[Answer]) -> bool:
    """Whether it is to be asked for anew: it failed, or the user has removed what was made."""
    if not serving.done():
        return False
    directory = None if serving.cancelled() else serving.result().get("directory")
    return not directory or not (Path(directory) / GATE_SOCKET).is_socket()
