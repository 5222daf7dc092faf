"""A claim that waits or runs, as its author keeps it."""

from __future__ import annotations

# By name, not by module: a cell may replace a module's attributes.
from time import monotonic
from typing import TYPE_CHECKING, Callable, Iterable

from .mailbox import Mailbox
from .wire import SILENCE_PARTS, UNGATED, Message

if TYPE_CHECKING:
    from .link import Link, Listener

# At most this many cells that ended while no sidecar ran are reported to the next one.
ENDED_MAX = 16


class Claim:
    """A claim that waits or runs, until its work has ended."""

    def __init__(self, asked: Message) -> None:
        """``asked`` is the claim as the protocol defines it."""
        self.asked = asked
        self.id: str = asked["id"]
        self.mailbox = Mailbox()
        self.granted: Message | None = None
        self.claimed = self.since = monotonic()
        # What is still to be reported of its end, which came while no sidecar ran.
        self.ending: Message | None = None
        # Whether a sidecar knows of it: on the present connection, and ever.
        self.told = False
        self.told_once = False

    def run(self, granted: Message = UNGATED) -> None:
        """It runs from now on, without a grant if none is given."""
        self.granted = granted
        self.since = monotonic()

    def go_alone(self) -> None:
        """If it still waits, it runs from now on: nobody will answer."""
        if self.granted is None:
            self.run()
            self.mailbox.put({"type": "absent"})

    def answer(self, message: Message, listener: Listener) -> Callable[[], None] | None:
        """Record an answer; returns what the caller must do after releasing its lock."""
        kind = message.get("type")
        grant = message.get("grant")
        if kind == "granted" and self.granted is None and isinstance(grant, dict):
            self.run(grant)
        elif kind == "changed" and self.granted is not None and isinstance(grant, dict):
            self.granted = grant
            return lambda: listener.changed(self)
        elif kind == "interrupt":
            return lambda: listener.interrupt(self, str(message.get("message")))
        elif kind not in ("waiting", "refused") or self.granted is not None:
            return None
        return lambda: self.mailbox.put(message)

    def lose(self, may_go: bool) -> None:
        """The connection has ended. What a sidecar knew may go on with its successor, but a claim
        that never reached one runs on its own, if that is allowed."""
        self.told = False
        if may_go and not self.told_once:
            self.go_alone()

    def tell(self) -> None:
        """The sidecar knows of it from now on, for as long as the connection lasts."""
        self.told = self.told_once = True

    def is_news(self, others: Iterable[Claim]) -> bool:
        """Whether a sidecar that is away would take its end for a cancellation."""
        ended = sum(1 for it in others if it.ending)
        return self.granted is not None and self.told_once and ended < ENDED_MAX

    def told_in_hello(self) -> Message:
        """As sent in ``hello``; the sidecar knows of it from then on."""
        self.tell()
        ago_ms = (monotonic() - self.since) * 1000
        waited_ms = (self.since - self.claimed) * 1000
        spans = {"agoMs": round(ago_ms, 3), "waitedMs": round(waited_ms, 3)}
        return {**self.asked, "granted": self.granted, **spans}


class Patience:
    """How long a claim that hears nothing keeps waiting.

    Silence is counted in intervals; what has arrived unread is read before it counts (GATE8).
    """

    def __init__(self, link: Link, claim: Claim) -> None:
        self._link = link
        self._claim = claim
        self._silent_parts = 0

    def is_over(self, answer: Message | None) -> bool:
        """Whether the silence was too long; call it after each interval, with its answer."""
        if answer is not None:
            self._silent_parts = 0
            return False
        self._silent_parts += 1
        self._link.listen(self._claim, 0)
        return self._silent_parts >= SILENCE_PARTS and self._claim.mailbox.is_empty()
