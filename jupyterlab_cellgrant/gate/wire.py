"""The gate protocol as the gate speaks it; ``server/protocol/gate.ts`` states it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from typing import Any, Dict

PROTOCOL = 1
# What the gate does while it has not met a sidecar: "open" or "closed".
FAILURE_ENV = "CELLGRANT_FAILURE"
# What tells the sidecar that a gate speaks for its kernel (SEC6).
TOKEN_ENV = "CELLGRANT_TOKEN"  # noqa: S105 (the name of a variable)
LINE_BYTES_MAX = 256 * 1024
HINT_BYTES_MAX = 16 * 1024
SILENCE_MAX_S = 5.0
# Silence is counted in parts, at the end of each of which is read what has arrived: a kernel, a
# thread or a machine that was stopped for however long has missed no more than one (GATE8).
SILENCE_PART_S = 0.5
SILENCE_PARTS = round(SILENCE_MAX_S / SILENCE_PART_S)
ID_CHARS_MAX = 128

# Longer ones are no hints: what is passed over here would only be passed over later.
HINT_CHARS_MAX = 256
TAGS_MAX = 64
DIRECTIVE_CHARS_MAX = 4096

_OPTION = re.compile(r"# ?\|")
# Magics whose cell is data to be written or drawn: what is in it speaks to nobody here.
_DATA_MAGIC = re.compile(
    r"%%(writefile|file|html|markdown|latex|javascript|js|svg)\b", re.IGNORECASE | re.ASCII
)

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
    """Cuts what arrives into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete now; ValueError where the peer does not speak it."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LINE_BYTES_MAX:
            raise ValueError(f"a line of more than {LINE_BYTES_MAX} bytes")
        messages = [json.loads(line) for line in lines if line.strip()]
        if not all(isinstance(it, dict) for it in messages):
            raise ValueError("a line that is no JSON object")
        return messages


def start_ticks(pid: int) -> int:
    """Field 22 of /proc/PID/stat; 0 where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            # The second field is the name in parentheses, which may hold any character.
            return int(stat.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0


def process_facts(kernel_id: str, name: str, pid: int) -> Message:
    """Who a message speaks for: ``GateProcess`` of the protocol."""
    return {
        "kernelId": kernel_id,
        "pid": pid,
        "startTicks": start_ticks(pid),
        "name": name,
    }


def hello_of(process: Message, holdings: list[Message]) -> Message:
    """The first message of a connection. It tells its time, for it may be read late: a sidecar
    that just starts has much to do."""
    hello = {"type": "hello", "protocol": PROTOCOL, "saidMs": round(time.monotonic() * 1000, 3)}
    return {**hello, **process, "holdings": holdings}


def claim_of(code: str, metadata: Message, execution_count: Any) -> Message:
    """The claim of one execution of a cell. It never carries code (SEC1)."""
    claim: Message = {
        "id": os.urandom(12).hex(),
        "label": f"[{execution_count}]",
        "sourceHash": hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest(),
        "sources": sources_of(code, metadata),
    }
    cell_id = metadata.get("cellId")
    if isinstance(cell_id, str) and len(cell_id) <= ID_CHARS_MAX:
        claim["cellId"] = cell_id
    return claim


def sources_of(code: str, metadata: Message) -> Message:
    """What the author wrote about the cell's needs, raw (ADM2)."""
    sources: Message = {}
    hints = metadata.get("cellgrant")
    if hints is not None:
        sources["metadata"] = _sendable(hints)
    tags = metadata.get("tags")
    if isinstance(tags, list):
        short = [it for it in tags if isinstance(it, str) and len(it) <= HINT_CHARS_MAX]
        if short:
            sources["tags"] = short[:TAGS_MAX]
    directive = _directive_of(code)
    if directive:
        sources["directive"] = directive
    return sources


def _sendable(hints: Any) -> Any:
    """The hints, or, where they hold what JSON cannot (NaN), their text, to be refused by name."""
    try:
        json.dumps(hints, allow_nan=False)
    except (ValueError, RecursionError):
        return str(hints)[:HINT_CHARS_MAX]
    return hints


def _directive_of(code: str) -> str:
    """The leading ``#|`` lines, by ``server/protocol/directive.ts``, which the editor reads by."""
    found: list[str] = []
    if not _OPTION.search(code):
        return ""
    room = DIRECTIVE_CHARS_MAX
    for line in re.split(r"\r\n|\r|\n", code):
        text = line.strip(" \t")
        if not text or (text.startswith("%%") and not _DATA_MAGIC.match(text)):
            continue
        room -= len(text) + 1
        if not _OPTION.match(text) or room < 0:
            break
        found.append(text)
    return "\n".join(found)
