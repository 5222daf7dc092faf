"""What ``cellgrant status`` prints."""

from __future__ import annotations

import http.client
import json
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ANSWER_WITHIN_S = 5.0
GIB = 1024**3
MIB = 1024**2
# The group of those that are in none.
EVERYBODY = "all"


class SidecarAwayError(Exception):
    """No sidecar answers; the message says where it was looked for and what to do."""


class _UnixConnection(http.client.HTTPConnection):
    """HTTP to a Unix socket, for a program that has no event loop."""

    def __init__(self, path: Path) -> None:
        super().__init__("cellgrant", timeout=ANSWER_WITHIN_S)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def fetch(path: Path, route: str) -> dict[str, Any]:
    """GET a route of the sidecar's API. Raises ``SidecarAwayError`` where nobody answers."""
    connection = _UnixConnection(path)
    try:
        connection.request("GET", route)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise SidecarAwayError(
            f"no sidecar answers at {path} ({error}): it runs while JupyterLab runs with "
            "Cellgrant, or start one with cellgrant sidecar."
        ) from error
    else:
        return answer
    finally:
        connection.close()


def peer_pid(path: Path) -> int:
    """The process that listens at a socket. Raises ``SidecarAwayError`` where nobody does."""
    with socket.socket(socket.AF_UNIX) as it:
        it.settimeout(ANSWER_WITHIN_S)
        try:
            it.connect(str(path))
            # struct ucred: pid, uid, gid (unix(7)).
            credentials = it.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        except OSError as error:
            raise SidecarAwayError(f"no sidecar answers at {path} ({error}).") from error
    return int.from_bytes(credentials[:4], sys.byteorder)


def render(snapshot: dict[str, Any]) -> str:
    """A snapshot (server/protocol/view.ts) as tables for a terminal."""
    now_ms = time.time() * 1000
    claims = snapshot["claims"]
    waiting = [it for it in claims if it["state"] == "waiting"]
    parts = [
        _node(snapshot["node"], {it["id"]: it["name"] for it in snapshot["holders"]}, claims),
        _section("KERNELS", _kernels(snapshot["holders"], now_ms)),
        _section("QUEUE", _queue(waiting, now_ms)),
    ]
    return "\n\n".join(parts)


def _node(node: dict[str, Any], names: dict[str, str], claims: Iterable[dict[str, Any]]) -> str:
    tier = node["tier"]
    busy = node["cpusBusy"]
    rows = [
        ("node", node["name"]),
        (
            "CPUs",
            f"{node['cpus']} ({node['cpuList']}), {_number(node['cpusGranted'])} pinned"
            + ("" if busy is None else f", {busy:.1f} busy"),
        ),
        (
            "memory",
            f"{_bytes(node['memoryBytes'])}, {_amount(node['memoryPromisedBytes'])} promised, "
            f"{_bytes(node['memoryUsedBytes'])} used, "
            f"{_bytes(node['memoryKeptBytes'])} kept by idle kernels, "
            f"{_bytes(node['memoryOthersBytes'])} held by others, "
            f"{_bytes(node['memoryReserveBytes'])} reserve",
        ),
        *(("GPU", _gpu(gpu, names)) for gpu in node["gpus"]),
        ("policy", node["policy"]),
        ("tier", f"{tier['name']}: {tier['reason']}"),
        *(("", f"{it['resource']} not enforced: {it['why']}") for it in tier["notEnforced"]),
        *(("notice", notice) for notice in node["notices"]),
        *(("notice", f"{_cell(it)}: {why}") for it in claims if (why := it.get("notEnforced"))),
    ]
    return "\n".join(f"{name:<8}{value}".rstrip() for name, value in rows)


def _cell(claim: dict[str, Any]) -> str:
    return " ".join(filter(None, (claim["holderName"], claim["label"])))


def _gpu(gpu: dict[str, Any], names: dict[str, str]) -> str:
    who = [names.get(it, it) for it in gpu["leasedTo"]]
    for process in (it for it in gpu["processes"] if not it.get("isDisplay")):
        memory = _bytes(process["memoryBytes"])
        if process["holderId"] is None:
            owner = f" of {process['owner']}" if process["owner"] else ""
            who.append(f"process {process['pid']}{owner} without a lease ({memory})")
        elif not process["leased"]:
            name = names.get(process["holderId"], process["name"])
            who.append(f"{name} keeps {memory}")
    return (
        f"{gpu['index']}: {gpu['model']}, {_bytes(gpu['memoryUsedBytes'])} of "
        f"{_bytes(gpu['memoryBytes'])} used, {', '.join(who) or 'free'}"
    )


def _kernels(kernels: Sequence[dict[str, Any]], now_ms: float) -> list[Sequence[str]]:
    rows = [
        {
            "NAME": it["name"],
            "OWNER": it["owner"],
            "GROUP": it["group"],
            "PID": str(it["pid"]),
            "STATE": it["state"] if it["gated"] else f"{it['state']}, not gated",
            "FOR": _duration(now_ms - it["sinceMs"]),
            "GRANT": _grant(it["grant"]),
            "CPUS": _number(it["cpusBusy"]),
            "MEMORY": _bytes(it["memoryBytes"]),
        }
        for it in kernels
    ]
    has_groups = any(it["group"] != EVERYBODY for it in kernels)
    names = [name for name in (rows[0] if rows else ()) if has_groups or name != "GROUP"]
    return [names, *([row[name] for name in names] for row in rows)]


def _queue(waiting: Iterable[dict[str, Any]], now_ms: float) -> list[Sequence[str]]:
    header = ("POSITION", "KERNEL", "CELL", "OWNER", "WAITED", "WHY")
    return [
        header,
        *(
            (
                str(it["position"]),
                it["holderName"],
                it["label"] or "",
                it["owner"],
                _duration(now_ms - it["arrivedMs"]),
                it["reason"]["sentence"],
            )
            for it in waiting
        ),
    ]


def _section(title: str, rows: list[Sequence[str]]) -> str:
    if len(rows) == 1:
        return f"{title}: none"
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join([title, *lines])


def _grant(grant: dict[str, Any] | None) -> str:
    if grant is None:
        return "-"
    parts = []
    if cpus := grant["cpus"]:
        parts.append(f"CPUs {cpus}")
    if memory := grant["memoryBytes"]:
        parts.append(_amount(memory))
    if gpus := len(grant["gpus"]):
        parts.append(f"{gpus} GPU{'s' if gpus > 1 else ''}")
    return ", ".join(parts) or "a share"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}".removesuffix(".0")


def _amount(value: int) -> str:
    """An amount that somebody wrote, as they did (MEM6): of powers of ten or of two."""
    is_decimal = value % 1000**2 == 0 and value % MIB != 0
    mega, giga, i = (1000**2, 1000**3, "") if is_decimal else (MIB, GIB, "i")
    gigas = f"{value / giga:.2f}".rstrip("0").rstrip(".")
    is_exact = value >= giga and abs(float(gigas) * giga - value) <= 0.5
    if is_exact:
        return f"{gigas} G{i}B"
    return _bytes(value) if value % mega else f"{value // mega} M{i}B"


def _bytes(value: float | None) -> str:
    if value is None:
        return "-"
    amount = value / GIB if value >= GIB else value / MIB
    return f"{_number(amount)} {'GiB' if value >= GIB else 'MiB'}"


def _duration(ms: float) -> str:
    seconds = max(0, int(ms / 1000))
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min"
