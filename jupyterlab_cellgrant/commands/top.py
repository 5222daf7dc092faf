"""``cellgrant top``: the node as it changes."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from . import api
from .failure import Failure
from .output import json_option, print_line, show
from .status import parts_of

LOOK_EVERY_S = 0.25
RETRY_AFTER_S = 1.0
ENDING_KEYS = b"qQ\x04"


@click.command()
@json_option
def top(as_json: bool) -> None:
    """Follow the node, who holds what, and the queue.

    Press q or Control-C to stop. If the output is not a terminal, they are printed once.

    \b
    Examples:
      cellgrant top
      cellgrant top --json | jq -c '.node.cpusBusy'   one line per change
    """
    if as_json:
        _stream()
    elif sys.stdout.isatty() and sys.stdin.isatty():
        _watch()
    else:
        show(*parts_of(api.get("snapshot")))


def _stream() -> None:
    for snapshot in api.snapshots():
        print_line(snapshot)
    raise Failure("the sidecar has ended.")


def _watch() -> None:
    feed = _Feed(api.get("snapshot"))
    threading.Thread(target=feed.run, daemon=True).start()
    with suppress(KeyboardInterrupt):
        while _is_suspended(feed):
            # With the terminal as it was; who continues us has given it back.
            os.kill(os.getpid(), signal.SIGTSTP)


def _is_suspended(feed: _Feed) -> bool:
    """Show it until a key ends it, or Control-Z suspends it; whether the latter."""
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    with _suspensions() as suspended, _keys(), Live(screen=True, auto_refresh=False) as live:
        while not suspended:
            if _is_ended_by_key():
                return False
            parts = [feed.sentence, *parts_of(feed.snapshot), "q ends this."]
            spaced = [it for part in parts if part for it in (part, Text())]
            live.update(Group(*spaced), refresh=True)
    return True


@contextmanager
def _suspensions() -> Iterator[list[int]]:
    """Control-Z stops nothing meanwhile, but is noted: the screen is to be given back first."""
    noted: list[int] = []
    before = signal.signal(signal.SIGTSTP, lambda number, _: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGTSTP, before)


class _Feed:
    """The newest snapshot; where the sidecar is away, what is said of that."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.snapshot = snapshot
        self.sentence = ""

    def run(self) -> None:
        """Follow the sidecar, and whoever comes after it, for ever."""
        while True:
            try:
                for snapshot in api.snapshots():
                    self.snapshot, self.sentence = snapshot, ""
            except Failure as error:
                self.sentence = f"These figures are outdated: {error.message}"
            time.sleep(RETRY_AFTER_S)


@contextmanager
def _keys() -> Iterator[None]:
    """Each key is read as it is struck, and not shown."""
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _is_ended_by_key() -> bool:
    if not select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
        return False
    # Past Python's buffer, which select knows nothing of.
    key = os.read(sys.stdin.fileno(), 1)
    return not key or key in ENDING_KEYS
