"""Options that several commands have, made of what is declared elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..settings import Cellgrant, settings_of_jupyter

Command = TypeVar("Command", bound=Callable[..., Any])
# What is said of a sidecar is told from what is asked of one: both have cpus and memory.
OF_SIDECAR = "sidecar_"


def range_options(command: Command) -> Command:
    """``--from`` and ``--to``, which the sidecar reads."""
    for flag, name, side in (("--to", "end", "Until before"), ("--from", "begin", "From")):
        meant = f"{side} a date on, such as 2026-11-30, or a time ago, such as 2h."
        meant = meant if name == "begin" else meant.replace(" on,", ",")
        command = click.option(flag, name, metavar="WHEN", help=meant)(command)
    return command


def setting(
    name: str, flag: str = "", hidden: bool = False, of_jupyter: bool = True
) -> Callable[[Command], Command]:
    """A setting of a sidecar as an option, which counts before Jupyter's configuration, or (not
    ``of_jupyter``) alone."""
    trait = Cellgrant.class_traits()[name]
    words = getattr(trait, "values", None)
    return click.option(
        flag or f"--{trait.metadata['option']}",
        f"{OF_SIDECAR}{name}",
        type=click.Choice(words) if words else str,
        metavar=trait.metadata.get("metavar"),
        help=f"{trait.help} (c.Cellgrant.{name})" if of_jupyter else trait.help,
        hidden=hidden,
    )


def settings(command: Command) -> Command:
    """Every setting of a sidecar, under its own name."""
    for name in reversed(_names()):
        command = setting(name)(command)
    return command


def jupyter_settings(command: Command) -> Command:
    """Every setting of a sidecar, as servers of Jupyter have them: ``--Cellgrant.cpus=0-7``.

    For a command whose own options say what it asks for, which have the same names.
    """
    for name in reversed(_names()):
        command = setting(name, f"--Cellgrant.{name}", hidden=True)(command)
    return command


def node_settings(command: Command) -> Command:
    """Every setting of a sidecar of all users but its configuration, for which there is a place."""
    for name in reversed(_names()):
        if name != "config_file":
            command = setting(name, of_jupyter=False)(command)
    return command


log_format_option = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How the log on stderr is written: a sentence a line, or one JSON object a line.",
)


def said_of(said: dict[str, Any]) -> Cellgrant:
    """What was said, and nothing else. Raises ``TraitError``."""
    return Cellgrant(**_named(said))


def settings_of(said: dict[str, Any]) -> Cellgrant:
    """What was said, before what Jupyter's configuration says. Raises ``TraitError``."""
    return settings_of_jupyter(**_named(said))


def _named(said: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(OF_SIDECAR): it for name, it in said.items() if it is not None}


def _names() -> list[str]:
    return [
        name for name, it in Cellgrant.class_traits(config=True).items() if "option" in it.metadata
    ]
