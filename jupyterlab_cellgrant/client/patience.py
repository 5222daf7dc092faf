"""How long a claim that hears nothing waits on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .wire import SILENCE_PARTS, Message

if TYPE_CHECKING:
    from .claim import Claim
    from .link import Link


class Patience:
    """Silence is counted in parts; what has arrived unheard is read before it counts (GATE8)."""

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
