"""Options that several commands have, made of what is declared elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..settings import Cellgrant, settings_of_jupyter

Command = TypeVar("Command", bound=Callable[..., Any])
# What is said of a sidecar is told from what is asked of one: both have cpus and memory.
OF_SIDECAR = "sidecar_"


def setting(name: str, flag: str = "", hidden: bool = False) -> Callable[[Command], Command]:
    """A setting of a sidecar as an option, which counts before Jupyter's configuration."""
    trait = Cellgrant.class_traits()[name]
    words = getattr(trait, "values", None)
    return click.option(
        flag or f"--{trait.metadata['option']}",
        f"{OF_SIDECAR}{name}",
        type=click.Choice(words) if words else str,
        metavar=trait.metadata.get("metavar"),
        help=f"{trait.help} (c.Cellgrant.{name})",
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


def settings_of(said: dict[str, Any]) -> Cellgrant:
    """What was said, before what Jupyter's configuration says. Raises ``TraitError``."""
    return settings_of_jupyter(
        **{name.removeprefix(OF_SIDECAR): it for name, it in said.items() if it is not None}
    )


def _names() -> list[str]:
    return [
        name for name, it in Cellgrant.class_traits(config=True).items() if "option" in it.metadata
    ]
