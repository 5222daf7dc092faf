"""Where the sidecar's sockets are. Every part that connects asks here."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import tempfile
from pathlib import Path

from jupyter_core.paths import jupyter_config_path, jupyter_runtime_dir

# sun_path holds 108 bytes with its closing NUL (unix(7)).
SOCKET_PATH_BYTES_MAX = 107
GATE_SOCKET = "gate.sock"
API_SOCKET = "api.sock"
SYSTEM_DIR = Path("/run/cellgrant")
CONFIG_FILE = "cellgrant.yaml"


def runtime_dir() -> Path:
    """The directory of this user's sidecar: its two sockets, its lock, its state.

    In this order: ``$CELLGRANT_DIR``; a system sidecar's directory for this
    user, if there is one; one of this node's own beside Jupyter's runtime files,
    which lie in a home that nodes of a cluster, or containers, may share; and,
    where that path is too long for a socket, a short one of the same identity.
    """
    if explicit := os.environ.get("CELLGRANT_DIR"):
        return Path(explicit)
    system = SYSTEM_DIR / str(os.getuid())
    if _is_directory(system):
        return system
    beside = Path(jupyter_runtime_dir()) / f"cellgrant-{_node_name()}"
    if len(os.fsencode(beside / GATE_SOCKET)) <= SOCKET_PATH_BYTES_MAX:
        return beside
    digest = hashlib.sha256(os.fsencode(beside)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cellgrant-{os.getuid()}-{digest}"


def _node_name() -> str:
    """This node's name as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", platform.node()) or "node"


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # one that may not even be looked at is somebody else's


def config_file() -> str:
    """The configuration that counts where none is named; empty where there is none.

    It is looked for where Jupyter looks for its own: the user's directory, the
    environment's, the system's.
    """
    found = (Path(directory) / CONFIG_FILE for directory in jupyter_config_path())
    return next((str(path) for path in found if path.is_file()), "")
