"""``cellgrant queue``, ``cancel``, ``move-up``: who waits, who shall no longer, and who first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from . import api
from .amounts import span
from .failure import Failure
from .names import ID_CHARS_SHOWN, completion, find
from .output import json_option, print_json, show, table

if TYPE_CHECKING:
    from rich.console import RenderableType


def _waiting() -> list[dict[str, Any]]:
    return in_state(api.get("claims"), "waiting")


def names_of(claim: dict[str, Any]) -> list[str]:
    """What a claim may be called, besides its id."""
    return [cell_of(claim), claim["holderName"], *filter(None, [claim["label"]])]


@click.command()
@json_option
def queue(as_json: bool) -> None:
    """Show who waits: for what, behind whom, and for how long.

    \b
    Examples:
      cellgrant queue
      cellgrant queue --json | jq '.[].reason.sentence'
    """
    print_json(_waiting()) if as_json else show(queue_of(_waiting(), time.time() * 1000))


@click.command()
@click.argument("claim", shell_complete=completion(_waiting, names_of))
@json_option
def cancel(claim: str, as_json: bool) -> None:
    """Cancel a waiting claim; its cell or command does not run.

    CLAIM is what cellgrant queue shows: an id or a prefix of one, a label, or the name of the
    waiting holder.

    \b
    Examples:
      cellgrant cancel 3f2a
      cellgrant cancel train.ipynb
    """
    found = _called(claim)
    api.delete(f"claims/{found['id']}")
    print_json(found) if as_json else click.echo(f"{cell_of(found)} no longer waits.")


@click.command("move-up")
@click.argument("claim", shell_complete=completion(_waiting, names_of))
@json_option
def move_up(claim: str, as_json: bool) -> None:
    """Let a waiting claim of yours go before your others.

    Those of the same priority exchange their turns, so nobody else's place changes. CLAIM is what
    cellgrant queue shows: an id or a prefix of one, a label, or the name of the waiting holder.

    \b
    Examples:
      cellgrant move-up 3f2a
      cellgrant move-up train.ipynb
    """
    found = _called(claim)
    api.post(f"claims/{found['id']}/move-up", {})
    print_json(found) if as_json else click.echo(
        f"{cell_of(found)} goes before your others of the same priority."
    )


def _called(claim: str) -> dict[str, Any]:
    """The claim of this name; one that runs is found, too: the sidecar says what is wrong."""
    claims = api.get("claims")
    among = (in_state(claims, it) for it in ("waiting", "running"))
    found = next(filter(None, (find(claim, it, names_of) for it in among)), None)
    if found is None:
        raise Failure(f'no waiting claim is called "{claim}": see cellgrant queue.')
    return found


def queue_of(waiting: Sequence[dict[str, Any]], now_ms: float) -> RenderableType:
    """Those that wait, as a table."""
    rows = [
        {
            "POSITION": str(it["position"]),
            "ID": it["id"][:ID_CHARS_SHOWN],
            "HOLDER": it["holderName"],
            "CELL": it["label"] or "",
            "OWNER": it["owner"],
            "WAITED": span(now_ms - it["arrivedMs"]),
            "WHY": it["reason"]["sentence"],
        }
        for it in waiting
    ]
    return table("QUEUE", rows, wrapped=("HOLDER", "WHY"))


def cell_of(claim: dict[str, Any]) -> str:
    """A claim as people know it: its holder and its label."""
    return " ".join(filter(None, (claim["holderName"], claim["label"])))


def in_state(claims: Sequence[dict[str, Any]], state: str) -> list[dict[str, Any]]:
    """Those in this state, in their order."""
    return [it for it in claims if it["state"] == state]
