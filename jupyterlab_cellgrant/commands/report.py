"""``cellgrant report``: who had how much, and used how much of it."""

from __future__ import annotations

import csv
import sys
from typing import Any
from urllib.parse import urlencode

import click

from . import api
from .amounts import GIB, number, span
from .failure import Failure
from .options import range_options
from .output import json_option, print_json, show, table

HOUR_S = 3600


@click.command()
@click.option(
    "--by",
    type=click.Choice(("user", "group", "notebook", "day")),
    default="user",
    show_default=True,
    help="What is added up.",
)
@range_options
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, in the units of the API.")
@json_option
def report(by: str, begin: str | None, end: str | None, as_csv: bool, as_json: bool) -> None:
    """Show who had how much, used how much of it, and waited how long; of the last day by default.

    \b
    Examples:
      cellgrant report --by user --from 2026-11-01
      cellgrant report --by day --from 7d --csv
    """
    if as_csv and as_json:
        raise Failure("expected either --csv or --json.")
    named = {"by": by, "from": begin, "to": end}
    query = urlencode({name: it for name, it in named.items() if it is not None})
    found = api.get(f"report?{query}")
    if as_json:
        print_json(found)
    elif as_csv:
        _print_csv(found["rows"])
    else:
        show(
            table(f"BY {by.upper()}", [_row(by, it) for it in found["rows"]], wrapped=(by.upper(),))
        )


def _print_csv(rows: list[dict[str, Any]]) -> None:
    if rows:
        out = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def _row(by: str, it: dict[str, Any]) -> dict[str, str]:
    wasted = max(0.0, it["cpuSecondsHeld"] - it["cpuSeconds"])
    return {
        by.upper(): it["key"] or "-",
        "CELLS": str(it["executions"]),
        "WAITED": span(it["waitedMs"]),
        "RAN": span(it["ranMs"]),
        "CPU HOURS": _hours(it["cpuSeconds"]),
        "HELD": _hours(it["cpuSecondsHeld"]),
        "WASTED": _hours(wasted),
        "GIB HOURS": _hours(it["memoryByteSecondsUsed"] / GIB),
        "GIB HELD": _hours(it["memoryByteSecondsHeld"] / GIB),
        "GPU HOURS": _hours(it["gpuSecondsUsed"]),
        "GPU HELD": _hours(it["gpuSecondsHeld"]),
    }


def _hours(seconds: float) -> str:
    hours = seconds / HOUR_S
    return number(hours) if hours >= 1 or hours == 0 else f"{hours:.2g}"
