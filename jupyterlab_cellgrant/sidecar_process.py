"""How the sidecar is started: its directory, its lock, its command line."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOCK = "sidecar.lock"
# Through no link, and without waiting for the other end of a pipe.
LOCK_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
# What to do about a refusal, where there is something better than another directory.
REMEDIES = {
    errno.EROFS: "mount its file system for writing, or ",
    errno.ENOSPC: "free space or inodes on its file system, or ",
    errno.EDQUOT: "free some of your quota, or ",
    errno.EISDIR: "remove that directory, or ",
    errno.ELOOP: "remove that link, or ",
    errno.ENXIO: "remove that pipe or socket, or ",
    errno.EACCES: "let this user write there, or ",
}
BUNDLE = Path(__file__).parent / "sidecar" / "main.cjs"
# A sidecar waits far more than it works. Without this its heap keeps what it grew to in a busy
# minute; with less, collecting garbage would slow decisions down (bench decisions).
NODE_OPTIONS = ("--max-semi-space-size=8",)
# Node's options of the user are for the user's programs; some would open a port.
NOT_INHERITED = ("NODE_OPTIONS", "NODE_PATH", "NODE_ENV")


class SidecarError(Exception):
    """The sidecar cannot be started; the message says why and what to do."""


def ensure_private(directory: Path) -> Path:
    """Make the directory of the sockets, readable by this user alone.

    Raises ``SidecarError`` where it belongs to someone else: whoever owns it
    could stand in for the sidecar.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise SidecarError(
                f"{directory} is a link, and whoever made it could redirect it: "
                "remove it, or set CELLGRANT_DIR to a directory of your own."
            )
        if found.st_uid != os.getuid():
            raise SidecarError(
                f"the directory {directory} belongs to user {found.st_uid}, not to you: "
                "remove it, or set CELLGRANT_DIR to a directory of your own."
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            if any(directory.iterdir()) and not (directory / LOCK).exists():
                raise SidecarError(
                    f"the directory {directory} is open to others and holds other files, which "
                    "they would lose: set CELLGRANT_DIR to a directory for Cellgrant alone."
                )
            directory.chmod(0o700)
    except OSError as error:
        raise unusable(f"the directory {directory} cannot be used", error) from error
    return directory


def is_own(directory: Path) -> bool:
    """Whether this is a directory of this user, and the same one wherever it is named."""
    try:
        return directory.is_absolute() and directory.stat().st_uid == os.getuid()
    except OSError:
        return False


def take_lock(directory: Path) -> int | None:
    """Take the lock of a directory: its file descriptor, or None where another has it.

    The lock lives as long as any copy of the descriptor is open. Passed on to
    the sidecar and closed here, it lives exactly as long as the sidecar, however
    that ends. Raises ``SidecarError`` where there can be no lock.
    """
    file = directory / LOCK
    try:
        descriptor = os.open(file, LOCK_FLAGS, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SidecarError(f"{file} is not a regular file: remove it.")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            os.close(descriptor)
            raise
    except BlockingIOError:
        return None
    except OSError as error:
        raise unusable(f"{file} cannot be locked", error) from error
    return descriptor


def unusable(what: str, error: OSError) -> SidecarError:
    """What the system refused in the directory, and what to do about it."""
    remedy = REMEDIES.get(error.errno or 0, "")
    return SidecarError(
        f"{what} ({error.strerror}): {remedy}set CELLGRANT_DIR to a directory of your own."
    )


def command(node: str, directory: Path, arguments: Sequence[str]) -> list[str]:
    """The sidecar's command line, with what it is told of the settings.

    Raises ``SidecarError`` where the bundle is missing.
    """
    # Absolute: others read it there (ENF11).
    return [*program(node), "--dir", str(directory.absolute()), *arguments]


def check_command(node: str, file: str, before: Sequence[str]) -> list[str]:
    """The command line that only checks a configuration file, which counts after those before it.

    Raises ``SidecarError`` as above.
    """
    named = [word for it in before for word in ("--config", it)]
    return [*program(node), "--check-config", file, *named]


def program(node: str) -> list[str]:
    """The sidecar's program. Raises ``SidecarError`` where the bundle is missing."""
    if not BUNDLE.is_file():
        raise SidecarError(
            f"the sidecar's program {BUNDLE} is missing: "
            "reinstall jupyterlab_cellgrant, or run npm run build in a working copy."
        )
    return [node, *NODE_OPTIONS, str(BUNDLE)]


def first_words(line: bytes) -> dict[str, Any]:
    """What a sidecar says first, of itself or of another one; empty where it says nothing."""
    try:
        words = json.loads(line)
    except ValueError:
        return {}  # it ended, or will: what it said of it is on stderr
    return words if isinstance(words, dict) else {}


def served_elsewhere(words: dict[str, Any], failure: str) -> Path | None:
    """The directory of this user's sidecar that runs already, by what another one said instead of
    starting (ENF11); None where there is none, or one that does another thing when it fails."""
    served = words.get("served") or {}
    return Path(served["directory"]) if served.get("failure") == failure else None


def environment() -> dict[str, str]:
    """The environment that a sidecar is started with."""
    return {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
