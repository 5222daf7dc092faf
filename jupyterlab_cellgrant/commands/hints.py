"""What is asked for a command: the hints of cells, as options."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import click

# More is no amount of anything, and Python reads no number of thousands of digits.
DIGITS = r"\d{1,15}"
Command = TypeVar("Command", bound=Callable[..., Any])


class _Option(NamedTuple):
    hint: str
    metavar: str
    help: str

    @property
    def flag(self) -> str:
        """``--gpu-memory`` of ``gpuMemory``."""
        return "--" + re.sub("[A-Z]", lambda it: f"-{it[0].lower()}", self.hint)


_OPTIONS = (
    _Option("cpus", "N|MIN-MAX|auto", "N CPUs, pinned; from MIN to MAX; or a fair share."),
    _Option("memory", "AMOUNT", "The most memory that it may hold, such as 8GiB."),
    _Option("gpus", "N", "Whole GPUs."),
    _Option("gpuMemory", "AMOUNT", "A part of each GPU, shared with others that fit: 24GiB."),
    _Option("gpuModel", "TEXT", "Only GPUs whose model contains this: H200."),
    _Option("exclusive", "", "Run nobody else on these CPUs."),
    _Option("time", "SPAN", "Estimated run time, such as 10min; lets short ones pass."),
    _Option("priority", "N", "From -100 to 100; higher goes first."),
    _Option("maxWait", "SPAN", "Give up after this long in the queue, such as 5min."),
)


def hints(command: Command) -> Command:
    """Every hint that says something of a command, as an option; the sidecar reads its value."""
    for it in reversed(_OPTIONS):
        kind: dict[str, Any] = {"metavar": it.metavar} if it.metavar else {"is_flag": True}
        command = click.option(it.flag, it.hint, default=None, help=it.help, **kind)(command)
    return command


def take_hints(said: dict[str, Any]) -> dict[str, Any]:
    """Take the hints out of what was said, as the metadata of a cell has them."""
    values = {it.hint: said.pop(it.hint) for it in _OPTIONS}
    return {name: _value(name, it) for name, it in values.items() if it is not None}


def _value(name: str, said: Any) -> Any:
    """As JSON has it; what is no number, or too long, is left to the sidecar."""
    if name == "gpuModel" or not isinstance(said, str):
        return said
    return int(said) if re.fullmatch(rf"\s*-?{DIGITS}\s*", said) else said
