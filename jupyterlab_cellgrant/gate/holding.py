"""A claim that waits or runs, as the gate keeps it."""

from __future__ import annotations

# By name, not by module: a cell may replace what modules hold.
from time import monotonic
from typing import TYPE_CHECKING, Callable, Iterable

from .mailbox import Mailbox
from .wire import UNGATED, Message

if TYPE_CHECKING:
    from .listener import Listener

# So many cells that ended while no sidecar was there are told to the next one.
ENDED_MAX = 16


class Holding:
    """A claim that waits or runs, until its cell has ended."""

    def __init__(self, claim: Message) -> None:
        self.claim = claim
        self.id: str = claim["id"]
        self.mailbox = Mailbox()
        self.granted: Message | None = None
        self.claimed = self.since = monotonic()
        # What the sidecar is still to be told of its end, which came while none was there.
        self.ending: Message | None = None
        # Whether a sidecar has been told of it: on the present connection, and ever.
        self.told = False
        self.told_once = False

    def grant(self, granted: Message = UNGATED) -> None:
        """From now on it runs, without having been granted anything where nothing is given."""
        self.granted = granted
        self.since = monotonic()

    def go_alone(self) -> None:
        """If it waits still, it runs from now on: nobody will answer."""
        if self.granted is None:
            self.grant()
            self.mailbox.put({"type": "absent"})

    def answer(self, message: Message, listener: Listener) -> Callable[[], None] | None:
        """Note an answer to it; what remains to be done without the lock of who calls."""
        kind = message.get("type")
        grant = message.get("grant")
        if kind == "granted" and self.granted is None and isinstance(grant, dict):
            self.grant(grant)
        elif kind == "changed" and self.granted is not None and isinstance(grant, dict):
            self.granted = grant
            return lambda: listener.changed(self)
        elif kind == "interrupt":
            return lambda: listener.interrupt(self, str(message.get("message")))
        elif kind not in ("waiting", "refused") or self.granted is not None:
            return None
        return lambda: self.mailbox.put(message)

    def lose(self, may_go: bool) -> None:
        """The connection is over. What a sidecar knew may go on with its successor, but who never
        reached one goes alone, if that is allowed."""
        self.told = False
        if may_go and not self.told_once:
            self.go_alone()

    def tell(self) -> None:
        """The sidecar knows of it from now on, for as long as the connection lasts."""
        self.told = self.told_once = True

    def is_news(self, others: Iterable[Holding]) -> bool:
        """Whether a sidecar that is away would take it, as it ends, for one that gave up."""
        ended = sum(1 for it in others if it.ending)
        return self.granted is not None and self.told_once and ended < ENDED_MAX

    def told_in_hello(self) -> Message:
        """As ``hello`` tells it; the sidecar knows of it from then on."""
        self.tell()
        ago_ms = (monotonic() - self.since) * 1000
        waited_ms = (self.since - self.claimed) * 1000
        spans = {"agoMs": round(ago_ms, 3), "waitedMs": round(waited_ms, 3)}
        return {**self.claim, "granted": self.granted, **spans}
