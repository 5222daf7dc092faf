"""A JupyterLab and a Notebook 7 with a sidecar of their own, for the journeys."""

# ruff: noqa: F821
import os
from pathlib import Path

from jupyterlab.galata import configure_jupyter_server

scratch = Path(os.environ["CELLGRANT_UI_SCRATCH"])
os.environ["CELLGRANT_DIR"] = str(scratch / "cg")
os.environ["JUPYTER_RUNTIME_DIR"] = str(scratch / "runtime")
os.environ["JUPYTER_CONFIG_DIR"] = str(scratch / "config")
(scratch / "notebooks").mkdir(exist_ok=True)

configure_jupyter_server(c)
c.ServerApp.root_dir = str(scratch / "notebooks")
c.ServerApp.port = int(os.environ["CELLGRANT_UI_PORT"])
c.ServerApp.allow_root = True
c.LabApp.user_settings_dir = str(scratch / "settings")
c.LabApp.workspaces_dir = str(scratch / "workspaces")
c.JupyterNotebookApp.expose_app_in_browser = True

# A small node of known size: the journeys ask for shares of it.
c.Cellgrant.memory = "2 GiB"
