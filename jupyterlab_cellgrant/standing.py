"""The state of the sidecar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["starting", "own", "joined", "away", "stopped"]


@dataclass(frozen=True)
class Status:
    """The state of the sidecar; `sentence` is for people."""

    state: State
    sentence: str

    @property
    def is_up(self) -> bool:
        """Whether there is a sidecar to talk to."""
        return self.state in ("own", "joined")
