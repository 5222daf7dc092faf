"""The command ``cellgrant`` as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

CELLGRANT = [sys.executable, "-m", "jupyterlab_cellgrant"]


def cellgrant(*words: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run([*CELLGRANT, *words], capture_output=True, text=True, check=False)


def cellgrant_json(*words: str) -> Any:
    """What it prints for programs."""
    shown = cellgrant(*words, "--json")
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)
