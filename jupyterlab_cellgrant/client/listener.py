"""What the link to the sidecar tells who made it."""

from __future__ import annotations

from .claim import Claim


class Listener:
    """What the link calls, from its own thread."""

    def welcomed(self) -> None:
        """A sidecar answers (again)."""

    def changed(self, claim: Claim) -> None:
        """The grant of a running claim changed."""

    def interrupt(self, claim: Claim, message: str) -> None:
        """The sidecar wants what a running claim is for to be interrupted."""

    def free(self) -> None:
        """The sidecar wants idle GPU memory back."""
