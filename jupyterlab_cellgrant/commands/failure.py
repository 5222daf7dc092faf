"""How commands fail: one sentence on stderr, and an exit code."""

from __future__ import annotations

from enum import IntEnum
from typing import IO, Any

import click


class Exit(IntEnum):
    """Exit codes of our own; a program that ``run`` started has its own."""

    FAILED = 1
    USAGE = 2
    OCCUPIED = 3


class Failure(click.ClickException):
    """What keeps a command from its work; the message is one sentence for people."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.exit_code = code

    def show(self, file: IO[Any] | None = None) -> None:
        """Say it on stderr."""
        click.echo(f"cellgrant: {self.message}", err=True, file=file)
