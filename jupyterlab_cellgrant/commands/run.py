"""``cellgrant run``: a command under a grant, and kernels that are granted resources below it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import click

from ..client.errors import NoSidecarError
from ..client.holder import Holder
from ..client.wire import FAILURE_ENV
from ..paths import DIRECTORY_ENV
from ..settings import Cellgrant
from ..sidecar_line import SidecarLine
from .failure import Failure, say
from .grant import command_holder, granted
from .hints import hints, take_hints
from .options import jupyter_settings, settings_of
from .program import End, Program, adopt_orphans, children, end_as, name_of
from .sidecar import sidecar_beside

PROVISIONER_ENV = "JUPYTER_DEFAULT_PROVISIONER_NAME"


@click.command(context_settings={"allow_interspersed_args": False})
@hints
@click.option("--name", metavar="TEXT", help="The name that others see; by default the program's.")
@jupyter_settings
@click.argument("command", metavar="[--] CMD...", nargs=-1, required=True, type=click.UNPROCESSED)
def run(command: tuple[str, ...], name: str | None, **said: Any) -> int:
    """Run a command once it is granted what it asks for.

    CMD waits for its turn, and the reason is shown; then it runs in a place of its own, confined
    to its grant until it ends. Signals, terminal and exit code are CMD's. Jupyter kernels that CMD
    starts are granted what their cells ask for. Without hints, CMD itself holds nothing.

    If no sidecar runs, one is started for as long as CMD runs, configured by Jupyter's
    configuration or by --Cellgrant.NAME=VALUE (cellgrant sidecar --help lists the names).

    \b
    Examples:
      cellgrant run --cpus 4 --memory 8GiB -- python train.py --epochs 3
      cellgrant run --gpus 1 --max-wait 5min -- ./evaluate
      cellgrant run jupyter console
    """
    asked = take_hints(said)
    program = Program(command)
    its = settings_of(said)
    with sidecar_beside(its) as directory:
        _select(directory, its.failure)
        holder = command_holder(name or name_of(command), os.getpid())
        end = _run_granted(program, holder, asked, its) if asked else program.run()
    return end_as(end.status)


def _select(directory: Path, failure: str) -> None:
    """What programs below us are told, kernels among them."""
    os.environ.update({PROVISIONER_ENV: "cellgrant", DIRECTORY_ENV: str(directory)})
    if failure == "closed":
        os.environ[FAILURE_ENV] = failure


def _run_granted(program: Program, holder: Holder, asked: dict[str, Any], its: Cellgrant) -> End:
    directory = Path(os.environ[DIRECTORY_ENV])
    try:
        with granted(holder, directory, asked, program.terminate) as holding:
            _prepare(holder)
            with holding.applied():
                adopt_orphans()
                end = program.run()
            # What may have been killed for want of memory is not said to have ended by itself.
            if not end.was_killed:
                holding.release(end.outcome, end.cpu_seconds)
            _tell_left(holder.name)
            return end
    except NoSidecarError as error:
        if its.failure == "closed":
            raise Failure(str(error)) from error
        say(f"{error} {holder.name} runs without a grant.")
        return program.run()


def _prepare(holder: Holder) -> None:
    """Variables that a program is started with; those that its user chose stay."""
    prepare = {"type": "prepare", "holderId": holder.id}
    answer = asyncio.run(SidecarLine(prepare, "launch").answer())
    for name, value in ((answer or {}).get("env") or {}).items():
        os.environ.setdefault(name, value)


def _tell_left(name: str) -> None:
    if left := children(os.getpid()):
        pids = ", ".join(map(str, left))
        say(f"{name} has ended, but what it left running continues without a grant (pid {pids}).")
