"""What the gate says in a cell's output: rarely, and in whole sentences."""

from __future__ import annotations

from typing import Any

from ..client.wire import Message

OUTAGE = "Cellgrant does not answer. Cells run without grants until it is back."
OUTAGE_IN_WAIT = (
    "Cellgrant stopped answering while this cell waited. The cell runs without a grant, "
    "and so do others until Cellgrant is back."
)
REFUSED = "Cellgrant does not serve this kernel, whose cells run without grants: {why}"
CLOSED = (
    "Cellgrant does not answer, and on this node no cell runs without a grant. It did not "
    "run. Try again in a moment; if this persists, ask your administrator."
)
BLIND = (
    "Cellgrant: {library} looked for GPUs in this kernel before a cell was granted one, and "
    "remembers that it saw none. Restart the kernel, and give the first cell that uses "
    "{library} the hint for a GPU."
)
TOO_LARGE = (
    "The hints of this cell are {bytes} bytes long; at most {limit} are read. Remove what is "
    'not a hint from the cell metadata key "cellgrant".'
)


def say(kernel: Any, parent: Message, text: str) -> None:
    """Print a line to the output of the cell that ``parent`` asked to run. Any thread."""
    content = {"name": "stderr", "text": f"{text}\n"}
    kernel.session.send(
        kernel.iopub_socket, "stream", content, parent=parent, ident=b"stream.stderr"
    )


def unsay(kernel: Any, parent: Message) -> None:
    """Clear what was said to a cell that has no output of its own yet."""
    kernel.session.send(
        kernel.iopub_socket, "clear_output", {"wait": False}, parent=parent, ident=b"clear_output"
    )
