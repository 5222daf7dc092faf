"""Identifies the other end of a connection."""

from __future__ import annotations

from os import getuid

# By name, not by module: a cell may replace a module's attributes (gevent, mocks), not ours.
from socket import SOL_SOCKET
from sys import byteorder
from typing import Any

try:
    from socket import SO_PEERCRED
except ImportError:
    SO_PEERCRED = None  # type: ignore[assignment]


def check_peer(connection: Any) -> None:
    """PermissionError unless this user or root listens at the other end (SEC3).

    A system that does not report who listens is trusted.
    """
    if SO_PEERCRED is not None:
        # struct ucred: pid, uid, gid (unix(7)).
        uid = int.from_bytes(connection.getsockopt(SOL_SOCKET, SO_PEERCRED, 12)[4:8], byteorder)
        if uid not in (0, getuid()):
            raise PermissionError(f"user {uid} listens there")
