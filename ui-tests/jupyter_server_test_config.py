"""A JupyterLab and a Notebook 7 with a sidecar of their own, for the journeys."""

# ruff: noqa: F821
import os
from pathlib import Path

from jupyterlab.galata import configure_jupyter_server

scratch = Path(os.environ["CELLGRANT_UI_SCRATCH"])
own = scratch / os.environ["CELLGRANT_UI_NAME"]
os.environ["CELLGRANT_DIR"] = str(own / "cg")
# A node of its own: servers of other tests may run beside it.
os.environ["CELLGRANT_SYSTEM_DIR"] = ""
os.environ["CELLGRANT_SCOPE"] = f"ui-{os.environ['CELLGRANT_UI_PORT']}"
os.environ["JUPYTER_RUNTIME_DIR"] = str(own / "runtime")
os.environ["JUPYTER_CONFIG_DIR"] = str(own / "config")
(scratch / "notebooks").mkdir(exist_ok=True)
(own / "contexts").mkdir(parents=True, exist_ok=True)

configure_jupyter_server(c)
c.ServerApp.root_dir = str(scratch / "notebooks")
c.ServerApp.port = int(os.environ["CELLGRANT_UI_PORT"])
c.ServerApp.allow_root = True
c.LabApp.user_settings_dir = str(own / "settings")
c.LabApp.workspaces_dir = str(own / "workspaces")
c.JupyterNotebookApp.expose_app_in_browser = True

# A small node of known size: the journeys ask for shares of it.
c.Cellgrant.memory = "2 GiB"
