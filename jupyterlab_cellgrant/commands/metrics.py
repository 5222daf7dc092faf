"""``cellgrant metrics``: the sidecar's figures for Prometheus."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from . import api
from .failure import Failure


@click.command()
@click.option(
    "--output",
    metavar="FILE",
    help="Write to this file, replaced as a whole, for the textfile collector of node_exporter.",
)
def metrics(output: str | None) -> None:
    """Print metrics in the text format of Prometheus.

    Prometheus itself can read them from a Jupyter server, with that server's token, at
    /cellgrant/api/v1/metrics.

    \b
    Examples:
      cellgrant metrics
      cellgrant metrics --output /var/lib/node_exporter/textfile/cellgrant.prom
    """
    text = api.get_text("metrics")
    if output is None:
        click.echo(text, nl=False)
    else:
        _replace(Path(output), text)


def _replace(file: Path, text: str) -> None:
    """Write beside the file, then put it in its place: a collector reads the old or the new one."""
    try:
        descriptor, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "w") as new:
                new.write(text)
            # Collectors run as another user; the figures name no user unless that was chosen.
            Path(beside).chmod(0o644)
            Path(beside).replace(file)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}.") from error
