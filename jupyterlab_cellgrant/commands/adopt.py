"""``cellgrant adopt`` and ``cellgrant hold``: a grant for what runs already, or for nothing yet."""

from __future__ import annotations

import os
import select
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from ..client.client import Holding
from ..client.errors import NoSidecarError
from ..client.holder import Holder
from ..system.knock import served_dir
from .amounts import granted as in_words
from .failure import Failure, say
from .grant import command_holder, granted
from .hints import hints, take_hints
from .output import json_option, print_line
from .program import name_of, terminate

# The kernel's PID_MAX_LIMIT.
PID_MAX = 2**22

name_option = click.option("--name", metavar="TEXT", help="The name that others see.")


@click.command()
@click.argument("pid", type=int)
@hints
@name_option
@json_option
def adopt(pid: int, name: str | None, as_json: bool, **said: Any) -> None:
    """Hold a grant for a running process and its descendants.

    The process holds what it is granted until it ends, or until Control-C here, which leaves it
    running as before. It may be any process of yours except a kernel, whose cells make claims of
    their own.

    \b
    Examples:
      cellgrant adopt 4711 --cpus 2
      cellgrant adopt $(pgrep -n train.py) --memory 16GiB
    """
    if not 1 <= pid <= PID_MAX:
        raise click.BadParameter(f"{pid} is no process id; they are from 1 to {PID_MAX}.")
    holder = command_holder(name or _name_of(pid), pid)
    process = _open(pid)
    with _held(holder, take_hints(said), lambda: terminate(pid)) as holding:
        _tell(holder, holding, as_json, "until it ends, or Control-C here")
        select.select([process], [], [])


@click.command()
@hints
@name_option
@json_option
def hold(name: str | None, as_json: bool, **said: Any) -> None:
    """Hold resources without using them.

    They are granted to nobody else until Control-C, or until the end of standard input.

    \b
    Examples:
      cellgrant hold --gpus 1
      cellgrant hold --memory 64GiB --exclusive --cpus 8 --name "for the demo"
    """
    holder = command_holder(name or "hold", os.getpid())
    with _held(holder, take_hints(said), lambda: os.kill(os.getpid(), signal.SIGTERM)) as holding:
        _tell(holder, holding, as_json, "until Control-C")
        _wait_for_input_to_end()


@contextmanager
def _held(holder: Holder, asked: dict[str, Any], end: Callable[[], object]) -> Iterator[Holding]:
    try:
        with suppress(KeyboardInterrupt), granted(holder, served_dir(), asked, end) as holding:
            try:
                yield holding
            finally:
                holding.release()
    except NoSidecarError as error:
        raise Failure(str(error)) from error


def _tell(holder: Holder, holding: Holding, as_json: bool, until: str) -> None:
    grant = holding.grant
    if as_json:
        its = {"holderId": holder.id, "name": holder.name, "pid": holder.pid}
        print_line({**its, "grant": grant})
    else:
        gpus = f" ({', '.join(grant['gpus'])})" if grant["gpus"] else ""
        say(f"{holder.name} (pid {holder.pid}) holds {in_words(grant)}{gpus} {until}.")


def _open(pid: int) -> int:
    """A descriptor that is readable once this process has ended, whoever has its number then."""
    if pid == os.getpid():
        raise Failure(f"process {pid} is this command itself: use cellgrant hold.")
    with suppress(OSError):
        process = Path(f"/proc/{pid}/status").read_text().partition("Tgid:")[2].split()[0]
        if int(process) != pid:
            raise Failure(f"{pid} is a thread of process {process}: adopt that.")
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        raise Failure(f"process {pid} cannot be adopted: {error.strerror}.") from error


def _name_of(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        words = []
    return name_of(words) or f"process {pid}"


def _wait_for_input_to_end() -> None:
    """For ever where nobody is at its other end, or a terminal, which says Control-C."""
    mode = os.fstat(0).st_mode
    while not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        signal.pause()
    while os.read(0, 4096):
        continue
