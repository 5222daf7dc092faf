"""Commands in the order in which they were added."""

from __future__ import annotations

import click


class InOrder(click.Group):
    """Lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Those that are used most come first."""
        return list(self.commands)
