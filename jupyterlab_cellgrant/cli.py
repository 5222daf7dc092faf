"""The command ``cellgrant``: look at the node, run and configure the sidecar, run programs."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from traitlets import TraitError

from . import __doc__ as description
from .client.wire import FAILURE_ENV
from .node_runtime import NodeMissingError, find_node
from .paths import API_SOCKET, config_files_before, runtime_dir
from .settings import Cellgrant, settings_of_jupyter
from .sidecar_process import (
    SidecarError,
    check_command,
    command,
    ensure_private,
    environment,
    first_words,
    served_elsewhere,
    take_lock,
)
from .status import SidecarAwayError, fetch, peer_pid, render

PROVISIONER_ENV = "JUPYTER_DEFAULT_PROVISIONER_NAME"
CONFIGURATION = "/api/v1/configuration"
# The settings that are options here, those that are called otherwise, and what they stand for.
SIDECAR_OPTIONS = ("cpus", "memory", "tier", "policy", "failure", "config_file", "node")
FLAGS = {"config_file": "config"}
METAVARS = {"cpus": "LIST", "memory": "AMOUNT", "config_file": "FILE", "node": "PATH"}
EXIT_AWAY = 1
EXIT_OCCUPIED = 3
EXIT_PROBLEMS = 1
READY_WITHIN_S = 20
RELOAD_WITHIN_S = 10

EPILOG = """examples:
  cellgrant status                     who holds what, and who waits
  cellgrant status --json | jq .node   the same for programs
  cellgrant run jupyter console        a console whose cells are granted resources
  cellgrant run jupyter execute a.ipynb
  cellgrant sidecar --cpus 0-7         grant only CPUs 0 to 7, until Control-C
  cellgrant check cellgrant.yaml       report everything that is wrong with a configuration
  cellgrant reload                     let the sidecar that runs read its configuration again
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code. Failures are one sentence on stderr."""
    options = _parser().parse_args(argv)
    try:
        return int(options.work(options))
    except (NodeMissingError, SidecarAwayError, SidecarError, TraitError, OSError) as error:
        print(f"cellgrant: {error}", file=sys.stderr)
        return EXIT_AWAY


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cellgrant",
        description=description,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, help_: str, work: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
        sub.set_defaults(work=work)
        return sub

    status = add("status", "show the node, its kernels and the queue", _status)
    status.add_argument("--json", action="store_true", help="print the whole snapshot as JSON")
    sidecar = add(
        "sidecar", "run the sidecar here, in the foreground, until it is stopped", _sidecar
    )
    _add_sidecar_options(sidecar)
    check = add("check", "check a configuration file: every problem with its line", _check)
    check.add_argument("file", metavar="FILE", help="the file, for example cellgrant.yaml")
    check.add_argument(
        "--alone",
        action="store_true",
        help="as an administrator's, which narrows no other; without it, it may only narrow those "
        "in Jupyter's directories of the environment and the system",
    )
    _add_setting(check, "node")
    add("reload", "let the sidecar that runs read its configuration again", _reload)
    run = add("run", "run a program whose Jupyter kernels are granted resources", _run)
    _add_sidecar_options(run)
    run.add_argument("command", metavar="CMD", help="the program, for example jupyter")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="its arguments")
    return parser


def _add_sidecar_options(parser: argparse.ArgumentParser) -> None:
    """Every setting of a sidecar as an option, which counts before Jupyter's configuration."""
    for name in SIDECAR_OPTIONS:
        _add_setting(parser, name)


def _add_setting(parser: argparse.ArgumentParser, name: str) -> None:
    setting = Cellgrant.class_traits()[name]
    parser.add_argument(
        f"--{FLAGS.get(name, name)}",
        dest=name,
        metavar=METAVARS.get(name),
        choices=getattr(setting, "values", None),
        help=f"{setting.help} (c.Cellgrant.{name})",
    )


def _settings(options: argparse.Namespace) -> Cellgrant:
    said = {name: getattr(options, name, None) for name in SIDECAR_OPTIONS}
    return settings_of_jupyter(**{name: it for name, it in said.items() if it is not None})


def _status(options: argparse.Namespace) -> int:
    snapshot = fetch(runtime_dir() / API_SOCKET, "/api/v1/snapshot")
    print(json.dumps(snapshot, indent=2) if options.json else render(snapshot))
    return 0


