"""Requests that are nearly right, through a real Jupyter server to the real sidecar."""

from __future__ import annotations

import os
import random
import socket

from ..proxy import ROUTES
from .jupyter_api import API, TOKEN
from .real_server import RealServer

# As for server/fuzz.spec.ts: more for a long run.
MESSAGES = int(os.environ.get("CELLGRANT_FUZZ", "1000"))
SEED = int(os.environ.get("CELLGRANT_SEED", "1"))
BATCH = 250
IDS = ("claim-1", "__proto__", "%00", "%ff", "..%2f..", "x" * 200, "a b", "\N{SNOWMAN}", "")
HEADERS = (
    "Content-Type: text/plain; charset=utf-7",
    "Content-Encoding: gzip",
    "Content-Length: -1",
    "Content-Length: 99999999999999",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Host: another",
    "X-Long: " + "x" * 70_000,
    "Cookie: \x00\xff",
    "no header at all",
)
BODIES = (
    b'{"policy": "dynamic"}',
    b'{"cpus": 1, "memory": "1 MiB"}',
    b'{"__proto__": {"cpus": 1}}',
    b'[{"metadata": {"cpus": 1}, "tags": ["gpus=1"]}]',
    b'{"claim": "claim-1"}',
    b"[" * 5000 + b"]" * 5000,
    b'{"cpus": 1e999, "cpus": -1}',
    b"\xff\xfe\x00",
    b"x" * 100_000,
    b"",
)


def message(source: random.Random) -> bytes:
    """A request of the API, with some of it damaged."""
    route = source.choice([*ROUTES, "nothing", "../healthz", "events"])
    path = route.replace(r"[A-Za-z0-9_.:-]{1,128}", source.choice(IDS))
    method = source.choice(["GET", "GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "TRACE"])
    body = b"" if method == "GET" else source.choice(BODIES)
    lines = [
        f"{method} {API}/{path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: token {TOKEN}",
        "Connection: close",
        f"Content-Length: {len(body)}",
        *source.sample(HEADERS, source.choice([0, 0, 1, 2])),
    ]
    said = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body
    if source.random() < 0.2:
        at = source.randrange(len(said))
        said = source.choice([said[:at], said[:at] + b"\x00" + said[at:], said[:at] + said])
    return said


def send(port: int, said: bytes) -> bytes:
    """What is answered to this until the connection ends; it may be nothing."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as it:
        answer = b""
        try:
            it.sendall(said)
            it.shutdown(socket.SHUT_WR)
            while piece := it.recv(65536):
                answer += piece
        except OSError:
            pass  # hung up on: that is an answer, too
        return answer


def test_messages_that_are_nearly_right_end_nothing(server: RealServer) -> None:
    """[API5] Neither the server nor the sidecar behind it; and what was right is answered."""
    source = random.Random(SEED)
    statuses: dict[bytes, int] = {}
    for count in range(MESSAGES):
        status = send(server.port, message(source))[9:12]
        statuses[status] = statuses.get(status, 0) + 1
        if count % BATCH == 0:
            assert server.api("node").status == 200
            server.api("defaults", "PUT", b"{}")
    assert server.api("snapshot").status == 200
    assert "Uncaught exception" not in server.log
    assert "Cellgrant's sidecar ended" not in server.log
    assert " a mistake" not in server.log
    # It came through: some were right, and some were refused.
    assert statuses.get(b"200", 0) > MESSAGES / 50
    assert statuses.get(b"400", 0) > MESSAGES / 50
    assert b"500" not in statuses
