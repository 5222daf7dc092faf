"""The sidecar's API, for a program that has no event loop."""

from __future__ import annotations

import http.client
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..paths import API_SOCKET
from ..system.knock import served_dir
from .failure import Failure

ANSWER_WITHIN_S = 5.0
# Of two beats of the stream, server/http/feed.ts, one may be late.
BEATS_WITHIN_S = 35.0


class AwayError(Failure):
    """No sidecar answers; the message says where it was looked for and what to do."""

    def __init__(self, path: Path, error: Exception) -> None:
        why = getattr(error, "strerror", None) or error or type(error).__name__
        super().__init__(
            f"no sidecar answers at {path} ({why}): it runs while "
            "JupyterLab runs with Cellgrant, or start one with cellgrant sidecar."
        )


class _UnixConnection(http.client.HTTPConnection):
    """HTTP to a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("cellgrant", timeout=ANSWER_WITHIN_S)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def get(route: str) -> Any:
    """What is at a route: ``snapshot``. Raises ``Failure``: nobody answers, or refuses."""
    return json.loads(get_text(route))


def get_text(route: str) -> str:
    """The same as it was sent."""
    with _answer("GET", route) as answer:
        return answer.read().decode()


def delete(route: str) -> None:
    """Delete what is at a route. Raises ``Failure`` as above."""
    with _answer("DELETE", route) as answer:
        answer.read()


def put(route: str, body: dict[str, Any]) -> None:
    """Replace what is at a route. Raises ``Failure`` as above."""
    with _answer("PUT", route, body) as answer:
        answer.read()


def post(route: str, body: dict[str, Any]) -> None:
    """Order what a route stands for. Raises ``Failure`` as above."""
    with _answer("POST", route, body) as answer:
        answer.read()


def snapshots() -> Iterator[dict[str, Any]]:
    """Each snapshot as it comes, the first at once; ends with the sidecar. Raises as above."""
    with _answer("GET", "events") as answer:
        for line in answer:
            if line.startswith(b"data:"):
                yield json.loads(line[5:])


def sidecar_pid() -> int:
    """The process that serves the API. Raises ``AwayError`` where none does."""
    path = socket_path()
    with _told_away(path), socket.socket(socket.AF_UNIX) as it:
        it.settimeout(ANSWER_WITHIN_S)
        it.connect(str(path))
        # struct ucred: pid, uid, gid (unix(7)).
        credentials = it.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[:4], sys.byteorder)


@contextmanager
def _answer(
    method: str, route: str, body: dict[str, Any] | None = None
) -> Iterator[http.client.HTTPResponse]:
    path = socket_path()
    with _told_away(path), closing(_UnixConnection(path)) as connection:
        text = None if body is None else json.dumps(body)
        connection.request(method, f"/api/v1/{route}", text)
        assert connection.sock is not None
        connection.sock.settimeout(BEATS_WITHIN_S if route == "events" else ANSWER_WITHIN_S)
        answer = connection.getresponse()
        if answer.status >= http.client.BAD_REQUEST:
            raise Failure(json.loads(answer.read())["message"])
        yield answer


@contextmanager
def _told_away(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise AwayError(path, error) from error


def socket_path() -> Path:
    """Where the API is served."""
    return served_dir() / API_SOCKET
