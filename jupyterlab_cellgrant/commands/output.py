"""How commands show what they know: tables for people, JSON for programs."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

# Nothing is broken where no terminal's edge is in the way: a program may read it.
UNBOUNDED = 10_000

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for programs (README.md, From a terminal)."
)


def print_json(value: Any) -> None:
    """As a program reads it, and a person can."""
    click.echo(json.dumps(value, indent=2))


def print_line(value: Any) -> None:
    """As JSON on a line of its own, for a program that reads it while we go on."""
    click.echo(json.dumps(value))
    sys.stdout.flush()


def show(*parts: RenderableType) -> None:
    """Print parts with a blank line between them, as wide as the terminal."""
    click.echo(text_of(parts, terminal_width()))


def terminal_width() -> int:
    """In columns."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else UNBOUNDED


def text_of(parts: Sequence[RenderableType], width: int) -> str:
    """Parts as plain text of this width, with a blank line between them."""
    from rich.console import Console

    texts = []
    for part in parts:
        console = Console(
            file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False
        )
        with console.capture() as captured:
            console.print(part)
        texts.append("\n".join(line.rstrip() for line in captured.get().splitlines()))
    return "\n\n".join(texts)


def table(
    title: str, rows: Sequence[dict[str, str]], wrapped: Collection[str] = ()
) -> RenderableType:
    """Rows of the same names under a title; only the columns that are ``wrapped`` may be broken."""
    from rich.console import Group
    from rich.table import Table

    if not rows:
        return f"{title}: none"
    columns = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in rows[0]:
        columns.add_column(name, no_wrap=name not in wrapped, overflow="fold")
    for row in rows:
        columns.add_row(*row.values())
    return Group(title, columns)


def facts(rows: Sequence[tuple[str, str]]) -> RenderableType:
    """Names with what is said of each; one without a name goes on with the one before."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, min_width=6)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid
