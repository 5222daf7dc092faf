"""Why there is no grant."""

from __future__ import annotations

from .wire import Message


class NoSidecarError(ConnectionError):
    """No sidecar answers, or it no longer does."""


class RefusedError(Exception):
    """The sidecar refuses a claim, or refuses this process."""

    def __init__(self, code: str, sentence: str, details: Message | None = None) -> None:
        """``code`` is from the protocol's catalogue; ``details`` has its sentence's figures."""
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
