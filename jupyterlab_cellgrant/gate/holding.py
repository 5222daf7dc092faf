"""A claim that waits or runs, as the gate keeps it."""

from __future__ import annotations

import time

from .mailbox import Mailbox
from .wire import UNGATED, Message


class Holding:
    """A claim that waits or runs, until its cell has ended."""

    def __init__(self, claim: Message) -> None:
        self.claim = claim
        self.id: str = claim["id"]
        self.mailbox = Mailbox()
        self.granted: Message | None = None
        self.since = time.monotonic()
        # Whether a sidecar has been told of it: on the present connection, and ever.
        self.told = False
        self.told_once = False

    def grant(self, granted: Message = UNGATED) -> None:
        """From now on it runs, without having been granted anything where nothing is given."""
        self.granted = granted
        self.since = time.monotonic()

    def tell(self) -> None:
        """The sidecar knows of it from now on, for as long as the connection lasts."""
        self.told = self.told_once = True

    def as_message(self) -> Message:
        """As ``hello`` tells it."""
        ago_ms = (time.monotonic() - self.since) * 1000
        return {**self.claim, "granted": self.granted, "agoMs": round(ago_ms, 3)}
