"""The tour does what its text says, run cell by cell as JupyterLab runs it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .real_server import RealServer, eventually

TOUR = Path(__file__).parents[2] / "examples" / "tour.ipynb"


@pytest.fixture(scope="module")
def printed() -> Iterator[dict[str, str]]:
    """What each code cell of the tour prints."""
    server = RealServer().start()
    eventually(lambda: server.api("node").status == 200)
    kernel = server.ask("/api/kernels", "POST", b"{}").body["id"]
    cells = [it for it in json.loads(TOUR.read_text())["cells"] if it["cell_type"] == "code"]
    yield {
        cell["id"]: server.run_cell(
            kernel, "".join(cell["source"]), {**cell["metadata"], "cellId": cell["id"]}
        )
        for cell in cells
    }
    server.stop()


def test_every_cell_runs_but_the_impossible_one(printed: dict[str, str]) -> None:
    """[ADM3] what the node can never give is refused by name, before anything runs."""
    failed = {cell: text for cell, text in printed.items() if "Error" in text or "900" in text}
    assert list(failed) == ["impossible-cell"]
    assert "asks for memory = 900 TiB" in failed["impossible-cell"]
    assert "never printed" not in failed["impossible-cell"]


@pytest.mark.parametrize("cell", ["one-cpu", "by-directive-cell"])
def test_a_cell_that_asks_for_one_cpu_has_one(printed: dict[str, str], cell: str) -> None:
    """[CPU2] The demonstration counts: it holds however busy the machine is."""
    counted = re.fullmatch(
        r"\d+ tasks on 1 CPU (\[\d+\])\n"
        r"  they were seen on (\[\d+\]); that took .*\n"
        r"  a program started from here counts 1\n",
        printed[cell],
    )
    assert counted, printed[cell]
    assert counted[1] == counted[2]


@pytest.mark.parametrize("cell", ["measure", "all-back"])
def test_a_cell_that_asks_for_nothing_has_all(printed: dict[str, str], cell: str) -> None:
    cpus = len(os.sched_getaffinity(0))
    assert f"on {cpus} CPU" in printed[cell]
    assert f"counts {cpus}\n" in printed[cell]
