"""Caps in words, and ``cellgrant admin cap``, which orders them."""

from __future__ import annotations

import re
from typing import Any

import click

from . import api
from .amounts import measured, number, written
from .hints import DIGITS
from .output import json_option, print_json

Cap = dict[str, Any]

NAMES = {"kernels": "kernels", "cells": "running cells", "gpus": "GPUs", "cpus": "CPUs"}


def whose(cap: Cap) -> str:
    """The user or the group that has it, as people call them."""
    group = "" if cap["group"] == "all" else f"the group {cap['group']}"
    if cap["user"] is None:
        return group or "everybody together"
    return f"{cap['user']} in {group}" if group else cap["user"]


def taken(cap: Cap) -> str:
    """How much of each is taken: ``1.5 GiB of 100 GiB of memory, 2 of 4 GPUs``."""
    return ", ".join(_taken(it["what"], it["used"], it["most"]) for it in cap["caps"])


def _taken(what: str, used: float, most: float) -> str:
    if what == "memory":
        return f"{measured(used)} of {written(most)} of memory"
    return f"{number(used)} of {number(most)} {NAMES[what]}"


def ordered(cap: Cap) -> str:
    """Who ordered it, and why; empty if the configuration has it."""
    order = cap["order"]
    if order is None:
        return ""
    return f", ordered by {order['by']}" + (f" ({order['why']})" if order["why"] else "")


def lines_of(caps: list[Cap]) -> list[tuple[str, str]]:
    """A line for each group and user that is capped."""
    return [("cap", f"{whose(it)}: {taken(it)}{ordered(it)}") for it in caps]


@click.command()
@click.option("--user", metavar="NAME", help="Whom to cap, on the whole node.")
@click.option("--group", metavar="PATH", help="All of which group to cap, or all for everybody.")
@click.option("--memory", metavar="AMOUNT", help="The most memory, such as 100GiB.")
@click.option("--gpus", type=int, metavar="N", help="The most GPUs.")
@click.option("--cells", type=int, metavar="N", help="The most running cells.")
@click.option("--kernels", type=int, metavar="N", help="The most kernels.")
@click.option("--cpus", metavar="N|N%", help="The most CPUs, or a part of the node's.")
@click.option("--clear", is_flag=True, help="Take back what was ordered: as configured again.")
@click.option("--why", metavar="TEXT", help="The reason, for those concerned.")
@json_option
def cap(
    user: str | None,
    group: str | None,
    clear: bool,
    why: str | None,
    as_json: bool,
    **said: int | str | None,
) -> None:
    """Cap what a user or a group may have at once.

    What is named applies in place of what the configuration says, be that lower or higher, until
    --clear; also after a restart of the sidecar. Running cells keep what they have.

    \b
    Examples:
      cellgrant admin cap --user ann --memory 100GiB --why 'a course until six'
      cellgrant admin cap --group atlas/prod --gpus 2 --cells 4
      cellgrant admin cap --user ann --clear
    """
    caps = {name: _value(it) for name, it in said.items() if it is not None}
    if (user is None) == (group is None):
        raise click.UsageError("Name either a --user or a --group.")
    if clear == bool(caps):
        raise click.UsageError("Name what to cap, such as --gpus 2, or say --clear.")
    owner = {"user": user} if group is None else {"group": group}
    api.post("admin/cap", {**owner, "caps": None if clear else caps, "why": why})
    found = _standing(group or "all", user)
    if as_json:
        print_json(found)
    elif clear:
        click.echo(f"{user or group} may have what the configuration says.")
    else:
        click.echo(f"{whose(found)}: {taken(found)}{ordered(found)}." if found else "Capped.")


def _standing(group: str, user: str | None) -> Cap | None:
    caps = api.get("snapshot")["caps"]
    return next((it for it in caps if (it["group"], it["user"]) == (group, user)), None)


def _value(said: int | str) -> float | str:
    """As JSON has it; what is no plain number is left to the sidecar."""
    is_number = re.fullmatch(rf"\s*{DIGITS}(\.{DIGITS})?\s*", str(said))
    return float(said) if is_number and isinstance(said, str) else said
