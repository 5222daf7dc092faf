"""Cellgrant: grants of CPUs, memory and GPUs to the cells of Jupyter notebooks."""

from __future__ import annotations

from typing import Any


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab finds the lab extension of a development install."""
    return [{"src": "labextension", "dest": "jupyterlab-cellgrant"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where Jupyter Server finds the server extension."""
    # Imported late: the provisioner is used in programs that have no server.
    from .app import CellgrantApp

    return [{"module": "jupyterlab_cellgrant.app", "app": CellgrantApp}]


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("jupyterlab_cellgrant")
    raise AttributeError(name)
