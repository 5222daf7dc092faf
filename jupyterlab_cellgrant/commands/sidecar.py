"""``cellgrant sidecar``: the sidecar in the foreground, or for the time of a program."""

from __future__ import annotations

import os
import select
import signal
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
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How the log on stderr is written: a sentence a line, or one JSON object a line.",
)
def sidecar(log_format: str, **said: Any) -> None:
    """Run the sidecar here, in the foreground, until it is stopped.

    When it is ready, it prints one line of JSON: its pid, its sockets and its tier. Settings that
    no option gives are taken from Jupyter's configuration.

    \b
    Examples:
      cellgrant sidecar --cpus 0-7    grant only CPUs 0 to 7, until Control-C
    """
    directory = ensure_private(runtime_dir())
    its = settings_of(said)
    arguments = command(
        find_node(its.node).path, directory, [*its.arguments(), "--log-format", log_format]
    )
    lock = take_lock(directory)
    if lock is None:
        raise Failure(
            f"a sidecar already serves {directory}; cellgrant status shows it.",
            Exit.ALREADY_SERVED,
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
        beside = _Beside([*arguments, "--with-parent"], lock)
    finally:
        os.close(lock)
    try:
        yield beside.served(its.failure) or directory
    finally:
        beside.stop()


class _Beside:
    """A sidecar that ends when we stop it, or end.

    It is no child of ours: we may ask it for a grant, and what started it can hold none (SEC7).
    """

    def __init__(self, arguments: list[str], lock: int) -> None:
        stdin, self._stdin = os.pipe()
        stdout, itself = os.pipe()
        self._words: dict[str, Any] = {}
        if os.fork() == 0:
            try:
                _spawn(arguments, stdin, itself, lock)
            finally:
                os._exit(0)
        os.wait()
        os.close(stdin)
        os.close(itself)
        self._stdout = os.fdopen(stdout, "rb")

    def served(self, failure: str) -> Path | None:
        """Wait until it is ready; where this user's sidecar runs already, that is used (ENF11)."""
        self._words = first_words(self._stdout.readline())
        elsewhere = served_elsewhere(self._words, failure)
        if elsewhere is None and not self._words.get("ready"):
            raise SidecarError("the sidecar exited at once: run cellgrant sidecar to see why.")
        return elsewhere

    def stop(self) -> None:
        """Wait until it has undone everything, but not for ever."""
        os.close(self._stdin)
        # It writes nothing more: what there is to read is its end.
        if not select.select([self._stdout], [], [], ENDS_WITHIN_S)[0] and "pid" in self._words:
            os.kill(self._words["pid"], signal.SIGKILL)


def _spawn(arguments: list[str], stdin: int, stdout: int, lock: int) -> None:
    subprocess.Popen(
        arguments,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        env=environment(),
        pass_fds=(lock,),
        start_new_session=True,
    )
