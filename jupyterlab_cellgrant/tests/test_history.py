"""What ran, as the command line shows it, and as files have it."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path

import pytest

from .command_line import cellgrant, cellgrant_json, nobody_is_left
from .real_sidecar import RealSidecar

FORMATS = ("csv", "json", "parquet")


@pytest.fixture
def ran(locked_sidecar: RealSidecar) -> RealSidecar:
    """A sidecar under which two commands ran, of which one failed."""
    for command, code in (("true", 0), ("false", 1)):
        assert cellgrant("run", "--cpus", "1", "--memory", "64MiB", command).returncode == code
    nobody_is_left(locked_sidecar)
    return locked_sidecar


def test_history_shows_what_ran(ran: RealSidecar) -> None:
    """[HIST5] The last ones, the latest last, as text and as JSON."""
    first, second = cellgrant_json("history")
    assert [it["holderKind"] for it in (first, second)] == ["command"] * 2
    assert first["row"] < second["row"]
    assert first["grant"]["memoryBytes"] == 64 * 2**20
    title, head, *rows = cellgrant("history").stdout.splitlines()
    assert (title, head.split()[0], len(rows)) == ("HISTORY", "ENDED", 2)
    assert "1 CPU" in rows[0] or "CPU " in rows[0]
    assert cellgrant_json("history", "--last", "1") == [second]
    assert cellgrant_json("history", "--to", "2000-01-01") == []
    assert cellgrant_json("history", "--owner", "nobody-else") == []
    wrong = cellgrant("history", "--from", "yesterdayish")
    assert wrong.returncode == 1
    assert '"from": expected ms since the epoch, a date' in wrong.stderr


def test_report_adds_up(ran: RealSidecar) -> None:
    """[HIST5] By user and by day, for people and for programs."""
    [row] = cellgrant_json("report", "--by", "user")["rows"]
    assert (row["executions"], row["key"]) == (2, cellgrant_json("history")[0]["owner"])
    [same] = csv.DictReader(io.StringIO(cellgrant("report", "--csv").stdout))
    assert {name: float(it) for name, it in same.items() if name != "key"} == {
        name: it for name, it in row.items() if name != "key"
    }
    shown = cellgrant("report", "--by", "day", "--from", "7d").stdout.splitlines()
    assert shown[0] == "BY DAY"
    assert shown[1].split()[:2] == ["DAY", "CELLS"]
    assert cellgrant("report", "--csv", "--json").returncode == 1


@pytest.mark.parametrize("ending", FORMATS)
def test_a_file_brings_history_to_another_sidecar(
    ran: RealSidecar,
    tmp_path: Path,
    ending: str,
) -> None:
    """[HIST8] All of it, once, in each format."""
    file = tmp_path / f"all.{ending}"
    before = cellgrant_json("history")
    assert cellgrant("history", "export", str(file)).stdout == f"2 executions written to {file}.\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert cellgrant_json("history", "import", str(file)) == {"rows": 2, "added": 0}
    ran.close()
    for name in ("history.db", "history.db-wal"):
        (ran.directory / name).unlink(missing_ok=True)
    ran.start()
    assert cellgrant_json("history") == []
    told = cellgrant("history", "import", str(file)).stdout
    assert told == f"2 executions in {file}, of which 2 were new.\n"
    assert cellgrant_json("history") == before
    assert cellgrant_json("history", "import", str(file)) == {"rows": 2, "added": 0}


def test_a_file_that_is_none_is_named(ran: RealSidecar, tmp_path: Path) -> None:
    """[HIST8] What is wrong with it, and where; nothing of such a row is added."""
    good = tmp_path / "good.json"
    cellgrant("history", "export", str(good))
    rows = json.loads(good.read_text())

    def told(name: str, text: str) -> str:
        file = tmp_path / name
        file.write_text(text)
        ended = cellgrant("history", "import", str(file))
        assert ended.returncode == 1
        assert str(file) in ended.stderr
        return ended.stderr

    newer = [{**it, "version": 2} for it in rows]
    assert "its version is 2; this Cellgrant reads version 1" in told("a.json", json.dumps(newer))
    fewer = [{name: it for name, it in rows[0].items() if name not in ("ask", "ended")}]
    assert "it lacks the columns ended, ask" in told("a.json", json.dumps(fewer))
    odd = [rows[0], {**rows[1], "ended": "soon"}]
    assert 'row 2, column "ended" is "soon"; expected a time' in told("a.json", json.dumps(odd))
    for column, value, expected in (
        ("memoryPeakBytes", -5, "a number of at least 0"),
        ("memoryPeakBytes", 1e308, "a number of at least 0"),
        ("cpuSeconds", "much", "a number of at least 0"),
        ("wasLimited", "maybe", "true or false"),
        ("ask", "{", "JSON"),
    ):
        found = told("a.json", json.dumps([rows[0], {**rows[1], column: value}]))
        assert f'row 2, column "{column}" is ' in found
        assert f"expected {expected}" in found
    for column, value, expected in (
        ("outcome", "lost", "expected one of"),
        ("ended", "9999-12-31T00:00:00Z", "still to come"),
    ):
        found = told("a.json", json.dumps([rows[0], {**rows[1], column: value}]))
        assert "row 2: " in found
        assert expected in found
    assert "it is not JSON" in told("a.json", "x")
    assert "it is not a file of Parquet" in told("a.parquet", "x" * 100)
    whole = tmp_path / "whole.parquet"
    cellgrant("history", "export", str(whole))
    halves = (b"PAR1" + bytes(200) + b"PAR1", whole.read_bytes()[:-100])
    for half in halves:
        whole.write_bytes(half)
        damaged = cellgrant("history", "import", str(whole)).stderr
        assert f"{whole}: it is damaged, or not a file of Parquet" in damaged
    assert "Invalid Record Length" in told("a.csv", "a,b\n1\n")
    assert "expected a name that ends with .csv, .json, .parquet" in told("a.txt", "x")
    for ending in ("csv", "json", "parquet"):
        away = tmp_path / f"away.{ending}"
        gone = cellgrant("history", "import", str(away))
        assert gone.stderr == f"cellgrant: {away}: no such file or directory.\n"
    assert len(cellgrant_json("history")) == 2
    ran.close()
    assert "no sidecar answers" in cellgrant("history", "export", str(good)).stderr
