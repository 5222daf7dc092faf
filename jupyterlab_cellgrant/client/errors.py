"""Why there is no grant."""

from __future__ import annotations

from .wire import Message


class NoSidecarError(ConnectionError):
    """No sidecar answers, or none does any more."""


class RefusedError(Exception):
    """The sidecar refuses a claim, or will not speak with this process."""

    def __init__(self, code: str, sentence: str, details: Message | None = None) -> None:
        """``code`` is of the protocol's catalogue; ``details`` are the figures of its sentence."""
        super().__init__(sentence)
        self.code = code
        self.details = details or {}

    @classmethod
    def of(cls, answer: Message) -> RefusedError:
        """As the sidecar says it."""
        details = answer.get("details")
        return cls(
            str(answer.get("code")),
            str(answer.get("message")),
            details if isinstance(details, dict) else None,
        )
