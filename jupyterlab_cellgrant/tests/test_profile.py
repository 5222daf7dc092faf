"""Notebooks that are run alone, and what is written of them."""

from __future__ import annotations

import hashlib
import json
import signal
from pathlib import Path
from typing import Any

import nbformat
import pytest

from .command_line import Start, cellgrant, cellgrant_json, nobody_is_left
from .real_sidecar import RealSidecar

MIB = 1024**2
LARGE = "held = bytearray(300 * 1024**2)\nheld[::4096] = b'x' * len(held[::4096])"


def notebook(path: Path, *sources: str, kernel: str = "python3") -> Path:
    book = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": kernel, "display_name": "x"}})
    book.cells = [
        nbformat.v4.new_markdown_cell("# Title"),
        *(nbformat.v4.new_code_cell(it) for it in sources),
    ]
    nbformat.write(book, path)
    return path


def trace_of(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text())
    return rows


def test_each_cell_has_a_row_with_what_it_used(sidecar: RealSidecar, tmp_path: Path) -> None:
    """[TRACE1] In their order, with the hash of their source and no source; the notebook stays as it is."""
    path = notebook(tmp_path / "a.ipynb", "kept = 1", LARGE, "", "kept + 1")
    before = path.read_bytes()
    done = cellgrant("profile", str(path))
    assert done.returncode == 0, done.stderr
    assert "cell 2 of 4" in done.stderr
    rows = trace_of(tmp_path / "a.trace.json")
    assert [it["outcome"] for it in rows] == ["ok", "ok", "ok"]
    sources = ["kept = 1", LARGE, "kept + 1"]
    assert [it["sourceSha256"] for it in rows] == [
        hashlib.sha256(it.encode()).hexdigest() for it in sources
    ]
    assert "bytearray" not in (tmp_path / "a.trace.json").read_text()
    small, large, _ = (it["memoryPeakBytes"] for it in rows)
    assert 250 * MIB < large - small < 400 * MIB
    assert {it["notebook"] for it in rows} == {str(path)}
    assert "[2]" in done.stdout
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_a_notebook_that_fails_is_traced_as_far_as_it_ran(
    sidecar: RealSidecar, tmp_path: Path
) -> None:
    """[TRACE1] The failed cell is named, and in it."""
    path = notebook(tmp_path / "b.ipynb", "a = 1", "1 / 0", "never = 1")
    done = cellgrant("profile", "--json", str(path))
    assert done.returncode == 1
    assert "cell 2 failed (ZeroDivisionError: division by zero)" in done.stderr
    [told] = json.loads(done.stdout)
    assert told == {"notebook": str(path), "trace": str(tmp_path / "b.trace.json")}
    rows = trace_of(tmp_path / "b.trace.json")
    assert [it["outcome"] for it in rows] == ["ok", "error"]


def test_a_kernel_that_dies_is_traced_as_far_as_it_ran(
    sidecar: RealSidecar, tmp_path: Path
) -> None:
    """[TRACE1] The cell that it died in, too."""
    path = notebook(tmp_path / "c.ipynb", "a = 1", "import os, signal; os.kill(os.getpid(), 9)")
    done = cellgrant("profile", str(path))
    assert done.returncode == 1
    assert "cell 2 failed" in done.stderr
    rows = trace_of(tmp_path / "c.trace.json")
    assert [it["outcome"] for it in rows] == ["ok", "died"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda it: it / "none.ipynb", "none.ipynb does not exist"),
        (lambda it: _text(it / "x.ipynb", "no JSON"), "x.ipynb is no notebook that can be read"),
        (
            lambda it: notebook(it / "y.ipynb", "1", kernel="fortran-77"),
            "wants the kernel 'fortran-77', which is not installed",
        ),
    ],
    ids=["missing", "no notebook", "no kernel"],
)
def test_what_cannot_be_run_is_named(
    sidecar: RealSidecar, tmp_path: Path, make: Any, words: str
) -> None:
    """[TRACE1] And nothing is written."""
    done = cellgrant("profile", str(make(tmp_path)))
    assert done.returncode == 1
    assert words in done.stderr
    assert not list(tmp_path.glob("*.trace.json"))


