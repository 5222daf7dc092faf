"""Messages from launchers to the sidecar, and their answers."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from .client.peer import check_peer
from .client.wire import LINE_BYTES_MAX, Lines, encode
from .paths import GATE_SOCKET, runtime_dir

ANSWER_MAX_S = 2.0
# The path of the notebook for which a kernel is started, as set by Jupyter.
NOTEBOOK_ENV = "JPY_SESSION_NAME"


class SidecarLine:
    """One message to the sidecar, sent at once, and its answer.

    #### Notes
    Never raises: a kernel starts and ends whatever the sidecar does. It is sent
    on construction, so that it is sent even if nobody waits for the answer or
    the event loop never runs again.
    """

    def __init__(self, message: dict[str, Any], answer_type: str) -> None:
        self._types = (answer_type, "problem")
        self._connection: socket.socket | None = None
        if not hasattr(socket, "AF_UNIX"):
            return
        self._connection = connection = socket.socket(socket.AF_UNIX)
        try:
            connection.setblocking(False)
            connection.connect(str(runtime_dir() / GATE_SOCKET))
            check_peer(connection)
            connection.sendall(encode(message))
        except (OSError, ValueError):
            self._close()

    async def answer(self) -> dict[str, Any] | None:
        """The sidecar's answer, or its error; None if nothing arrives in time."""
        if self._connection is None:
            return None
        try:
            return await asyncio.wait_for(self._hear(self._connection), ANSWER_MAX_S)
        except (OSError, ValueError, asyncio.TimeoutError):
            return None
        finally:
            self._close()

    async def _hear(self, connection: socket.socket) -> dict[str, Any] | None:
        loop, lines = asyncio.get_running_loop(), Lines()
        while data := await loop.sock_recv(connection, LINE_BYTES_MAX):
            for answer in lines.feed(data):
                if answer.get("type") in self._types:
                    return answer
        return None

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            connection.close()
