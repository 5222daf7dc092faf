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


def test_csv_is_no_formula_and_keeps_what_is_empty(ran: RealSidecar, tmp_path: Path) -> None:
    """[HIST8] A spreadsheet executes nothing of it, and another sidecar reads what was meant."""
    file = tmp_path / "a.json"
    cellgrant("history", "export", str(file))
    row = {**json.loads(file.read_text())[0], "claimId": "=1+1", "group": ""}
    file.write_text(json.dumps([row]))
    assert cellgrant_json("history", "import", str(file)) == {"rows": 1, "added": 1}
    table = tmp_path / "a.csv"
    cellgrant("history", "export", str(table))
    assert ",'=1+1," in table.read_text()
    assert cellgrant_json("history", "import", str(table)) == {"rows": 3, "added": 0}


def refused(file: Path, content: str | bytes) -> str:
    """What an import of this says."""
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    ended = cellgrant("history", "import", str(file))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"cellgrant: {file}: ")
    return ended.stderr


def test_a_row_that_is_wrong_is_named(ran: RealSidecar, tmp_path: Path) -> None:
    """[HIST8] With its column, and what was expected; nothing of such a row is added."""
    file = tmp_path / "a.json"
    cellgrant("history", "export", str(file))
    rows = json.loads(file.read_text())
    newer = [{**it, "version": 2} for it in rows]
    assert "its version is 2; this Cellgrant reads version 1" in refused(file, json.dumps(newer))
    fewer = [{name: it for name, it in rows[0].items() if name not in ("ask", "ended")}]
    assert "it lacks the columns ended, ask" in refused(file, json.dumps(fewer))
    for column, value, expected in (
        ("ended", "soon", 'is "soon"; expected a time'),
        ("arrived", "5", 'is "5"; expected a time'),
        ("memoryPeakBytes", -5, 'is "-5"; expected a number of at least 0'),
        ("memoryPeakBytes", 1e308, 'is "1e+308"; expected a number of at least 0'),
        ("cpuSeconds", "much", 'is "much"; expected a number of at least 0'),
        ("cpuSeconds", True, 'is "true"; expected a number of at least 0'),
        ("wasLimited", "maybe", 'is "maybe"; expected true or false'),
        ("ask", "{", 'is "{"; expected JSON'),
        ("outcome", "lost", "expected one of"),
        ("owner", None, "expected a text"),
        ("ended", None, "expected a number"),
        ("ask", '{"cpus": {"kind": "fixed", "n": -1}}', "expected a whole number of at least 0"),
        ("ended", "9999-12-31T00:00:00Z", "still to come"),
    ):
        found = refused(file, json.dumps([rows[0], {**rows[1], column: value}]))
        assert f'row 2, column "{column}"' in found
        assert expected in found
    turned = {**rows[1], "granted": rows[1]["ended"], "ended": rows[1]["arrived"]}
    assert "row 2: it ended before it was granted" in refused(file, json.dumps([rows[0], turned]))
    assert len(cellgrant_json("history")) == 2


def test_a_file_that_is_none_is_named(ran: RealSidecar, tmp_path: Path) -> None:
    """[HIST8] In words, whatever its reader stumbles over."""
    parquet, text = tmp_path / "a.parquet", tmp_path / "a.csv"
    cellgrant("history", "export", str(parquet))
    cellgrant("history", "export", str(text))
    for half in (b"PAR1" + bytes(200) + b"PAR1", parquet.read_bytes()[:-100]):
        assert "it is damaged, or not a file of Parquet" in refused(parquet, half)
    assert "it is not a file of Parquet" in refused(parquet, "x" * 100)
    assert "Invalid Record Length" in refused(text, text.read_text()[:-40])
    assert "it lacks the columns version, claimId" in refused(text, "a;b\n1\n")
    assert "it is empty" in refused(text, "")
    assert "it is not JSON" in refused(tmp_path / "a.json", "x")
    assert "a name that ends with .csv, .json, .parquet" in refused(tmp_path / "a.txt", "x")
    for ending in ("csv", "json", "parquet"):
        away = tmp_path / f"away.{ending}"
        gone = cellgrant("history", "import", str(away))
        assert gone.stderr == f"cellgrant: {away}: no such file or directory.\n"
    ran.close()
    assert "no sidecar answers" in cellgrant("history", "export", str(text)).stderr
