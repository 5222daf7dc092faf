"""``cellgrant admin``: what only administrators of the node may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

import click

from . import api, holders, queue
from .amounts import written
from .caps import NAMES, cap
from .failure import Failure
from .names import completion, find
from .order import InOrder
from .output import json_option, print_json, show, table

Command = TypeVar("Command", bound=Callable[..., Any])
Found = dict[str, Any]

why_option = click.option("--why", metavar="TEXT", help="The reason, for those concerned.")


def _claims(*states: str) -> list[Found]:
    claims = api.get("claims")
    return [it for state in states for it in queue.in_state(claims, state)]


def _evictable() -> list[Found]:
    return [*_claims("running"), *api.get("holders")]


def _names_of(found: Found) -> list[str]:
    return queue.names_of(found) if "holderName" in found else holders.names_of(found)


def _holder(word: str) -> Found:
    found = find(word, api.get("holders"), holders.names_of)
    if found is None:
        raise Failure(f'no holder here is called "{word}": see cellgrant status.')
    return found


@click.group(cls=InOrder)
def admin() -> None:
    """Drain the node, cancel, evict, move and cap, as an administrator.

    Administrators are root, and whom the configuration of cellgrant serve names
    (administrators). What they do here, and what others try, is recorded.

    \b
    Examples:
      cellgrant admin drain --why 'a reboot at six'
      cellgrant admin evict train.ipynb
      cellgrant admin log
    """


@click.command()
@why_option
@json_option
def drain(why: str | None, as_json: bool) -> None:
    """Grant nothing new from now on.

    Running cells go on, and what they start runs. All other cells and commands wait, and say who
    drains the node and why, until cellgrant admin undrain; also after a restart of the sidecar.

    \b
    Examples:
      cellgrant admin drain --why 'a reboot at six'
    """
    api.put("admin/drain", {"why": why})
    running = _claims("running")
    if as_json:
        print_json(api.get("node")["drain"])
    else:
        click.echo(f"Nothing new is granted any more; {_count(running)} still running.")


def _count(running: list[Found]) -> str:
    return f"{len(running)} claim{' is' if len(running) == 1 else 's are'}"


@click.command()
@json_option
def undrain(as_json: bool) -> None:
    """Grant as usual again.

    \b
    Examples:
      cellgrant admin undrain
    """
    api.delete("admin/drain")
    print_json(api.get("node")["drain"]) if as_json else click.echo("Claims are granted as usual.")


@click.command()
@click.argument("claim", shell_complete=completion(lambda: _claims("waiting"), queue.names_of))
@why_option
@json_option
def cancel(claim: str, why: str | None, as_json: bool) -> None:
    """Cancel a waiting claim of any user.

    CLAIM is what cellgrant queue shows: an id or a prefix of one, a label, or the name of the
    waiting holder.

    \b
    Examples:
      cellgrant admin cancel 3f2a --why 'this node is for the course today'
    """
    among = (_claims(it) for it in ("waiting", "running"))
    found = next(filter(None, (find(claim, it, queue.names_of) for it in among)), None)
    if found is None:
        raise Failure(f'no waiting claim is called "{claim}": see cellgrant queue.')
    api.post("admin/cancel", {"claim": found["id"], "why": why})
    print_json(found) if as_json else click.echo(f"{queue.cell_of(found)} no longer waits.")


@click.command()
@click.argument("what", metavar="HOLDER|CLAIM", shell_complete=completion(_evictable, _names_of))
@why_option
@click.option(
    "--grace",
    metavar="SPAN",
    help="Time until it is interrupted, such as 30s or 0s; by default the configured grace.",
)
@json_option
def evict(what: str, why: str | None, grace: str | None, as_json: bool) -> None:
    """Take back what a holder has and keeps, or what one claim has.

    Cells are interrupted, and commands terminated, after a grace. HOLDER is a name that cellgrant
    status shows, an id, or a prefix of one; CLAIM is the id of a running claim.

    \b
    Examples:
      cellgrant admin evict train.ipynb --grace 5min --why 'a reboot at six'
    """
    holder = find(what, api.get("holders"), holders.names_of)
    found = holder or find(what, _claims("running", "waiting"), queue.names_of)
    if found is None:
        raise Failure(f'no holder or claim here is called "{what}": see cellgrant status.')
    named = {"holder" if holder else "claim": found["id"]}
    api.post("admin/evict", {**named, "grace": grace, "why": why})
    name = found["name"] if holder else queue.cell_of(found)
    print_json(found) if as_json else click.echo(f"What {name} has is taken back.")


@click.command()
@click.argument("holder", shell_complete=completion(lambda: api.get("holders"), holders.names_of))
@click.argument("group", required=False)
@click.option("--back", is_flag=True, help="Back where the configuration has it.")
@why_option
@json_option
def move(holder: str, group: str | None, back: bool, why: str | None, as_json: bool) -> None:
    """Put a holder into another group from now on, or back.

    It stays there until it ends. What it was granted stays as it is. GROUP is a path such as
    atlas/prod, or all for none of the groups.

    \b
    Examples:
      cellgrant admin move train.ipynb atlas/prod
      cellgrant admin move train.ipynb --back
    """
    if back == (group is not None):
        raise click.UsageError("Name a group, or say --back.")
    found = _holder(holder)
    api.post("admin/move", {"holder": found["id"], "group": group, "why": why})
    after = _holder(found["id"])
    print_json(after) if as_json else click.echo(f"{after['name']} is in {after['group']}.")


@click.command()
@click.option("--since", metavar="WHEN", help="From a date on, or from a time ago, such as 2h.")
@json_option
def log(since: str | None, as_json: bool) -> None:
    """Show what was ordered and tried, the latest last.

    \b
    Examples:
      cellgrant admin log --since 2026-11-30
      cellgrant admin log --since 2h --json | jq '.records[].action'
    """
    query = f"?{urlencode({'since': since})}" if since else ""
    found = api.get(f"admin/log{query}")
    if as_json:
        print_json(found)
        return
    show(table("AUDIT LOG", [_row(it) for it in found["records"]], wrapped=("ON", "WHY")))
    if unreadable := found["unreadable"]:
        click.echo(f"Lines that are no records, and not shown: {unreadable}")


def _row(record: Found) -> dict[str, str]:
    on = record["on"]
    known = ("name", "owner", "user", "group", "policy", "claim", "holder")
    named = [f"{it} {on[it]}" for it in known if on.get(it) is not None]
    named += [f"{on[it]} {name}" for it, name in NAMES.items() if it in on]
    named += [f"{written(on['memoryBytes'])} of memory"] if "memoryBytes" in on else []
    return {
        "TIME": record["time"].partition(".")[0].replace("T", " "),
        "WHO": record["user"],
        "ACTION": record["action"],
        "ON": ", ".join(named),
        "WHY": record["why"] or "",
        "OUTCOME": record["outcome"],
    }


for _command in (drain, undrain, cancel, evict, move, cap, log):
    admin.add_command(_command)
