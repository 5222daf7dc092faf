"""Whether a sidecar answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tornado.httpclient import HTTPError

from .paths import API_SOCKET
from .unix_http import ORIGIN, unix_client

HEALTH_WITHIN_S = 2.0
HEALTH_EVERY_S = 1.0
# A sidecar that is alive but does not answer for this long is ended, and so restarted.
HUNG_AFTER_S = 30.0


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


async def hung(directory: Path, after_s: float) -> None:
    """Returns once the sidecar of a directory has not answered for this long."""
    silent_s = 0.0
    while silent_s < after_s:
        await asyncio.sleep(HEALTH_EVERY_S)
        silent_s = 0.0 if await is_healthy(directory) else silent_s + HEALTH_EVERY_S
