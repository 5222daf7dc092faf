"""``cellgrant history``: what ran, and its exchange with files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from . import api
from .amounts import granted, measured, number, span
from .exchange import exchange, query_of
from .options import range_options, setting, settings_of
from .output import json_option, print_json, show, table

LAST_MAX = 1000


@click.group(invoke_without_command=True)
@range_options
@click.option("--notebook", metavar="PATH", help="Only of this notebook.")
@click.option("--owner", metavar="USER", help="Only of this user.")
@click.option(
    "--last",
    type=click.IntRange(1, LAST_MAX),
    default=20,
    show_default=True,
    help="How many, the latest last.",
)
@json_option
@click.pass_context
def history(
    context: click.Context, begin: str | None, end: str | None, as_json: bool, **named: Any
) -> None:
    """Show the last cells and commands that ran: what they were granted, and what they used.

    \b
    Examples:
      cellgrant history --from 2h
      cellgrant history --notebook train.ipynb --last 5
      cellgrant history export november.parquet --from 2026-11-01 --to 2026-12-01
    """
    if context.invoked_subcommand is not None:
        return
    query = query_of({"from": begin, "to": end, **named})
    found = api.get(f"history?{query}")["executions"]
    print_json(found) if as_json else show(
        table("HISTORY", [_row(it) for it in found], wrapped=("HOLDER", "CELL"))
    )


@click.command()
@click.argument("file")
@range_options
@setting("node")
@json_option
def export(file: str, begin: str | None, end: str | None, as_json: bool, **said: Any) -> None:
    """Write what ran to FILE, which ends with .csv, .json or .parquet: one row each.

    \b
    Examples:
      cellgrant history export all.parquet
      cellgrant history export today.csv --from 2026-11-30
    """
    words = ["export", str(api.socket_path()), file, query_of({"from": begin, "to": end})]
    done = exchange(settings_of(said).node, words)
    print_json(done) if as_json else click.echo(f"{_count(done['rows'])} written to {file}.")


@click.command("import")
@click.argument("file")
@setting("node")
@json_option
def import_(file: str, as_json: bool, **said: Any) -> None:
    """Add what another sidecar exported to FILE; what is there already is not doubled.

    \b
    Examples:
      cellgrant history import all.parquet
    """
    done = exchange(settings_of(said).node, ["import", str(api.socket_path()), file])
    if as_json:
        print_json(done)
    else:
        click.echo(f"{_count(done['rows'])} in {file}, of which {done['added']} were new.")


def _count(rows: int) -> str:
    return f"{rows} execution{'' if rows == 1 else 's'}"


def _row(execution: dict[str, Any]) -> dict[str, str]:
    used = execution["used"] or {}
    began = execution["grantedMs"]
    ended = execution["endedMs"]
    return {
        "ENDED": datetime.fromtimestamp(ended / 1000).strftime("%Y-%m-%d %H:%M:%S"),
        "OWNER": execution["owner"],
        "HOLDER": execution["holderName"],
        "CELL": execution["label"] or "",
        "WAITED": span((ended if began is None else began) - execution["arrivedMs"]),
        "RAN": "-" if began is None else span(ended - began),
        "GRANTED": granted(execution["grant"]),
        "CPU SECONDS": number(used.get("cpuSeconds")),
        "MEMORY": measured(used.get("memoryPeakBytes")),
        "OUTCOME": execution["outcome"],
    }


for _command in (export, import_):
    history.add_command(_command)
