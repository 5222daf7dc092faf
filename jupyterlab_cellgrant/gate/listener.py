"""What the link to the sidecar tells its gate."""

from __future__ import annotations

from .holding import Holding


class Listener:
    """What the link calls, from its own thread."""

    def welcomed(self) -> None:
        """A sidecar answers (again)."""

    def changed(self, holding: Holding) -> None:
        """The grant of a running cell changed."""

    def interrupt(self, holding: Holding, message: str) -> None:
        """The sidecar wants a running cell to be interrupted."""

    def free(self) -> None:
        """The sidecar wants idle GPU memory back."""
