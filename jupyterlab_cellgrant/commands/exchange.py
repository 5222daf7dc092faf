"""The sidecar's program for files of history: it has the formats, and the simulator."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ..node_runtime import find_node
from ..sidecar_process import environment, exchange_command
from . import api
from .failure import Failure

FORMATS = (".csv", ".json", ".parquet")


def exchange(node: str, words: list[str]) -> dict[str, Any]:
    """What came of it: an action, the API's socket, a file (empty for none) and a query.

    Raises ``Failure`` with what the program says.
    """
    file = words[2]
    if file and Path(file).suffix.lower() not in FORMATS:
        raise Failure(f"{file}: expected a name that ends with {', '.join(FORMATS)}.")
    api.get("node")  # whoever answers for the history says so in words
    command = exchange_command(find_node(node).path, words)
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise Failure(ended.stderr.strip() or f"{file}: it ended with {ended.returncode}.")
    done: dict[str, Any] = json.loads(ended.stdout)
    return done


def query_of(named: dict[str, Any]) -> str:
    """Of the API's history: what is named, without what is None."""
    return urlencode({name: it for name, it in named.items() if it is not None})
