"""Changes a kernel's command so that the kernel contains a gate."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import MutableMapping, Sequence
from pathlib import Path, PurePath

STARTER = Path(__file__).parent / "kernel" / "start" / "sitecustomize.py"

IPYKERNEL_MODULES = frozenset({"ipykernel", "ipykernel_launcher", "ipykernel.kernelapp"})

# Commands that run their arguments on another machine, where our files do not exist.
REMOTE = frozenset({"ssh", "sshpass", "mosh"})

SCRIPT_BYTES_MAX = 64 * 1024

_INTERPRETER = re.compile(r"(python|pypy)[0-9.]*t?$")
_PLAIN_OPTION = re.compile(r"-[bBdOPqsuv]+$")  # not -E, -I, -S: no variables, or no site
_OPTION_WITH_VALUE = re.compile(r"-[WX].*$")
# What survives a wrapper that passes its arguments on unquoted.
_PLAIN_PATH = re.compile(r"[\w@%+=:,./-]+$")


def gated_command(
    command: Sequence[str], takes_connection_file: bool, env: MutableMapping[str, str]
) -> list[str] | None:
    """The command that starts the same kernel with a gate; None if that is not possible.

    ``command`` is complete (no templates); ``takes_connection_file`` states
    whether the kernelspec passes ``{connection_file}`` on; ``env`` are the
    variables that the kernel will have, to which ours is added.

    #### Notes
    In this order: a Python that runs a program finds the gate through PYTHONPATH, and
    its command is unchanged. A command that visibly runs ipykernel at its end (in its
    arguments, or as a wrapper script) gets one more argument.
    Everything else is left alone: it may be confined, but it must not break.
    """
    start = _program_index(command)
    if start is not None and not _hands_on_to_ipykernel(command[start:]) and _add_path(env):
        return list(command)
    if takes_connection_file and _ends_in_ipykernel(command, env.get("PATH")):
        return [*command, f"--IPKernelApp.code_to_run={_installing_code(STARTER)}"]
    return None


def _add_path(env: MutableMapping[str, str]) -> bool:
    """Put the starter's directory in front of PYTHONPATH; False if no path can express it."""
    directory = str(STARTER.parent)
    if os.pathsep in directory:
        return False
    before = env.get("PYTHONPATH")
    env["PYTHONPATH"] = os.pathsep.join([directory, before] if before else [directory])
    return True


def _program_index(command: Sequence[str]) -> int | None:
    """Where the program of a Python that reads its variables starts: `-m`, `-c` or a script."""
    if not command or not _INTERPRETER.match(PurePath(command[0]).name):
        return None
    index = 1
    while index < len(command):
        word = command[index]
        if word in ("-W", "-X"):
            index += 2
        elif _PLAIN_OPTION.match(word) or _OPTION_WITH_VALUE.match(word):
            index += 1
        else:
            break
    if index >= len(command):
        return None
    word = command[index]
    names_program = word in ("-m", "-c") and index + 1 < len(command)
    return index if names_program or re.match(r"-m.|[^-]", word) else None


def _hands_on_to_ipykernel(program: Sequence[str]) -> bool:
    """Whether this program only starts another Python (as nb_conda_kernels' runner does)."""
    own = 2 if program[0] in ("-m", "-c") else 1
    return any(word in IPYKERNEL_MODULES for word in program[own:])


def _ends_in_ipykernel(command: Sequence[str], path: str | None) -> bool:
    if PurePath(command[0]).name in REMOTE:
        return False
    if any(word in IPYKERNEL_MODULES for word in command):
        return True
    script = _script_text(command[0], path)
    return "ipykernel" in script and re.search(r"\$\{?[@*]", script) is not None


def _script_text(name: str, path: str | None) -> str:
    """The text of a script; empty for other programs."""
    found = shutil.which(name, path=path)
    if found is None:
        return ""
    try:
        with Path(found).open("rb") as file:
            head = file.read(SCRIPT_BYTES_MAX)
    except OSError:
        return ""
    return head.decode(errors="replace") if head.startswith(b"#!") else ""


def _installing_code(starter: Path) -> str:
    """Python that installs the gate if its file is visible there (a container may hide it).

    Without a space, so that it stays one word for scripts that do not quote.
    """
    text = str(starter)
    where = (
        repr(text)
        if _PLAIN_PATH.match(text)
        else f"bytes.fromhex('{text.encode().hex()}').decode()"
    )
    install = f"__import__('runpy').run_path({where})['install']()"
    return f"({install})if(__import__('os').path.exists({where}))else(None)"
