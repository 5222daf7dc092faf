"""``cellgrant replay``: what other policies would have done with what ran."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from . import api
from .amounts import span
from .exchange import exchange, query_of
from .options import range_options, setting, settings_of
from .output import facts, json_option, print_json, show, table

NAMES = {
    "system": "the operating system alone",
    "partitioned": "equal parts for each kernel",
    "dynamic": "Cellgrant",
    "measured": "Cellgrant, asked for the memory that was used",
}


@click.command()
@click.argument("file", required=False)
@range_options
@setting("node")
@json_option
def replay(
    file: str | None, begin: str | None, end: str | None, as_json: bool, **said: Any
) -> None:
    """Show what each policy would have done with what ran: with FILE, or with the history.

    FILE is a trace (cellgrant profile) or an export (cellgrant history export). The same cells run
    with the same time in between, simulated on the node of this sidecar by the arbiter itself.
    Without FILE and --from, the last week is replayed.

    \b
    Examples:
      cellgrant replay
      cellgrant replay --from 2026-11-01 --to 2026-12-01
      cellgrant replay course.trace.json
    """
    query = query_of({"from": begin or (None if file else "7 d"), "to": end})
    words = ["replay", str(api.socket_path()), file or "", query]
    found = exchange(settings_of(said).node, words)
    print_json(found) if as_json else show(*_shown(found))


def _shown(found: dict[str, Any]) -> list[Any]:
    if not found["executions"]:
        return ["Nothing ran in that time."]
    recorded = found["recorded"]
    waited = recorded["waitedMs"]
    best = min(found["replayed"], key=lambda it: it["waitedMs"] + it["lostMs"])
    rows = [
        (
            "replayed",
            f"{found['executions']} executions, {_day(found['fromMs'])} to {_day(found['toMs'])}",
        ),
        ("recorded", f"{span(waited)} of waiting, {span(recorded['ranMs'])} of running"),
        *(("left out", it) for it in _left_out(found["leftOut"])),
        ("", _verdict(waited, best)),
    ]
    return [facts(rows), table("WHAT WOULD HAVE BEEN", [_row(it) for it in found["replayed"]])]


def _verdict(waited: float, best: dict[str, Any]) -> str:
    avoidable = max(0.0, waited - best["waitedMs"])
    if avoidable < 1000:
        return "No policy would have saved any of the waiting."
    return f"{span(avoidable)} of the waiting were avoidable with: {NAMES[best['contender']]}."


def _left_out(counts: dict[str, int]) -> list[str]:
    whys = {
        "neverRan": "never ran",
        "inside": "ran inside another cell of their kernel",
        "impossible": "ask for more than this node has",
    }
    return [f"{counts[name]} that {why}" for name, why in whys.items() if counts[name]]


def _row(it: dict[str, Any]) -> dict[str, str]:
    return {
        "POLICY": NAMES[it["contender"]],
        "WAITED": span(it["waitedMs"]),
        "LOST": span(it["lostMs"]),
        "SLOWDOWN": f"{it['antt']:.2f}x",
        "REFUSED": str(it["refused"]),
    }


def _day(ms: float) -> str:
    return datetime.fromtimestamp(ms / 1000).strftime("%Y-%m-%d %H:%M")
