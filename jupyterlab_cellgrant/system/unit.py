"""The unit by which systemd starts the sidecar of the system."""

from __future__ import annotations

import sys
from pathlib import Path

TEMPLATE = Path(__file__).parent / "cellgrant.service"
# What ProtectHome= hides.
HOMES = ("/home", "/root", "/run/user")


def unit() -> str:
    """It starts this very program, wherever that is installed."""
    places = (sys.prefix, sys.base_prefix, Path(__file__).parent)
    is_hidden = any(Path(it).is_relative_to(home) for it in places for home in HOMES)
    return TEMPLATE.read_text().format(
        program=f'"{sys.executable}" -m jupyterlab_cellgrant',
        home="read-only" if is_hidden else "yes",
    )
