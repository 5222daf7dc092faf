"""``cellgrant release``: what a holder keeps between its cells is given back."""

from __future__ import annotations

from typing import Any

import click

from . import api
from .failure import Failure
from .names import completion, find
from .output import json_option, print_json


def names_of(holder: dict[str, Any]) -> list[str]:
    """What a holder may be called, besides its id."""
    return [holder["name"]]


@click.command()
@click.argument("holder", shell_complete=completion(lambda: api.get("holders"), names_of))
@json_option
def release(holder: str, as_json: bool) -> None:
    """Release what a kernel keeps for its next cell.

    A cell with the hint hold keeps its grant when it ends. HOLDER is a name that cellgrant status
    shows, an id, or a prefix of one.

    \b
    Examples:
      cellgrant release train.ipynb
    """
    found = find(holder, api.get("holders"), names_of)
    if found is None:
        raise Failure(f'no holder here is called "{holder}": see cellgrant status.')
    api.delete(f"holders/{found['id']}/hold")
    print_json(found) if as_json else click.echo(f"{found['name']} no longer keeps anything.")
