"""When people last used a kernel, by what it publishes."""

from __future__ import annotations

import json
import time
from typing import Any

# Requests that a person causes. Pages ask for kernel_info, comm_info, history and usage unasked.
USES = frozenset(
    {
        "complete_request",
        "inspect_request",
        "is_complete_request",
        "comm_open",
        "comm_msg",
        "comm_close",
        "debug_request",
        "input_reply",
    }
)
EXECUTE = "execute_request"
# What a kernel executes at a time: more are left over from messages that were lost.
EXECUTING_MAX = 64


class Activity:
    """Listens to what one kernel publishes; close it to stop.

    #### Notes
    Each message names the request that it belongs to. What a cell publishes counts, also
    afterwards, from a thread of it; a silent execution publishes nothing but its state, and does
    not count as use, but nothing is shut down meanwhile.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._used_at = time.monotonic()
        self._executing: set[str] = set()
        self._stream = kernel.connect_iopub()
        self._stream.on_recv(self._take)

    @property
    def is_executing(self) -> bool:
        """Whether the kernel executes something, by its own word or by Jupyter's."""
        return bool(self._executing) or getattr(self._kernel, "execution_state", None) == "busy"

    @property
    def idle_s(self) -> float:
        """How long ago it was used last, in s; 0 while it executes something."""
        return 0.0 if self._executing else time.monotonic() - self._used_at

    def use(self) -> None:
        """It is used now, as somebody else has seen."""
        self._used_at = time.monotonic()

    def close(self) -> None:
        """Listen no more. Idempotent."""
        if not self._stream.closed():
            self._stream.close()

    def _take(self, frames: list[bytes]) -> None:
        _, (_, header, parent, _, content, *_) = self._kernel.session.feed_identities(frames)
        request = json.loads(parent) or {}
        kind, of = json.loads(header)["msg_type"], request.get("msg_type")
        if kind == "status":
            self._follow(json.loads(content)["execution_state"], of, request.get("msg_id", ""))
        if of in USES or (of == EXECUTE and kind != "status"):
            self.use()

    def _follow(self, state: str, of: str | None, message_id: str) -> None:
        if state == "starting" or len(self._executing) > EXECUTING_MAX:
            self._executing.clear()
        if of == EXECUTE and state == "busy":
            self._executing.add(message_id)
        elif of == EXECUTE and state == "idle":
            self._executing.discard(message_id)
