"""``cellgrant status``: the node, its holders and its queue."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from . import api
from .amounts import granted, measured, number, span, written
from .caps import lines_of
from .output import facts, json_option, print_json, show, table
from .queue import cell_of, in_state, queue_of

if TYPE_CHECKING:
    from rich.console import RenderableType

# The group of those that are in none.
EVERYBODY = "all"


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Show the node, who holds what, and the queue.

    \b
    Examples:
      cellgrant status                     show who holds what, and who waits
      cellgrant status --json | jq .node   the node, for programs
    """
    snapshot = api.get("snapshot")
    print_json(snapshot) if as_json else show(*parts_of(snapshot))


def parts_of(snapshot: dict[str, Any]) -> list[RenderableType]:
    """A snapshot (server/protocol/view.ts) as parts of a page."""
    now_ms = time.time() * 1000
    holders = snapshot["holders"]
    names = {it["id"]: it["name"] for it in holders}
    return [
        facts([*_node(snapshot["node"], names, snapshot["claims"]), *lines_of(snapshot["caps"])]),
        table("HOLDERS", _holders(holders, now_ms), wrapped=("NAME", "GROUP", "STATE", "GRANT")),
        queue_of(in_state(snapshot["claims"], "waiting"), now_ms),
    ]


def _node(
    node: dict[str, Any], names: dict[str, str], claims: Iterable[dict[str, Any]]
) -> list[tuple[str, str]]:
    tier = node["tier"]
    busy = node["cpusBusy"]
    return [
        ("node", node["name"]),
        (
            "CPUs",
            f"{node['cpus']} ({node['cpuList']}), {number(node['cpusGranted'])} pinned"
            + ("" if busy is None else f", {busy:.1f} busy"),
        ),
        (
            "memory",
            f"{measured(node['memoryBytes'])}, {written(node['memoryPromisedBytes'])} promised, "
            f"{measured(node['memoryUsedBytes'])} used, "
            f"{measured(node['memoryKeptBytes'])} kept by idle kernels, "
            f"{measured(node['memoryOthersBytes'])} held by others, "
            f"{measured(node['memoryReserveBytes'])} reserve",
        ),
        *(("GPU", _gpu(gpu, names)) for gpu in node["gpus"]),
        ("policy", node["policy"]),
        ("tier", f"{tier['name']}: {tier['reason']}"),
        *(("", f"{it['resource']} not enforced: {it['why']}") for it in tier["notEnforced"]),
        *([("notice", node["drain"]["sentence"])] if node.get("drain") else []),
        *(("notice", notice) for notice in node["notices"]),
        *(
            ("notice", f"{cell_of(it)}: {why['sentence']}")
            for it in claims
            if (why := it.get("notEnforced"))
        ),
    ]


def _gpu(gpu: dict[str, Any], names: dict[str, str]) -> str:
    who = [names.get(it, it) for it in gpu["leasedTo"]]
    for process in (it for it in gpu["processes"] if not it.get("isDisplay")):
        memory = measured(process["memoryBytes"])
        if process["holderId"] is None:
            owner = f" of {process['owner']}" if process["owner"] else ""
            who.append(f"process {process['pid']}{owner} without a grant ({memory})")
        elif not process["leased"]:
            name = names.get(process["holderId"], process["name"])
            who.append(f"{name} keeps {memory}")
    return (
        f"{gpu['index']}: {gpu['model']}, {measured(gpu['memoryUsedBytes'])} of "
        f"{measured(gpu['memoryBytes'])} used, {', '.join(who) or 'free'}"
    )


def _holders(holders: Sequence[dict[str, Any]], now_ms: float) -> list[dict[str, str]]:
    """What is the same for all as usual is not shown."""
    unusual = {"KIND": any(it["kind"] != "kernel" for it in holders)}
    unusual["GROUP"] = any(it["group"] != EVERYBODY for it in holders)
    rows = (_holder(it, now_ms) for it in holders)
    return [{name: it for name, it in row.items() if unusual.get(name, True)} for row in rows]


def _holder(it: dict[str, Any], now_ms: float) -> dict[str, str]:
    return {
        "NAME": it["name"],
        "KIND": it["kind"],
        "OWNER": it["owner"],
        "GROUP": it["group"],
        # Of others' there is none to see.
        "PID": str(it["pid"] or "-"),
        "STATE": it["state"] if it["gated"] else f"{it['state']}, not gated",
        "FOR": span(now_ms - it["sinceMs"]),
        "GRANT": granted(it["grant"]),
        "CPUS": number(it["cpusBusy"]),
        "MEMORY": measured(it["memoryBytes"]),
    }
