"""Where the sidecar's sockets are. Every part that connects asks here."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import site
import tempfile
from pathlib import Path

from jupyter_core.paths import jupyter_config_dir, jupyter_config_path, jupyter_runtime_dir

from .client.wire import DIRECTORY_ENV, GATE_SOCKET

# sun_path holds 108 bytes with its closing NUL (unix(7)).
SOCKET_PATH_BYTES_MAX = 107
API_SOCKET = "api.sock"
# The system sidecar's directory, and the variable that overrides it; if empty, none is used.
SYSTEM_DIR = "/run/cellgrant"
SYSTEM_ENV = "CELLGRANT_SYSTEM_DIR"
CONFIG_FILE = "cellgrant.yaml"


def runtime_dir() -> Path:
    """The directory of the sidecar that this user's programs were given, or find by themselves.

    In this order: ``$CELLGRANT_DIR``; where the system's sidecar has served this user; this user's
    own. No sidecar is asked (see system/knock.py), because kernels start during this lookup.
    """
    if explicit := os.environ.get(DIRECTORY_ENV):
        return Path(explicit)
    system = system_dir()
    served = system / str(os.getuid()) if system else None
    return served if served and _is_socket(served / GATE_SOCKET) else own_dir()


def own_dir() -> Path:
    """The directory of this user's own sidecar: its two sockets, its lock, its state.

    In this order: ``$CELLGRANT_DIR``, unless that is the system's; one specific to this node beside
    Jupyter's runtime files, which are in a home that cluster nodes, or containers, may share;
    and, if that path is too long for a socket, a short one of the same identity.
    """
    explicit = os.environ.get(DIRECTORY_ENV)
    if explicit and Path(explicit).parent != system_dir():
        return Path(explicit)
    beside = Path(jupyter_runtime_dir()) / f"cellgrant-{_node_name()}"
    if len(os.fsencode(beside / GATE_SOCKET)) <= SOCKET_PATH_BYTES_MAX:
        return beside
    digest = hashlib.sha256(os.fsencode(beside)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cellgrant-{os.getuid()}-{digest}"


def system_dir() -> Path | None:
    """Where a system sidecar would be; None if none is to be used."""
    named = os.environ.get(SYSTEM_ENV, SYSTEM_DIR)
    return Path(named) if named else None


def _node_name() -> str:
    """This node's name as part of a file name."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", platform.node()) or "node"


def _is_socket(path: Path) -> bool:
    try:
        return path.is_socket()
    except OSError:
        return False  # a path that we may not even stat is somebody else's


def config_files(named: str = "") -> list[str]:
    """The configuration files in order of precedence: each may only narrow those
    before it.

    They are searched where Jupyter searches for its own: in the system's directories, the
    environment's, and last the user's. A file that is ``named`` replaces the user's.
    """
    own = _user_directories()
    shared = [it for it in reversed(jupyter_config_path()) if it not in own]
    files = _config_files_in(shared)
    files += [str(Path(named).expanduser())] if named else _config_files_in(own)
    once: dict[str, str] = {}
    for file in files:
        once.setdefault(os.path.realpath(file), file)
    return list(once.values())


def config_files_before(file: str) -> list[str]:
    """The configuration files that take precedence over this one."""
    installed = config_files()
    real = [os.path.realpath(it) for it in installed]
    path = os.path.realpath(file)
    return installed[: real.index(path)] if path in real else config_files(file)[:-1]


def _config_files_in(directories: list[str]) -> list[str]:
    files = (os.path.join(it, CONFIG_FILE) for it in directories)  # noqa: PTH118
    return [it for it in files if os.path.isfile(it)]  # noqa: PTH113 (no error is one that is none)


def _user_directories() -> list[str]:
    """Where this user's own configuration is; the last entry comes last in precedence."""
    base = site.getuserbase() if site.ENABLE_USER_SITE else None
    beside = [str(Path(base, "etc", "jupyter"))] if base else []
    return [*beside, jupyter_config_dir()]
