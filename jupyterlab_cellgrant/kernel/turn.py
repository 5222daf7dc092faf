"""One execution of one cell at the gate: it claims, waits, runs and releases."""

from __future__ import annotations

import asyncio
import functools
import weakref

# By name, not by module: a cell may replace what modules hold.
from os import times
from threading import get_ident
from time import monotonic, process_time
from typing import TYPE_CHECKING, Any, Callable

from ..client.claim import Claim, Patience
from ..client.interrupts import Shield
from ..client.wire import SILENCE_PART_S, UNGATED, Message
from . import notices
from .rejection import Rejection, interrupted, refused

if TYPE_CHECKING:
    from .gate import Gate

# A grant that needs no queue is here long before; so short a wait needs no event loop.
FAST_WAIT_S = 0.005

# So long a wait deserves a line for those who have no panel to look at (console, nbclient).
# It is cleared when the wait ends, so that no saved notebook keeps it.
EXPLAIN_AFTER_S = 10.0


def _fails_open(step: Callable) -> Callable:
    """Whatever goes wrong in the gate, the cell runs."""

    @functools.wraps(step)
    def guarded(self: Turn, *args: Any) -> Any:
        try:
            return step(self, *args)
        except Exception:
            self._log_failure()
            return None

    return guarded


def _cpu_seconds() -> float:
    """CPU time of this process and of the children it has reaped."""
    spent = times()
    return process_time() + spent.children_user + spent.children_system


class Attendance:
    """Kept by the call that executes a cell, and by nobody else: it is gone when that call is."""


