"""HTTP over the sidecar's Unix socket."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient
from tornado.netutil import Resolver
from tornado.simple_httpclient import SimpleAsyncHTTPClient

# Nothing listens there: a name for the Host header.
ORIGIN = "http://cellgrant.localhost"
CONNECTIONS_MAX = 50
# tornado counts the whole of a stream as one body.
STREAM_BYTES_MAX = 1 << 62


class UnixResolver(Resolver):
    """Resolves every name to one Unix socket."""

    def initialize(self, path: Path) -> None:
        """Keep the socket's path."""
        self.path = path

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[tuple[int, Any]]:
        """The socket, whatever was requested."""
        return [(socket.AF_UNIX, str(self.path))]


def unix_client(path: Path) -> AsyncHTTPClient:
    """A client that sends all requests to this socket; its creator closes it."""
    return SimpleAsyncHTTPClient(
        force_instance=True,
        resolver=UnixResolver(path=path),
        max_clients=CONNECTIONS_MAX,
        max_body_size=STREAM_BYTES_MAX,
    )
