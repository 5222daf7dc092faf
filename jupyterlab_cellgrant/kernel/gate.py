"""The gate of one kernel process: its connection, its grants and its turns."""

from __future__ import annotations

import os

# By name, not by module: a cell may replace what modules hold.
from threading import get_ident
from typing import Any

from ..client.applied import Applied
from ..client.claim import Claim
from ..client.gpus import blind_library, free_idle_memory
from ..client.holder import Holder
from ..client.interrupts import interrupt_thread
from ..client.link import Link, Listener
from ..client.wire import (
    DIRECTORY_ENV,
    FAILURE_ENV,
    HINT_BYTES_MAX,
    LINE_BYTES_MAX,
    TOKEN_ENV,
    encode,
)
from . import notices
from .cells import claim_of
from .rejection import refused
from .turn import Turn

# A kernel's start waits no longer for its sidecar's first answer, which takes some milliseconds.
MEET_MAX_S = 1.0


class Gate(Listener):
    """Opens a turn for each cell, and carries out what the sidecar wants of running ones."""

    def __init__(
        self, directory: str, kernel_id: str, name: str, failure: str, token: str | None = None
    ) -> None:
        self.holder = Holder("kernel", kernel_id, name, os.getpid())
        self.holder.token = token
        self.link = Link(directory, self.holder, failure, self)
        self.applied = Applied(lambda: self.link.channel.thread_id)
        self._turns: dict[str, Turn] = {}
        self._has_told_outage = False
        self._kernel: Any = None

    def turn(self, kernel: Any, code: Any, silent: Any) -> Turn | None:
        """A turn for this execution; None where it claims nothing.

        Silent requests claim nothing (GATE3), nor do empty cells, nor what a
        running cell executes in its turn: that belongs to its grant.
        """
        try:
            if silent or not code.strip() or self.link.channel.is_foreign:
                return None
            self._kernel = kernel
            parent = kernel.get_parent("shell")
            message_id = parent["header"]["msg_id"]
            same = self._turns.get(message_id)
            # Some clients give every request the same id: what comes after a cell is no part of it.
            if same is not None and not same.has_stopped:
                return None
            asked = claim_of(code, parent.get("metadata") or {}, kernel.execution_count)
            outer = self._outer_turn(get_ident())
            if outer is not None:
                asked["parentId"] = outer.claim.id
            turn = Turn(self, kernel, parent, Claim(asked))
            self._turns[message_id] = turn
            self._refuse_oversized(turn)
            return turn
        except Exception:
            kernel.log.warning("Cellgrant: the cell runs ungated", exc_info=True)
            return None

    def forget(self, turn: Turn) -> None:
        """The turn is over."""
        message_id = turn.parent["header"]["msg_id"]
        if self._turns.get(message_id) is turn:
            del self._turns[message_id]

    def tell_outage(self, turn: Turn, text: str) -> None:
        """Say once an outage that cells run ungated.

        Where no sidecar was ever there, a cell that asks for nothing misses nothing.
        """
        refusal = self.link.refusal
        is_missed = self.link.welcomed_once or refusal or turn.claim.asked["sources"]
        if is_missed and not self._has_told_outage:
            self._has_told_outage = True
            told = notices.REFUSED.format(why=refusal) if refusal else text
            notices.say(turn.kernel, turn.parent, told)

    def tell_blindness(self, turn: Turn) -> None:
        """Say to a cell with GPUs why a library will not see them, where that is so."""
        library = blind_library()
        if library is not None:
            notices.say(turn.kernel, turn.parent, notices.BLIND.format(library=library))

    def welcomed(self) -> None:
        self._has_told_outage = False

    def changed(self, claim: Claim) -> None:
        if claim.granted is not None:
            self.applied.change(claim.id, claim.granted)

    def interrupt(self, claim: Claim, message: str) -> None:
        for turn in list(self._turns.values()):
            if turn.claim is claim and turn.settled:
                notices.say(turn.kernel, turn.parent, message)
                interrupt_thread(turn.thread_ident)

    def free(self) -> None:
        loop = getattr(self._kernel, "io_loop", None)
        if loop is None:
            free_idle_memory()
        else:
            # Between cells, and in their thread: what is collected may belong to a GUI.
            loop.add_callback(free_idle_memory)

    def _outer_turn(self, thread_ident: int) -> Turn | None:
        """The innermost cell that this thread is in the midst of, and that waits for what comes
        now: one that handles the kernel's messages itself (``do_one_iteration``).

        Any other cell of this thread is over, and so its turn ends here: its end is still to be
        told, or an interrupt that hit ipykernel's own code has cut it off.
        """
        outer = None
        for turn in list(self._turns.values()):
            if turn.thread_ident == thread_ident:
                if turn.is_executing:
                    outer = turn
                else:
                    turn.end(None)
        return outer

    def _refuse_oversized(self, turn: Turn) -> None:
        """A claim that fits into no line cannot even be sent to be refused."""
        sources = turn.claim.asked["sources"]
        size = len(encode(sources)) if sources else 0
        if size > LINE_BYTES_MAX // 2:
            sentence = notices.TOO_LARGE.format(bytes=size, limit=HINT_BYTES_MAX)
            turn.settled, turn.rejection = True, refused(sentence)


def gate_from_environment() -> Gate | None:
    """The gate that the launcher's variables describe; None where they describe none.

    The token is taken out of the environment: what the kernel starts shall not speak for it.
    """
    token = os.environ.pop(TOKEN_ENV, None)
    directory = os.environ.get(DIRECTORY_ENV)
    kernel_id = os.environ.get("CELLGRANT_KERNEL_ID")
    if not directory or not kernel_id or os.name != "posix":
        return None
    name = os.environ.get("CELLGRANT_KERNEL_NAME", "")
    gate = Gate(directory, kernel_id, name, os.environ.get(FAILURE_ENV, "open"), token)
    gate.link.channel.start()
    # What is to be shut before the first user code (ENF7) is shut when the sidecar answers.
    gate.link.channel.met.wait(MEET_MAX_S)
    return gate