def _text(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_without_a_sidecar_nothing_runs(cellgrant_dir: Path, tmp_path: Path) -> None:
    """[TRACE1] There would be nobody to measure it."""
    marked = tmp_path / "ran"
    path = notebook(tmp_path / "a.ipynb", f"open({str(marked)!r}, 'w')")
    done = cellgrant("profile", str(path))
    assert done.returncode == 1
    assert "no sidecar answers" in done.stderr
    assert not marked.exists()


def test_a_cell_that_never_ends_is_interrupted(sidecar: RealSidecar, tmp_path: Path) -> None:
    """[TRACE1] After the time that was said; the trace goes so far."""
    path = notebook(tmp_path / "d.ipynb", "a = 1", "import time; time.sleep(600)", "never = 1")
    done = cellgrant("profile", "--cell-timeout", "1", str(path))
    assert done.returncode == 1
    assert "cell 2 failed" in done.stderr
    assert len(trace_of(tmp_path / "d.trace.json")) == 2


def test_ctrl_c_ends_the_kernel_and_keeps_what_ran(
    sidecar: RealSidecar, start: Start, tmp_path: Path
) -> None:
    """[TRACE1] Nothing that was measured is lost, and no kernel is left."""
    path = notebook(tmp_path / "e.ipynb", "a = 1", "import time; time.sleep(600)")
    other = notebook(tmp_path / "later.ipynb", "a = 2")
    process = start("profile", "--beside-others", "--runs", "2", str(path), str(other))
    sidecar.wait_for(
        lambda it: any(c["state"] == "running" and c["label"] == "[2]" for c in it["claims"])
    )
    process.send_signal(signal.SIGINT)
    assert process.wait() == 1
    nobody_is_left(sidecar)
    rows = trace_of(tmp_path / "e.trace.json")
    assert [it["label"] for it in rows] == ["[1]", "[2]"]
    assert not (tmp_path / "later.trace.json").exists()


def test_where_traces_cannot_be_written_nothing_runs(sidecar: RealSidecar, tmp_path: Path) -> None:
    """[TRACE1] What is wrong with them is said before anything runs."""
    (tmp_path / "deep").mkdir()
    paths = [str(notebook(it / "same.ipynb", "a = 1")) for it in (tmp_path, tmp_path / "deep")]
    both = cellgrant("profile", "--out", str(tmp_path), *paths)
    assert f"would both write {tmp_path / 'same.trace.json'}" in both.stderr
    nowhere = cellgrant("profile", "--out", str(tmp_path / "away"), paths[0])
    assert nowhere.stderr == (
        f"cellgrant: {tmp_path / 'away'} is no directory that can be written to.\n"
    )
    assert cellgrant_json("history") == []


def test_a_trace_teaches_another_node_and_is_replayed(sidecar: RealSidecar, tmp_path: Path) -> None:
    """[TRACE2, TRACE3] The hashes of sources are keyed again; what is there is not doubled."""
    path = notebook(tmp_path / "f.ipynb", "a = 1", LARGE)
    assert cellgrant("profile", str(path)).returncode == 0
    trace = str(tmp_path / "f.trace.json")
    again = cellgrant("history", "import", trace)
    assert "2 executions" in again.stdout
    assert "0 were new" in again.stdout
    rows = json.loads(Path(trace).read_text())
    moved = tmp_path / "moved.json"
    moved.write_text(json.dumps([{**it, "claimId": f"other {it['claimId']}"} for it in rows]))
    assert "2 were new" in cellgrant("history", "import", str(moved)).stdout
    replayed = cellgrant("replay", trace)
    assert replayed.returncode == 0, replayed.stderr
    assert "2 executions" in replayed.stdout
    assert "Cellgrant, asked for the memory that was used" in replayed.stdout
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps([{**rows[0], "ask": '{"cpus": {"kind": "fixed", "n": -1}}'}]))
    assert 'row 1, column "ask": expected' in cellgrant("replay", str(bad)).stderr
    whole = json.loads(cellgrant("replay", "--json").stdout)
    assert whole["executions"] >= 2
    assert whole["replayed"][0]["contender"] == "system"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no JSON", "is not JSON"),
        ("{}", "is not a list of executions"),
        ("[{}]", "lacks the columns"),
        ('[{"version": 2}]', "lacks the columns"),
    ],
)
def test_a_trace_that_cannot_be_read_is_named(
    sidecar: RealSidecar, tmp_path: Path, text: str, words: str
) -> None:
    """[TRACE3] With what was expected."""
    done = cellgrant("replay", str(_text(tmp_path / "bad.json", text)))
    assert done.returncode == 1
    assert words in done.stderr