class Turn:
    """The turn of one cell; ``shield`` is entered around every step but the cell itself."""

    def __init__(self, gate: Gate, kernel: Any, parent: Message, claim: Claim) -> None:
        self.kernel = kernel
        self.parent = parent
        self.thread_ident = get_ident()
        self.claim = claim
        self.settled = False
        self.rejection: Rejection | None = None
        self.shield = Shield(self._note_interrupt)
        self._gate = gate
        self._link = gate.link
        self._is_interrupted = False
        self.has_stopped = self._has_left = False
        self._outcome = "interrupted"
        self._cpu_seconds = 0.0
        self._wanted = ""
        self._began = monotonic()
        self._has_explained = False
        self._patience = Patience(self._link, claim)
        self._cpu_before = 0.0
        self._attendance: weakref.ref[Attendance] | None = None

    def attend(self) -> Attendance:
        """For the call that executes the cell, to be kept until it returns."""
        attendance = Attendance()
        self._attendance = weakref.ref(attendance)
        return attendance

    @property
    def is_executing(self) -> bool:
        """Whether the call that executes the cell goes on, be it suspended or further up the stack.

        No flag that the call lowers could say so: an interrupt may hit it on the way there.
        """
        is_attended = self._attendance is not None and self._attendance() is not None
        return is_attended and not self.has_stopped

    @_fails_open
    def begin(self) -> None:
        """Claim, and wait for the moment that an answer takes."""
        if self.settled:
            return
        self._link.channel.replace_lost()
        self._gate.applied.look(self._link.starts_at_once(self.claim))
        if not self._link.claim(self.claim):
            self._gate.tell_outage(self, notices.OUTAGE)
            self._settle()
            return
        if self.claim.granted is not None:
            self._take({"type": "granted"})
            return
        self._link.listen(self.claim, FAST_WAIT_S)
        answer = self.claim.mailbox.get(0)
        if answer is not None:
            self._take(answer)

    @_fails_open
    def wait(self) -> None:
        """Wait until the claim is settled; blocks the thread."""
        while not self.settled:
            self._take(self.claim.mailbox.get(SILENCE_PART_S))

    async def settle(self) -> None:
        """Wait until the claim is settled, while other tasks of the kernel go on.

        One of these may fork a child that goes on in the loop: what waits here runs in its parent.
        """
        never = asyncio.get_running_loop().create_future()
        try:
            while not self.settled:
                answer = await self.claim.mailbox.receive(SILENCE_PART_S)
                if self.is_foreign:
                    break
                self._take(answer)
        except Exception:
            if not self.is_foreign:
                self._log_failure()
        if self.is_foreign:
            await never

    @property
    def is_foreign(self) -> bool:
        """Whether a forked child came back here too: the turn and its grant are its parent's."""
        return self._link.channel.is_foreign

    def end(self, reply: Any) -> None:
        """Give everything back; exactly once, whatever became of the cell. Idempotent."""
        self.stop(reply)
        self.leave()

    def stop(self, reply: Any) -> None:
        """The cell has ended: undo what was applied to the process. Idempotent."""
        if self.is_foreign:
            return
        with self.shield:
            if not self.has_stopped:
                self.has_stopped = True
                self._undo(reply)

    def leave(self) -> None:
        """Tell the sidecar that the cell, which has stopped, has ended. Idempotent."""
        if self.is_foreign:
            return
        with self.shield:
            if not self._has_left:
                self._has_left = True
                self._tell_end()

    @_fails_open
    def _undo(self, reply: Any) -> None:
        self._cpu_seconds = _cpu_seconds() - self._cpu_before
        self._outcome = _outcome_of(reply)
        self._gate.applied.leave(self.claim.id)

    @_fails_open
    def _tell_end(self) -> None:
        self._gate.forget(self)
        if not self.settled or self.rejection is not None:
            self._link.cancel(self.claim)
        else:
            self._link.release(self.claim, self._outcome, self._cpu_seconds)
            # The next cell most often asks as this one did.
            if self.claim.asked["sources"] and self.claim.granted:
                self._gate.applied.look_ahead(self.claim.granted)

    def _note_interrupt(self) -> None:
        """In the signal handler: all it does is reentrant."""
        self._is_interrupted = True
        self.claim.mailbox.put({"type": "interrupted"})

    def _take(self, answer: Message | None) -> None:
        """Act on one answer; None when there was none for a part of the time of silence."""
        kind = answer["type"] if answer else "silence"
        is_over = self._patience.is_over(answer)
        if self._is_interrupted:
            self.rejection = interrupted(self._wanted)
        elif kind == "silence" and not is_over:
            return
        elif kind == "waiting":
            self._explain(str(answer.get("sentence")))
            return
        elif kind == "refused":
            self._link.forget(self.claim)
            self.rejection = refused(str(answer.get("message")))
        elif kind == "silence" or kind == "absent":
            self._go_on_alone(kind)
        self._settle()

    def _go_on_alone(self, kind: str) -> None:
        """Nobody answers: run the cell all the same, unless the site forbids it."""
        if kind == "silence":
            self._link.give_up(self.claim)
        if self._link.failure == "closed" and self.claim.granted is None:
            self.rejection = refused(notices.CLOSED)
            return
        is_queued = bool(self._wanted)
        self._gate.tell_outage(self, notices.OUTAGE_IN_WAIT if is_queued else notices.OUTAGE)

    def _explain(self, sentence: str) -> None:
        self._wanted = f" {sentence}"
        if not self._has_explained and monotonic() - self._began >= EXPLAIN_AFTER_S:
            self._has_explained = True
            notices.say(self.kernel, self.parent, f"Cellgrant: this cell waits {sentence}")

    def _settle(self) -> None:
        self.settled = True
        if self._has_explained:
            notices.unsay(self.kernel, self.parent)
        if self.rejection is None:
            grant = self.claim.granted or UNGATED
            self._cpu_before = _cpu_seconds()
            self._gate.applied.enter(self.claim.id, grant)
            if grant.get("gpus"):
                self._gate.tell_blindness(self)

    def _log_failure(self) -> None:
        self.settled = True
        self.kernel.log.warning("Cellgrant: the cell runs without its grant", exc_info=True)


def _outcome_of(reply: Any) -> str:
    if not isinstance(reply, dict):
        return "interrupted"
    if reply.get("status") == "ok":
        return "ok"
    # An interrupted asynchronous cell ends with CancelledError.
    is_interrupted = reply.get("ename") in ("KeyboardInterrupt", "CancelledError")
    return "interrupted" if is_interrupted else "error"
