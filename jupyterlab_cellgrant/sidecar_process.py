"""How the sidecar is started: its directory, its lock, its command line."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import socket
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .client.wire import GATE_SOCKET
from .paths import API_SOCKET

LOCK = "sidecar.lock"
# The list of kernels that a sidecar leaves to the next one (server/daemon/holderStore.ts).
HOLDERS = "kernels.json"
STOP_WITHIN_S = 5.0
# Follows no link, and does not wait for the other end of a pipe.
LOCK_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
# What to do about a refusal, if there is better advice than another directory.
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
# A sidecar waits far more than it works. Without this its heap keeps the size of a busy
# minute; with less, garbage collection would slow decisions down (bench decisions).
NODE_OPTIONS = ("--max-semi-space-size=8",)
# The user's Node options are for the user's programs; some would open a port.
NOT_INHERITED = ("NODE_OPTIONS", "NODE_PATH", "NODE_ENV")


class SidecarError(Exception):
    """The sidecar cannot be started; the message says why and what to do."""


def ensure_private(directory: Path) -> Path:
    """Create the directory of the sockets, readable by this user alone.

    Raises ``SidecarError`` if it belongs to someone else: its owner
    could impersonate the sidecar.
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
    """Whether this directory is this user's, and the same one under both names."""
    try:
        return directory.is_absolute() and directory.stat().st_uid == os.getuid()
    except OSError:
        return False


def take_lock(directory: Path) -> int | None:
    """Take the lock of a directory: its file descriptor, or None if another process has it.

    The lock is held as long as any copy of the descriptor is open. Passed on to
    the sidecar and closed here, it is held exactly as long as the sidecar runs, however
    that ends. Raises ``SidecarError`` if locking is impossible.
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


def lead(directory: Path, other: Path) -> bool:
    """Let programs that know only this directory reach the sidecar of another one, as a sidecar
    that yields does (ENF11). False if somebody still serves it. Raises as above, and OSError.
    """
    lock = take_lock(ensure_private(directory))
    if lock is None:
        return False
    try:
        if _is_listening(directory / GATE_SOCKET):
            return False
        for name in (GATE_SOCKET, API_SOCKET):
            (directory / name).unlink(missing_ok=True)
            (directory / name).symlink_to(other / name)
        # What kernels keep is decided there from now on; the next sidecar here must trust gates.
        (directory / HOLDERS).unlink(missing_ok=True)
        return True
    finally:
        os.close(lock)


def _is_listening(path: Path) -> bool:
    """Whether a sidecar has this socket, and it is not reached through a link."""
    if path.is_symlink() or not path.is_socket():
        return False
    with socket.socket(socket.AF_UNIX) as it:
        return it.connect_ex(str(path)) == 0


def unusable(what: str, error: OSError) -> SidecarError:
    """What the system refused in the directory, and what to do about it."""
    remedy = REMEDIES.get(error.errno or 0, "")
    return SidecarError(
        f"{what} ({error.strerror}): {remedy}set CELLGRANT_DIR to a directory of your own."
    )


def command(node: str, directory: Path, arguments: Sequence[str]) -> list[str]:
    """The sidecar's command line, with its arguments from the settings.

    Raises ``SidecarError`` if the bundle is missing.
    """
    # Absolute: other sidecars read it from the process's arguments (ENF11).
    return [*program(node), "--dir", str(directory.absolute()), *arguments]


def check_command(node: str, file: str, before: Sequence[str]) -> list[str]:
    """The command line that only checks a configuration file, with those that precede it.

    Raises ``SidecarError`` as above.
    """
    named = [word for it in before for word in ("--config", it)]
    return [*program(node), "--check-config", file, *named]


def exchange_command(node: str, words: Sequence[str]) -> list[str]:
    """The command line that exchanges history with files (server/exchange/main.ts).

    Raises ``SidecarError`` as above.
    """
    *before, bundle = program(node)
    return [*before, str(Path(bundle).with_name("exchange.cjs")), *words]


def program(node: str) -> list[str]:
    """The sidecar's program. Raises ``SidecarError`` if the bundle is missing."""
    if not BUNDLE.is_file():
        raise SidecarError(
            f"the sidecar's program {BUNDLE} is missing: "
            "reinstall jupyterlab_cellgrant, or run npm run build in a working copy."
        )
    return [node, *NODE_OPTIONS, str(BUNDLE)]


def first_words(line: bytes) -> dict[str, Any]:
    """The first line of a sidecar, about itself or another one; empty if there is none."""
    try:
        words = json.loads(line)
    except ValueError:
        return {}  # it ended, or will: its own message is on stderr
    return words if isinstance(words, dict) else {}


def served_elsewhere(words: dict[str, Any], failure: str) -> Path | None:
    """The directory of this user's running sidecar, as reported by another one that did not
    start (ENF11); None if there is none, or if it has another failure mode."""
    served = words.get("served") or {}
    return Path(served["directory"]) if served.get("failure") == failure else None


def environment() -> dict[str, str]:
    """The environment that a sidecar is started with."""
    return {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}


async def end(process: asyncio.subprocess.Process) -> None:
    """Stop one that was started with ``--with-parent``: gracefully if it listens."""
    if process.stdin:
        process.stdin.close()
    for hurry in (process.terminate, process.kill):
        try:
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
            break
        except asyncio.TimeoutError:
            hurry()
