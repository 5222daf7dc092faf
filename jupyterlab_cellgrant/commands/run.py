"""``cellgrant run``: a program whose kernels are granted resources."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import Any

import click

from ..client.wire import FAILURE_ENV
from ..paths import DIRECTORY_ENV
from .options import jupyter_settings, settings_of
from .sidecar import sidecar_beside

PROVISIONER_ENV = "JUPYTER_DEFAULT_PROVISIONER_NAME"


@click.command(context_settings={"allow_interspersed_args": False})
@jupyter_settings
@click.argument("command", metavar="CMD...", nargs=-1, required=True, type=click.UNPROCESSED)
def run(command: tuple[str, ...], **said: Any) -> int:
    """Run a program whose Jupyter kernels are granted resources.

    Where no sidecar runs, one is started for the time of the program, as Jupyter's configuration
    says or --Cellgrant.NAME=VALUE (cellgrant sidecar --help lists the names).

    \b
    Examples:
      cellgrant run jupyter console
      cellgrant run jupyter execute a.ipynb
    """
    its = settings_of(said)
    with sidecar_beside(its) as directory:
        selected = {PROVISIONER_ENV: "cellgrant", DIRECTORY_ENV: str(directory)}
        if its.failure == "closed":
            selected[FAILURE_ENV] = its.failure
        # Control-C is for the program, which shares the terminal; exec undoes this for it.
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            code = subprocess.call(command, env={**os.environ, **selected})
        finally:
            signal.signal(signal.SIGINT, before)
    return 128 - code if code < 0 else code
