"""What ``cellgrant status`` makes of a snapshot."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from ..commands.amounts import granted
from ..commands.output import UNBOUNDED, text_of
from ..commands.status import parts_of

GIB = 1024**3


def render(snapshot: dict[str, Any], width: int = UNBOUNDED) -> str:
    return text_of(parts_of(snapshot), width)


def ask(**fields: Any) -> dict[str, Any]:
    return {"id": "c", "holderId": "k", "cellId": None, "owner": "al", "label": "[7]", **fields}


TIER = {
    "name": "cgroup-v1",
    "reason": "it works here.",
    "notEnforced": [{"resource": "gpus", "why": "no fence"}],
}
GPU = {
    "index": 0,
    "model": "H200",
    "memoryBytes": 139 * GIB,
    "memoryUsedBytes": None,
    "leasedTo": ["k"],
    "processes": [
        {
            "pid": 42,
            "name": "py",
            "memoryBytes": GIB,
            "owner": "al",
            "holderId": "k",
            "leased": True,
        },
        {
            "pid": 43,
            "name": "py",
            "memoryBytes": 2 * GIB,
            "owner": "al",
            "holderId": "r",
            "leased": False,
        },
        {
            "pid": 7,
            "name": "x",
            "memoryBytes": GIB,
            "owner": "eve",
            "holderId": None,
            "leased": False,
        },
    ],
}
NODE = {
    "name": "big",
    "cpus": 8,
    "cpuList": "0-7",
    "cpusGranted": 4,
    "cpusBusy": 4.04,
    "memoryBytes": 64 * GIB,
    "memoryPromisedBytes": 1500 * 1000**2,
    "memoryKeptBytes": GIB // 2,
    "memoryReserveBytes": 2 * GIB,
    "memoryOthersBytes": 18 * GIB,
    "memoryUsedBytes": 20 * GIB,
    "gpus": [GPU],
    "tier": TIER,
    "policy": "dynamic",
    "notices": ["one reader failed"],
}


@pytest.mark.parametrize(
    ("cpus", "text"), [("0", "CPU 0"), ("0-3", "CPUs 0-3"), ("0,2", "CPUs 0,2")]
)
def test_names_the_cpus_of_a_grant(cpus: str, text: str) -> None:
    assert granted({"cpus": cpus, "memoryBytes": None, "gpus": []}) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (500 * 1000**2, "500 MB"),
        (1024 * 1000**2, "1024 MB"),
        (1500 * 1024**2, "1500 MiB"),
        (GIB + GIB // 4, "1.25 GiB"),
        (400 * 1024**2, "400 MiB"),
        (GIB + 4096, "1 GiB"),
        (0, "0 MiB"),
    ],
)
def test_shows_an_amount_as_its_author_wrote_it(value: int, text: str) -> None:
    """[MEM6]"""
    node = {**NODE, "memoryPromisedBytes": value}
    shown = render({"node": node, "holders": [], "claims": [], "caps": []})
    assert f"64 GiB, {text} promised" in shown


def test_tells_who_holds_what_and_who_waits() -> None:
    now_ms = time.time() * 1000
    kernel = {
        "id": "k",
        "kind": "kernel",
        "name": "tr.ipynb",
        "pid": 42,
        "owner": "al",
        "group": "all",
        "state": "running",
        "gated": True,
        "sinceMs": now_ms - 61_000,
        "grant": {"cpus": "0-3", "threads": 4, "memoryBytes": 8 * GIB, "gpus": ["GPU-1"]},
        "cpusBusy": 3.96,
        "memoryBytes": GIB // 2,
    }
    other = {**kernel, "id": "r", "name": "r.ipynb", "state": "idle", "gated": False, "grant": None}
    waiting = ask(
        state="waiting",
        holderName="next.ipynb",
        arrivedMs=now_ms - 5000,
        position=1,
        reason={"sentence": "for 1 GPU; it is held by tr.ipynb"},
    )
    done = ask(state="done", holderName="x")
    text = render({"node": NODE, "holders": [kernel, other], "claims": [waiting, done], "caps": []})
    assert text.splitlines() == [
        "node    big",
        "CPUs    8 (0-7), 4 pinned, 4.0 busy",
        "memory  64 GiB, 1.5 GB promised, 20 GiB used, 512 MiB kept by idle kernels, "
        "18 GiB held by others, 2 GiB reserve",
        "GPU     0: H200, - of 139 GiB used, tr.ipynb, r.ipynb keeps 2 GiB, "
        "process 7 of eve without a grant (1 GiB)",
        "policy  dynamic",
        "tier    cgroup-v1: it works here.",
        "        gpus not enforced: no fence",
        "notice  one reader failed",
        "",
        "HOLDERS",
        "NAME      OWNER  PID  STATE            FOR         GRANT                   CPUS  MEMORY",
        "tr.ipynb  al     42   running          1 min 01 s  CPUs 0-3, 8 GiB, 1 GPU  4     512 MiB",
        "r.ipynb   al     42   idle, not gated  1 min 01 s  -                       4     512 MiB",
        "",
        "QUEUE",
        "POSITION  ID  HOLDER      CELL  OWNER  WAITED  WHY",
        "1         c   next.ipynb  [7]   al     5 s     for 1 GPU; it is held by tr.ipynb",
    ]


def test_tells_what_could_not_be_enforced() -> None:
    """[ENF6] As badge and panel do, for those who have neither."""
    why = "The grant could not be enforced: memory.max failed with EBUSY."
    running = ask(state="running", holderName="tr.ipynb", notEnforced={"sentence": why})
    quiet = ask(state="running", holderName="next.ipynb", notEnforced=None)
    text = render({"node": NODE, "holders": [], "claims": [running, quiet], "caps": []})
    notices = [line for line in text.splitlines() if line.startswith("notice")]
    assert notices == ["notice  one reader failed", f"notice  tr.ipynb [7]: {why}"]


def test_names_groups_where_there_are_any() -> None:
    kernel = {
        "id": "k",
        "kind": "kernel",
        "name": "a.ipynb",
        "pid": 1,
        "owner": "al",
        "gated": True,
        "grant": None,
    }
    kernel |= {"state": "idle", "sinceMs": 0, "cpusBusy": None, "memoryBytes": None}
    kernels = [{**kernel, "group": group} for group in ("atlas/prod", "all")]
    text = render({"node": NODE, "holders": kernels, "claims": [], "caps": []})
    rows = text.split("HOLDERS\n")[1].splitlines()[:3]
    assert [row.split()[:3] for row in rows] == [
        ["NAME", "OWNER", "GROUP"],
        ["a.ipynb", "al", "atlas/prod"],
        ["a.ipynb", "al", "all"],
    ]


def test_fits_into_a_terminal_and_names_kinds_where_there_are_several() -> None:
    """[RUN1] Names, states, grants and reasons are broken; figures are not."""
    holder = {"id": "k", "name": "a very long name.ipynb", "pid": 12345, "owner": "al"}
    holder |= {"group": "all", "gated": True, "state": "running", "sinceMs": time.time() * 1000}
    holder |= {"cpusBusy": 3.5, "memoryBytes": 12 * GIB}
    holder["grant"] = {"cpus": "0-3,8-11,16", "threads": 9, "memoryBytes": 64 * GIB, "gpus": ["G"]}
    both = [{**holder, "kind": kind} for kind in ("kernel", "command")]
    reason = {"sentence": "for 12 GiB of memory; 24 GiB are held by a very long name.ipynb [12]"}
    waiting = ask(state="waiting", holderName="x", arrivedMs=0, position=1, reason=reason)
    lines = render(
        {"node": NODE, "holders": both, "claims": [waiting], "caps": []}, 80
    ).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(re.search(r"command .* 12345 .* 3\.5 +12 GiB$", it) for it in lines), lines


def test_shows_what_is_capped_and_by_whom() -> None:
    """[ADMIN7] [CAP1]"""
    order = {"owner": "ann", "by": "root", "why": "a course", "sinceMs": 0}
    memory = {"what": "memory", "used": GIB + GIB // 2, "most": 100 * GIB}
    gpus = {"what": "gpus", "used": 2, "most": 4}
    cpus = {"what": "cpus", "used": 0, "most": 2.5}
    caps = [
        {"group": "all", "user": None, "order": None, "caps": [gpus, cpus]},
        {"group": "all", "user": "ann", "order": order, "caps": [memory]},
        {"group": "atlas", "user": None, "order": {**order, "why": None}, "caps": [memory]},
        {"group": "atlas", "user": "bob", "order": None, "caps": [memory]},
    ]
    lines = render({"node": NODE, "holders": [], "claims": [], "caps": caps}).splitlines()
    assert [it.split(maxsplit=1)[1] for it in lines if it.startswith("cap ")] == [
        "everybody together: 2 of 4 GPUs, 0 of 2.5 CPUs",
        "ann: 1.5 GiB of 100 GiB of memory, ordered by root (a course)",
        "the group atlas: 1.5 GiB of 100 GiB of memory, ordered by root",
        "bob in the group atlas: 1.5 GiB of 100 GiB of memory",
    ]
