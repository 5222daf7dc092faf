"""The command ``cellgrant``: what it consists of, and how it fails."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from traitlets import TraitError

from .. import __doc__ as description
from ..node_runtime import NodeMissingError
from ..sidecar_process import SidecarError
from .admin import admin
from .adopt import adopt, hold
from .configuration import check, reload
from .failure import Exit, Failure
from .history import history
from .holders import release
from .metrics import metrics
from .order import InOrder
from .profile import profile
from .queue import cancel, move_up, queue
from .replay import replay
from .report import report
from .run import run
from .serve import serve
from .sidecar import sidecar
from .status import status
from .top import top

STDERR = 2
EPILOG = """\b
Examples:
  cellgrant status                 show who holds what, and who waits
  cellgrant top                    the same, updated as it changes
  cellgrant run jupyter console    a console whose cells are granted resources
\b
Completion of commands, options and names, for example in ~/.bashrc:
  eval "$(_CELLGRANT_COMPLETE=bash_source cellgrant)"
(zsh_source in zsh, fish_source in fish).
"""


@click.group(cls=InOrder, help=description, epilog=EPILOG)
@click.version_option(package_name="jupyterlab_cellgrant", message="%(prog)s %(version)s")
def cellgrant() -> None:
    """See the docstring of the package."""


for _command in (
    *(run, adopt, hold, status, top, queue, cancel, move_up, release),
    *(history, report, profile, replay),
    *(sidecar, serve, check, reload, metrics, admin),
):
    cellgrant.add_command(_command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code. Failures are one sentence on stderr."""
    _settle()
    try:
        return int(cellgrant.main(argv, prog_name="cellgrant", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    except BrokenPipeError:
        # Whoever read has had enough, and Python would complain once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except (NodeMissingError, SidecarError, TraitError, OSError) as error:
        failure = Failure(str(error))
        failure.show()
        return failure.exit_code


def _settle() -> None:
    """Set right what whoever started us may have left otherwise, and our work relies on."""
    # Children of who ignores this are gone before anybody has heard how they ended.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # A closed one would be the next socket's number. A command finds it closed, as it would be.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        continue
    os.close(descriptor)
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    # Names are of any characters, terminals are not.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