def _check(options: argparse.Namespace) -> int:
    """Ask the sidecar's own reader, so that the two cannot disagree."""
    node = find_node(_settings(options).node)
    before = [] if options.alone else config_files_before(options.file)
    return subprocess.call(check_command(node.path, options.file, before), env=environment())


def _reload(_: argparse.Namespace) -> int:
    """Let the sidecar read its file again, and tell what came of it."""
    socket = runtime_dir() / API_SOCKET
    before = fetch(socket, CONFIGURATION)
    if before["file"] is None:
        print(
            "cellgrant: the sidecar was started without a configuration file: set "
            "c.Cellgrant.config_file, or cellgrant sidecar --config FILE, and start it again.",
            file=sys.stderr,
        )
        return EXIT_PROBLEMS
    os.kill(peer_pid(socket), signal.SIGHUP)
    end = time.monotonic() + RELOAD_WITHIN_S
    while (after := fetch(socket, CONFIGURATION))["readMs"] == before["readMs"]:
        if time.monotonic() > end:
            raise SidecarAwayError(f"the sidecar did not read {before['file']} again.")
        time.sleep(0.05)
    for problem in after["problems"]:
        print(problem)
    files = [*after["narrows"], after["file"]]
    wrong = [it for it in files if any(line.startswith(f"{it}:") for line in after["problems"])]
    for file in files:
        is_wrong = file in wrong
        print(f"{file}{': what it said before stays' if is_wrong else ' is'} in force.")
    return EXIT_PROBLEMS if wrong else 0


def _sidecar(options: argparse.Namespace) -> int:
    """Become the sidecar: the lock goes with this process, so it ends with it."""
    directory = ensure_private(runtime_dir())
    settings = _settings(options)
    node = find_node(settings.node)
    arguments = command(node.path, directory, settings.sidecar_options())
    lock = take_lock(directory)
    if lock is None:
        print(
            f"cellgrant: a sidecar serves {directory} already; see it with cellgrant status.",
            file=sys.stderr,
        )
        return EXIT_OCCUPIED
    os.set_inheritable(lock, True)
    return os.execve(arguments[0], arguments, environment())  # noqa: S606


def _run(options: argparse.Namespace) -> int:
    directory = ensure_private(runtime_dir())
    settings = _settings(options)
    with _sidecar_beside(directory, settings) as beside:
        if isinstance(beside, _OwnSidecar):
            directory = beside.elsewhere or directory
        # Control-C is for the program, which shares the terminal; exec undoes this for it.
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            selected = {PROVISIONER_ENV: "cellgrant", "CELLGRANT_DIR": str(directory)}
            if settings.failure == "closed":
                selected[FAILURE_ENV] = settings.failure
            code = subprocess.call(
                [options.command, *options.arguments], env={**os.environ, **selected}
            )
        finally:
            signal.signal(signal.SIGINT, before)
    return 128 - code if code < 0 else code


def _sidecar_beside(directory: Path, settings: Cellgrant) -> AbstractContextManager[object]:
    """A sidecar for the time of a program, unless one runs already."""
    lock = take_lock(directory)
    if lock is None:
        return nullcontext()
    try:
        node = find_node(settings.node)
        arguments = command(node.path, directory, settings.sidecar_options())
        return _OwnSidecar([*arguments, "--with-parent"], lock, settings.failure)
    finally:
        os.close(lock)


class _OwnSidecar:
    """A sidecar that ends with the block it is used in."""

    elsewhere: Path | None = None
    """Where this user's sidecar runs already, which the program shall use (ENF11)."""

    def __init__(self, arguments: list[str], lock: int, failure: str) -> None:
        self._failure = failure
        self._process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            pass_fds=(lock,),
            start_new_session=True,
        )

    def __enter__(self) -> _OwnSidecar:
        assert self._process.stdout is not None
        words = first_words(self._process.stdout.readline())
        self.elsewhere = served_elsewhere(words, self._failure)
        if self.elsewhere is None and not words.get("ready"):
            raise SidecarError(
                f"the sidecar ended at once (exit code {self._process.wait()}): "
                "run cellgrant sidecar to see why."
            )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(READY_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
