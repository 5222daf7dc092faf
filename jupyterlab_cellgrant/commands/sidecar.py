"""``cellgrant sidecar``: the sidecar in the foreground, or for the time of a program."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ..node_runtime import find_node
from ..paths import runtime_dir
from ..settings import Cellgrant
from ..sidecar_process import (
    SidecarError,
    command,
    ensure_private,
    environment,
    first_words,
    served_elsewhere,
    take_lock,
)
from .failure import Exit, Failure
from .options import settings, settings_of

ENDS_WITHIN_S = 20


@click.command()
@settings
def sidecar(**said: Any) -> None:
    """Run the sidecar here, in the foreground, until it is stopped.

    When it is ready, it prints one line of JSON: its pid, its sockets and its tier. What no option
    says, Jupyter's configuration does.

    \b
    Examples:
      cellgrant sidecar --cpus 0-7    grant only CPUs 0 to 7, until Control-C
    """
    directory = ensure_private(runtime_dir())
    its = settings_of(said)
    arguments = command(find_node(its.node).path, directory, its.arguments())
    lock = take_lock(directory)
    if lock is None:
        raise Failure(
            f"a sidecar serves {directory} already; see it with cellgrant status.", Exit.OCCUPIED
        )
    # The lock goes with this process, which becomes the sidecar.
    os.set_inheritable(lock, True)
    os.execve(arguments[0], arguments, environment())  # noqa: S606


@contextmanager
def sidecar_beside(its: Cellgrant) -> Iterator[Path]:
    """A sidecar for the time of a block, unless one runs already; the directory that it serves."""
    directory = ensure_private(runtime_dir())
    lock = take_lock(directory)
    if lock is None:
        yield directory
        return
    try:
        arguments = command(find_node(its.node).path, directory, its.arguments())
        process = _start([*arguments, "--with-parent"], lock)
    finally:
        os.close(lock)
    try:
        yield _elsewhere(process, its.failure) or directory
    finally:
        _stop(process)


def _start(arguments: list[str], lock: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        pass_fds=(lock,),
        start_new_session=True,
    )


def _elsewhere(process: subprocess.Popen[bytes], failure: str) -> Path | None:
    """Wait until it is ready; where this user's sidecar runs already, that is used (ENF11)."""
    assert process.stdout is not None
    words = first_words(process.stdout.readline())
    elsewhere = served_elsewhere(words, failure)
    if elsewhere is None and not words.get("ready"):
        raise SidecarError(
            f"the sidecar ended at once (exit code {process.wait()}): "
            "run cellgrant sidecar to see why."
        )
    return elsewhere


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
