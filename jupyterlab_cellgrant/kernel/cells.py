"""What a cell's author wrote about its needs, as the gate tells it."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from ..client.wire import ID_CHARS_MAX, Message, new_id

# Longer ones are no hints: what is passed over here would only be passed over later.
HINT_CHARS_MAX = 256
TAGS_MAX = 64
DIRECTIVE_CHARS_MAX = 4096

_OPTION = re.compile(r"# ?\|")
# Magics whose cell is data to be written or drawn: what is in it speaks to nobody here.
_DATA_MAGIC = re.compile(
    r"%%(writefile|file|html|markdown|latex|javascript|js|svg)\b", re.IGNORECASE | re.ASCII
)


def claim_of(code: str, metadata: Message, execution_count: Any) -> Message:
    """The claim of one execution of a cell. It never carries code (SEC1)."""
    claim: Message = {
        "id": new_id(),
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
