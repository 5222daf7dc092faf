"""Asks the system's sidecar, if there is one, where it serves this user."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from ..client.peer import check_peer
from ..paths import runtime_dir, system_dir
from ..sidecar_process import first_words, is_own
from .place import DOOR

ANSWER_WITHIN_S = 2.0
LINE_BYTES_MAX = 4096


class NotServedError(Exception):
    """There is a door, and behind it nobody serves this user; the message says why."""


def find_door() -> Path | None:
    """The door of a sidecar of the system, root's or ours; None where there is none. One lstat."""
    directory = system_dir()
    if directory is None:
        return None
    try:
        found = (directory / DOOR).lstat()
    except OSError:
        return None
    is_door = stat.S_ISSOCK(found.st_mode) and found.st_uid in (0, os.getuid())
    return directory / DOOR if is_door else None


def knock() -> Path | None:
    """The directory in which the system's sidecar serves this user; None where there is no door.

    It is this user's own, and root or this user said so (SEC3). NotServedError otherwise, also
    where nothing is said within 2 s.
    """
    door = find_door()
    if door is None:
        return None
    try:
        answer = first_words(_hear(door))
    except OSError as error:
        raise NotServedError(f"nobody answers at {door} ({error})") from error
    named = answer.get("directory")
    if not isinstance(named, str):
        raise NotServedError(f"serves nobody at {door}: {answer.get('why', 'it did not say why')}")
    if not is_own(Path(named)):
        raise NotServedError(f"{named}, which was told at {door}, is no directory of this user")
    return Path(named)


def served_dir() -> Path:
    """The directory of the sidecar that serves this user: the system's, else what they know."""
    with suppress(NotServedError):
        return knock() or runtime_dir()
    return runtime_dir()


def _hear(door: Path) -> bytes:
    with socket.socket(socket.AF_UNIX) as it:
        it.settimeout(ANSWER_WITHIN_S)
        it.connect(str(door))
        check_peer(it)
        return it.makefile("rb").readline(LINE_BYTES_MAX)
