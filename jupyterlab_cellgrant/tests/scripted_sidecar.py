"""A peer that answers gates as a test tells it: for what a real sidecar does not do."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyterlab_cellgrant.client.wire import PROTOCOL, UNGATED

Message = dict[str, Any]
Answer = Callable[[Message], "list[Message | bytes]"]


def grant_everything(message: Message) -> list[Message | bytes]:
    """The answers of a quiet node."""
    kind = message["type"]
    if kind == "prepare":
        return [{"type": "launch", "env": {}}]
    if kind == "register":
        return [{"type": "registered", "tier": "none"}]
    if kind == "hello":
        welcome: Message = {
            "type": "welcome",
            "protocol": PROTOCOL,
            "tier": "none",
            "failure": "open",
        }
        waiting = [it["id"] for it in message["holdings"] if it["granted"] is None]
        return [welcome, *({"type": "granted", "id": it, "grant": UNGATED} for it in waiting)]
    if kind == "claim":
        return [{"type": "granted", "id": message["id"], "grant": UNGATED}]
    return []


class ScriptedSidecar:
    """Listens on ``gate.sock`` of a directory; keeps what it hears."""

    def __init__(self, directory: Path, answer: Answer = grant_everything) -> None:
        self.answer = answer
        self.heard: list[Message] = []
        self._news = threading.Condition()
        self._connections: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._path = directory / "gate.sock"
        self._path.unlink(missing_ok=True)
        self._listener.bind(str(self._path))
        self._listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening and drop every connection, as a sidecar that is killed."""
        for it in (self._listener, *self._connections):
            with contextlib.suppress(OSError):  # the other side was faster
                it.shutdown(socket.SHUT_RDWR)
            it.close()
        self._path.unlink(missing_ok=True)

    def send(self, message: Message | bytes) -> None:
        """Say something unasked, on the youngest connection."""
        self._connections[-1].sendall(_line(message))

    def wait_for(self, kind: str, count: int = 1, timeout_s: float = 20) -> Message:
        """The ``count``-th message of this type, once it is heard."""

        def found() -> list[Message]:
            return [it for it in self.heard if it["type"] == kind]

        with self._news:
            if not self._news.wait_for(lambda: len(found()) >= count, timeout_s):
                raise AssertionError(f"heard no {kind} number {count}, but {self.heard}")
            return found()[count - 1]

    def last(self, kind: str) -> Message:
        """The latest message of this type that was heard."""
        return self.all(kind)[-1]

    def all(self, kind: str) -> list[Message]:
        """The messages of this type that were heard so far."""
        return [it for it in list(self.heard) if it["type"] == kind]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                for line in lines:
                    message = json.loads(line)
                    with self._news:
                        self.heard.append(message)
                        self._news.notify_all()
                    for answer in self.answer(message):
                        connection.sendall(_line(answer))
            except OSError:
                return  # the gate hung up


def _line(message: Message | bytes) -> bytes:
    return message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
