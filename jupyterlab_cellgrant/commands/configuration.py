"""``cellgrant check`` and ``cellgrant reload``: what the administrator's file says."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import Any

import click

from ..node_runtime import find_node
from ..paths import config_files_before
from ..sidecar_process import check_command, environment
from . import api
from .failure import Exit, Failure
from .options import setting, settings_of
from .output import json_option, print_json

READ_WITHIN_S = 10


@click.command()
@click.argument("file")
@click.option(
    "--alone",
    is_flag=True,
    help="Check FILE as the administrator's own. Without this option, FILE may only narrow the "
    "files in Jupyter's directories of the environment and the system.",
)
@setting("node")
@json_option
def check(file: str, alone: bool, as_json: bool, **said: Any) -> int:
    """Report all problems of a configuration file, each with its line.

    \b
    Examples:
      cellgrant check cellgrant.yaml
      cellgrant check --alone /etc/jupyter/cellgrant.yaml
    """
    # The sidecar's own reader is asked, so that the two cannot disagree.
    node = find_node(settings_of(said).node)
    words = check_command(node.path, file, [] if alone else config_files_before(file))
    read = subprocess.run(words, env=environment(), stdout=subprocess.PIPE, text=True, check=False)
    if as_json:
        print_json({"file": file, "problems": read.stdout.splitlines() if read.returncode else []})
    else:
        click.echo(read.stdout, nl=False)
    return read.returncode


@click.command()
@json_option
def reload(as_json: bool) -> int:
    """Make the running sidecar read its configuration again.

    Running cells keep what they have, waiting cells keep waiting, and a file with a mistake
    changes nothing.

    \b
    Examples:
      cellgrant check ~/.jupyter/cellgrant.yaml && cellgrant reload
    """
    before = api.get("configuration")
    if before["file"] is None:
        raise Failure(
            "the sidecar was started without a configuration file: write a cellgrant.yaml into one "
            "of Jupyter's configuration directories (jupyter --paths), or name one in "
            "c.Cellgrant.config_file or --config, and restart Jupyter or the sidecar."
        )
    try:
        os.kill(api.sidecar_pid(), signal.SIGHUP)
    except PermissionError:
        raise Failure(
            "the sidecar here serves every user of this node, so only root can make it read its "
            "configuration again: use sudo."
        ) from None
    after = _read_again(before)
    files = [*after["narrows"], after["file"]]
    wrong = [it for it in files if any(line.startswith(f"{it}:") for line in after["problems"])]
    if as_json:
        print_json(after)
    else:
        _tell(after["problems"], files, wrong)
    return Exit.FAILED if wrong else 0


def _read_again(before: dict[str, Any]) -> dict[str, Any]:
    """The configuration once it was read another time."""
    end = time.monotonic() + READ_WITHIN_S
    while (after := api.get("configuration"))["readMs"] == before["readMs"]:
        if time.monotonic() > end:
            raise Failure(f"the sidecar did not read {before['file']} again.")
        time.sleep(0.05)
    found: dict[str, Any] = after
    return found


def _tell(problems: list[str], files: list[str], wrong: list[str]) -> None:
    for problem in problems:
        click.echo(problem)
    for file in files:
        is_wrong = file in wrong
        click.echo(f"{file}{': what it said before stays' if is_wrong else ' is'} in force.")
