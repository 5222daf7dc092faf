"""A claim that waits or runs, as who made it keeps it."""

from __future__ import annotations

# By name, not by module: a cell may replace what modules hold.
from time import monotonic
from typing import TYPE_CHECKING, Callable, Iterable

from .mailbox import Mailbox
from .wire import SILENCE_PARTS, UNGATED, Message

if TYPE_CHECKING:
    from .link import Link, Listener

# So many cells that ended while no sidecar was there are told to the next one.
ENDED_MAX = 16


class Claim:
    """A claim that waits or runs, until that for which it was made has ended."""

    def __init__(self, asked: Message) -> None:
        """``asked`` is the claim as the protocol has it."""
        self.asked = asked
        self.id: str = asked["id"]
        self.mailbox = Mailbox()
        self.granted: Message | None = None
        self.claimed = self.since = monotonic()
        # What the sidecar is still to be told of its end, which came while none was there.
        self.ending: Message | None = None
        # Whether a sidecar has been told of it: on the present connection, and ever.
        self.told = False
        self.told_once = False

    def run(self, granted: Message = UNGATED) -> None:
        """From now on it runs, without having been granted anything where nothing is given."""
        self.granted = granted
        self.since = monotonic()

    def go_alone(self) -> None:
        """If it waits still, it runs from now on: nobody will answer."""
        if self.granted is None:
            self.run()
            self.mailbox.put({"type": "absent"})

    def answer(self, message: Message, listener: Listener) -> Callable[[], None] | None:
        """Note an answer to it; what remains to be done without the lock of who calls."""
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
        """The connection is over. What a sidecar knew may go on with its successor, but who never
        reached one goes alone, if that is allowed."""
        self.told = False
        if may_go and not self.told_once:
            self.go_alone()

    def tell(self) -> None:
        """The sidecar knows of it from now on, for as long as the connection lasts."""
        self.told = self.told_once = True

    def is_news(self, others: Iterable[Claim]) -> bool:
        """Whether a sidecar that is away would take it, as it ends, for one that gave up."""
        ended = sum(1 for it in others if it.ending)
        return self.granted is not None and self.told_once and ended < ENDED_MAX

    def told_in_hello(self) -> Message:
        """As ``hello`` tells it; the sidecar knows of it from then on."""
        self.tell()
        ago_ms = (monotonic() - self.since) * 1000
        waited_ms = (self.since - self.claimed) * 1000
        spans = {"agoMs": round(ago_ms, 3), "waitedMs": round(waited_ms, 3)}
        return {**self.asked, "granted": self.granted, **spans}


class Patience:
    """How long a claim that hears nothing waits on.

    Silence is counted in parts; what has arrived unheard is read before it counts (GATE8).
    """

    def __init__(self, link: Link, claim: Claim) -> None:
        self._link = link
        self._claim = claim
        self._silent_parts = 0

    def is_over(self, answer: Message | None) -> bool:
        """Whether nothing was said for too long; to be asked after each part, with its answer."""
        if answer is not None:
            self._silent_parts = 0
            return False
        self._silent_parts += 1
        self._link.listen(self._claim, 0)
        return self._silent_parts >= SILENCE_PARTS and self._claim.mailbox.is_empty()
