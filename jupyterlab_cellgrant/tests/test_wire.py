"""The gate and the sidecar agree on the protocol's figures and sentences."""

from __future__ import annotations

import ast
import json
import re

import pytest

from jupyterlab_cellgrant.client import wire
from jupyterlab_cellgrant.kernel import cells, notices

from .conftest import ROOT

SOURCES = ROOT / "server" / "protocol"
DIRECTIVES = ROOT / "server" / "testing" / "directives.json"

needs_sources = pytest.mark.skipif(
    not SOURCES.is_dir(), reason="needs the sidecar's sources beside the package"
)


def constant(name: str) -> float:
    """The value of an exported constant of gate.ts."""
    text = (SOURCES / "gate.ts").read_text()
    (product,) = re.findall(rf"export const {name} = ([\d *]+);", text)
    value = 1
    for factor in product.split("*"):
        value *= int(factor)
    return value


def constants(name: str) -> list[int]:
    """The figures of an exported list of gate.ts."""
    text = (SOURCES / "gate.ts").read_text()
    (found,) = re.findall(rf"export const {name}: readonly number\[\] = (\[[\d, ]+\]);", text)
    return ast.literal_eval(found)


@needs_sources
def test_figures() -> None:
    """Both sides state the same version, limits and patience."""
    assert wire.PROTOCOL in constants("GATE_PROTOCOLS")
    assert constant("LINE_BYTES_MAX") == wire.LINE_BYTES_MAX
    assert constant("HINT_BYTES_MAX") == wire.HINT_BYTES_MAX
    assert constant("DIRECTIVE_CHARS_MAX") == cells.DIRECTIVE_CHARS_MAX
    assert constant("SILENCE_MAX_MS") == wire.SILENCE_MAX_S * 1000


@needs_sources
def test_sentence_of_oversized_hints() -> None:
    """The one refusal that the gate makes itself is the catalogue's."""
    text = (SOURCES / "claimRefusals.ts").read_text()
    (literal,) = re.findall(r"HINT_TOO_LARGE: \{.*?trans\.__\(\s*('.*?[^\\]')", text, re.DOTALL)
    assert ast.literal_eval(literal) == notices.TOO_LARGE


@pytest.mark.parametrize(
    ("code", "metadata", "sources"),
    [
        ("pass", {}, {}),
        ("pass", {"cellgrant": None, "tags": []}, {}),
        ("pass", {"tags": "gpus=1"}, {}),
        ("pass", {"tags": ["gpus=1", 1, None, "y" * 257]}, {"tags": ["gpus=1"]}),
        ("\n  #| gpus: 1\n#| a\nx\n#| b", {}, {"directive": "#| gpus: 1\n#| a"}),
        ("x = 1 #| gpus: 1", {}, {}),
        ("#|" + "x" * 300 + "\n#|y", {}, {"directive": "#|" + "x" * 300 + "\n#|y"}),
        ("#|" + "é" * 4000 + "\n#|" + "x" * 100, {}, {"directive": "#|" + "é" * 4000}),
        ("pass", {"cellgrant": {"cpus": float("nan")}}, {"metadata": "{'cpus': nan}"}),
        ("pass", {"cellgrant": [1]}, {"metadata": [1]}),
    ],
)
def test_sources(code: str, metadata: dict, sources: dict) -> None:
    """[ADM2] Hints are sent as they were written; what cannot be a hint is not sent."""
    assert cells.sources_of(code, metadata) == sources
    assert wire.encode(cells.claim_of(code, metadata, 1)).count(b"\n") == 1


def cases() -> list:
    """What editor and gate both have to find; the other half is directive.spec.ts."""
    found = json.loads(DIRECTIVES.read_text()) if DIRECTIVES.is_file() else []
    return [pytest.param(it, id=it["name"]) for it in found]


@pytest.mark.parametrize("case", cases())
def test_directives(case: dict) -> None:
    """[ADM12] The gate takes the lines that the editor takes."""
    sources = cells.sources_of("\n".join(case["source"]), {})
    expected = "\n".join(case.get("directive", case["source"]))
    assert sources == ({"directive": expected} if expected else {})


def test_claims_of_one_cell_differ() -> None:
    """Each execution has an id of its own."""
    ids = {cells.claim_of("pass", {}, 1)["id"] for _ in range(1000)}
    assert len(ids) == 1000


def test_lines() -> None:
    """Messages are cut from whatever pieces arrive; too long a line is an error."""
    lines = wire.Lines()
    pieces = [b'{"a"', b': 1}\n\n{"b": 2}\n{"c"', b": 3}\n"]
    assert [it for piece in pieces for it in lines.feed(piece)] == [{"a": 1}, {"b": 2}, {"c": 3}]
    with pytest.raises(ValueError, match="a line of more than"):
        lines.feed(b"x" * (wire.LINE_BYTES_MAX + 1))
