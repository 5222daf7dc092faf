"""The client side of the protocol; ``server/protocol/gate.ts`` defines it."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Dict

PROTOCOL = 2
# The directory of a sidecar, and its socket in it.
DIRECTORY_ENV = "CELLGRANT_DIR"
GATE_SOCKET = "gate.sock"
# What the gate does while it has not met a sidecar: "open" or "closed".
FAILURE_ENV = "CELLGRANT_FAILURE"
# Proves to the sidecar that a gate speaks for its kernel (SEC6).
TOKEN_ENV = "CELLGRANT_TOKEN"  # noqa: S105 (the name of a variable)
LINE_BYTES_MAX = 256 * 1024
HINT_BYTES_MAX = 16 * 1024
SILENCE_MAX_S = 5.0
# Silence is counted in intervals, and what has arrived is read at the end of each: a kernel,
# thread or machine that was stopped for however long has missed at most one (GATE8).
SILENCE_PART_S = 0.5
SILENCE_PARTS = round(SILENCE_MAX_S / SILENCE_PART_S)
ID_CHARS_MAX = 128

Message = Dict[str, Any]

UNGATED: Message = {
    "cpus": None,
    "threads": None,
    "memoryBytes": None,
    "gpus": [],
    "affinity": None,
    "env": {},
}
"""The grant of a cell that runs without having been granted anything."""

UNHELD: Message = {**UNGATED, "cpuset": None}
"""The grant of a cell that starts at once: a sidecar is there, and holds it to no CPUs."""


_encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def encode(message: Message) -> bytes:
    """One line of the protocol."""
    return _encoder.encode(message).encode() + b"\n"


class Lines:
    """Splits what arrives into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete now; ValueError if the peer breaks the protocol."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LINE_BYTES_MAX:
            raise ValueError(f"a line of more than {LINE_BYTES_MAX} bytes")
        messages = [json.loads(line) for line in lines if line.strip()]
        if not all(isinstance(it, dict) for it in messages):
            raise ValueError("a line that is no JSON object")
        return messages


def new_id() -> str:
    """An id that no other claim or holder has."""
    return os.urandom(12).hex()


def hello_of(facts: Message, holdings: list[Message]) -> Message:
    """The first message of a connection. It contains its time, since it may be read late: a sidecar
    that has just started is busy."""
    said_ms = round(time.monotonic() * 1000, 3)
    return {"type": "hello", **facts, "saidMs": said_ms, "holdings": holdings}
