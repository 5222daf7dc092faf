"""``cellgrant serve --system``: one sidecar for every user of the node."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

from ..node_runtime import find_node
from ..paths import SYSTEM_DIR
from ..sidecar_process import command, take_lock
from ..system.place import CONFIG_FILE, STATE_DIR, ensure_public
from ..system.program import Service
from ..system.unit import unit
from .failure import Exit, Failure
from .options import log_format_option, node_settings, said_of

ABSENT = "cellgrant serve is for every user of the node: say --system. For yours alone there is "


def _print_unit(context: click.Context, _: click.Parameter, is_wanted: bool) -> None:
    if is_wanted:
        click.echo(unit(), nl=False)
        context.exit()


@click.command()
@click.option("--system", is_flag=True, help="For every user of this node; root runs it.")
@click.option(
    "--print-unit",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_unit,
    help="Print a unit that lets systemd run it, and end.",
)
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    default=SYSTEM_DIR,
    show_default=True,
    help="Where users find it, and their sockets.",
)
@click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    default=STATE_DIR,
    show_default=True,
    help="Where it keeps what outlives it.",
)
@node_settings
@click.option(
    "--config",
    metavar="FILE",
    help=f"A YAML file of groups, limits and reserves, in place of {CONFIG_FILE}.",
)
@log_format_option
def serve(
    system: bool,
    run_dir: Path,
    state_dir: Path,
    config: str | None,
    log_format: str,
    **said: Any,
) -> int:
    """Run one sidecar for every user of this node, in the foreground, until it is stopped.

    JupyterLab and cellgrant run use it as soon as it is there. When it is ready, it prints one line
    of JSON. No configuration of Jupyter or of a user counts; SIGHUP reads its own again.

    \b
    Examples:
      sudo cellgrant serve --system --memory 480GiB
      cellgrant serve --print-unit | sudo tee /etc/systemd/system/cellgrant.service
    """
    if not system:
        raise Failure(f"{ABSENT}cellgrant sidecar.", Exit.USAGE)
    if os.geteuid() != 0:
        raise Failure(
            "only root can serve every user of the node, and you are not: start it with sudo, or "
            "as the unit that --print-unit prints. For yours alone there is cellgrant sidecar."
        )
    its = said_of(said)
    file = config or (CONFIG_FILE if Path(CONFIG_FILE).is_file() else None)
    options = [*its.arguments([file] if file else []), "--log-format", log_format]
    words = [*options, "--system", str(run_dir.absolute()), "--with-parent"]
    program = command(find_node(its.node).path, state_dir, words)
    lock = take_lock(ensure_public(run_dir))
    if lock is None:
        raise Failure(f"a sidecar of the system serves {run_dir} already.", Exit.ALREADY_SERVED)
    return asyncio.run(Service(run_dir.absolute(), program, lock, _log_as(log_format)).run())


def _log_as(log_format: str) -> Callable[[str], None]:
    """Writes warnings to stderr as the sidecar itself does (server/daemon/log.ts)."""

    def log(message: str) -> None:
        time = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        fields = {"time": time, "program": "cellgrant", "level": "warning", "message": message}
        text = f"{time} cellgrant warning: {message}"
        click.echo(json.dumps(fields) if log_format == "json" else text, err=True)

    return log
