"""Whether a sidecar answers."""

from __future__ import annotations

from pathlib import Path

from tornado.httpclient import HTTPError

from .paths import API_SOCKET
from .unix_http import ORIGIN, unix_client

HEALTH_WITHIN_S = 2.0


async def is_healthy(directory: Path) -> bool:
    """Whether the sidecar of a directory reports that it is healthy."""
    api_socket = directory / API_SOCKET
    if not api_socket.exists():
        return False
    client = unix_client(api_socket)
    try:
        await client.fetch(f"{ORIGIN}/healthz", request_timeout=HEALTH_WITHIN_S)
    except (OSError, HTTPError):
        return False
    else:
        return True
    finally:
        client.close()
