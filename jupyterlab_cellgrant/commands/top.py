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
from types import FrameType
from typing import Any

import click

from . import api
from .failure import Failure
from .output import json_option, print_line, show
from .program import end_as
from .status import parts_of

LOOK_EVERY_S = 0.25
RETRY_AFTER_S = 1.0
ENDING_KEYS = b"qQ\x04"
# What ends or stops us otherwise would leave its terminal to a shell as we have set it.
TOLD = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP)


class _ToldError(Exception):
    """A signal came."""

    def __init__(self, number: int) -> None:
        self.number = number


@click.command()
@json_option
def top(as_json: bool) -> int:
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
        return _watch()
    else:
        show(*parts_of(api.get("snapshot")))
    return 0


def _stream() -> None:
    for snapshot in api.snapshots():
        print_line(snapshot)
    raise Failure("the sidecar has ended.")


def _watch() -> int:
    """Until a key ends it; stopped or ended by a signal, with the terminal as it was."""
    feed = _Feed(api.get("snapshot"))
    threading.Thread(target=feed.run, daemon=True).start()
    while True:
        try:
            with _signals():
                _draw(feed)
            return 0
        except KeyboardInterrupt:
            return 0
        except _ToldError as told:
            if told.number != signal.SIGTSTP:
                return end_as(told.number)
            os.kill(os.getpid(), signal.SIGSTOP)


def _draw(feed: _Feed) -> None:
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    with _keys(), Live(screen=True, auto_refresh=False) as live:
        while not _is_ended_by_key():
            parts = [feed.sentence, *parts_of(feed.snapshot), "q ends this."]
            spaced = [it for part in parts if part for it in (part, Text())]
            live.update(Group(*spaced), refresh=True)


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
def _signals() -> Iterator[None]:
    """The first that ends or stops us raises; what follows it is of no use."""

    def hear(number: int, _: FrameType | None) -> None:
        for it in TOLD:
            signal.signal(it, signal.SIG_IGN)
        raise _ToldError(number)

    before = {it: signal.signal(it, hear) for it in TOLD}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _keys() -> Iterator[None]:
    """Each key is read as it is struck, and not shown."""
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _is_ended_by_key() -> bool:
    if not select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
        return False
    # Past Python's buffer, which select knows nothing of.
    key = os.read(sys.stdin.fileno(), 1)
    return not key or key in ENDING_KEYS
