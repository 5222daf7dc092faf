"""The command ``cellgrant`` as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from .real_sidecar import RealSidecar

CELLGRANT = [sys.executable, "-m", "jupyterlab_cellgrant"]

Start = Callable[..., "subprocess.Popen[str]"]
HALF = ("--memory", "2500MiB")
"""More than half of what the test's sidecar hands out."""


def cellgrant(*words: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run([*CELLGRANT, *words], capture_output=True, text=True, check=False)


def cellgrant_json(*words: str) -> Any:
    """What it prints for programs."""
    shown = cellgrant(*words, "--json")
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


def nobody_is_left(sidecar: RealSidecar) -> None:
    """Wait until the sidecar knows of no holder."""
    sidecar.wait_for(lambda it: not it["holders"])
