"""Where the system's sidecar is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..sidecar_process import SidecarError

STATE_DIR = "/var/lib/cellgrant"
CONFIG_FILE = "/etc/cellgrant/cellgrant.yaml"
DOOR = "door.sock"
ELSEWHERE = "or name another directory with --run-dir."


def ensure_public(directory: Path) -> Path:
    """Make the directory of the door and of users' directories: all may enter, we alone may write.

    Raises ``SidecarError`` where somebody else could put another door into it.
    """
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(directory):
            directory.mkdir()
            directory.chmod(0o755)  # whatever the umask is
        found = directory.lstat()
    except OSError as error:
        raise SidecarError(
            f"the directory {directory} cannot be used ({error.strerror}): make it, {ELSEWHERE}"
        ) from error
    if stat.S_ISLNK(found.st_mode):
        raise SidecarError(
            f"{directory} is a link, and whoever made it could lead users elsewhere: "
            f"remove it, {ELSEWHERE}"
        )
    if not stat.S_ISDIR(found.st_mode):
        raise SidecarError(f"{directory} is no directory: remove it, {ELSEWHERE}")
    if found.st_uid != os.getuid():
        raise SidecarError(
            f"the directory {directory} belongs to user {found.st_uid}, who could lead users "
            f"elsewhere: remove it, {ELSEWHERE}"
        )
    if stat.S_IMODE(found.st_mode) & 0o022 or stat.S_IMODE(found.st_mode) & 0o555 != 0o555:
        raise SidecarError(
            f"the directory {directory} has mode {stat.S_IMODE(found.st_mode):o}, where all are to "
            f"enter and nobody else is to write: chmod 755 {directory}, {ELSEWHERE}"
        )
    return directory
