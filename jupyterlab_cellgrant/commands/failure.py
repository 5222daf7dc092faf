"""How commands fail: one sentence on stderr, and an exit code."""

from __future__ import annotations

from enum import IntEnum
from typing import IO, Any

import click


class Exit(IntEnum):
    """Exit codes of our own: sysexits(3) and env(1) where they have one. README.md lists them.

    A wrong usage is 2, by click.
    """

    FAILED = 1
    ALREADY_SERVED = 3
    HINT = 64
    NEVER = 69
    LATER = 75
    NOT_EXECUTABLE = 126
    NOT_FOUND = 127


# What a claim is refused for, where another exit code says more than that it was.
_OF_REFUSAL = {
    "HINT_INVALID": Exit.HINT,
    "HINT_TOO_LARGE": Exit.HINT,
    "IMPOSSIBLE": Exit.NEVER,
    "ABOVE_LIMIT": Exit.NEVER,
    "ABOVE_CAP": Exit.NEVER,
    "INSIDE": Exit.NEVER,
    "MAX_WAIT": Exit.LATER,
    "CANCELLED": Exit.LATER,
    "TOO_MANY": Exit.LATER,
}


class Failure(click.ClickException):
    """What keeps a command from its work; the message is one sentence for people."""

    def __init__(self, message: str, code: int = Exit.FAILED) -> None:
        super().__init__(message)
        self.exit_code = code

    @classmethod
    def of_refusal(cls, code: str, message: str) -> Failure:
        """A refusal of the sidecar, by its entry in the catalogue."""
        return cls(message, _OF_REFUSAL.get(code, Exit.FAILED))

    def show(self, file: IO[Any] | None = None) -> None:
        """Say it on stderr."""
        say(self.message)


def say(sentence: str) -> None:
    """Tell people something, on stderr; whoever closed it has no use for it."""
    try:
        click.echo(f"cellgrant: {sentence}", err=True)
    except OSError:
        return
