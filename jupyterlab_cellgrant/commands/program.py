"""A program that is run in our place: what is for us is for it, and as it ends we end."""

from __future__ import annotations

import ctypes
import os
import resource
import shlex
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .failure import Exit, Failure
from .signals import HEARD, unheard

# Who sent a signal (sigaction(2)): the terminal sends it to all of a job, anybody else to us alone.
SI_KERNEL = 0x80
PR_SET_CHILD_SUBREAPER = 36
# Python ignores these, and what it starts would, too.
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class End(NamedTuple):
    """How a program ended."""

    status: int
    """As wait(2) has it."""
    cpu_seconds: float
    """Of it and of its children that it waited for."""

    @property
    def was_killed(self) -> bool:
        """Whether by SIGKILL, which the system sends where memory is wanting."""
        return os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == signal.SIGKILL

    @property
    def outcome(self) -> str:
        """As a claim ends."""
        if os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) in ASKED_TO_END:
            return "interrupted"
        return "error" if self.status else "ok"


class Program:
    """A command with its arguments; it may be run once.

    It shares our terminal, our process group and our files, so that control characters, job control
    and the end of the terminal reach it as they would without us.
    """

    def __init__(self, words: Sequence[str]) -> None:
        """Raises ``Failure`` where there is no such program, or it cannot be executed."""
        self.words = list(words)
        self._path = _find(words[0])
        self._pid: int | None = None

    def run(self) -> End:
        """Start it with the variables that we have, and attend to it until it has ended."""
        with unheard() as mask:
            try:
                self._pid = os.posix_spawn(
                    self._path,
                    self.words,
                    os.environ,
                    setsigmask=mask,
                    setsigdef=IGNORED_BY_PYTHON,
                )
            except OSError as error:
                raise _unusable(self.words[0], error.strerror or str(error)) from error
            return self._attend(self._pid)

    def terminate(self) -> None:
        """Ask it and all below it to end, if it runs."""
        if self._pid is not None:
            terminate(self._pid)

    def _attend(self, pid: int) -> End:
        while True:
            told = signal.sigwaitinfo(HEARD)
            if told.si_signo == signal.SIGCHLD:
                if end := _look(pid):
                    self._pid = None
                    return end
            elif told.si_code != SI_KERNEL or _is_for_leader(told.si_signo):
                os.kill(pid, told.si_signo)


def name_of(words: Sequence[str]) -> str:
    """By which people recognise a program: ``train.py`` of ``python train.py``.

    No argument is told that is no file: it may be a secret.
    """
    # Not Path.is_file, which raises where a text is no path at all (too long, not permitted).
    named = [it for it in words[1:2] if Path(it).suffix and os.path.isfile(it)]  # noqa: PTH113
    return Path((named or [*words, ""])[0]).name


def end_as(status: int) -> int:
    """The exit code of a program that ended so; where a signal ended it, the same one ends us."""
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    number = os.WTERMSIG(status)
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    # Its memory is worth a file, ours is not.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    os.kill(os.getpid(), number)
    return 128 + number


def adopt_orphans() -> None:
    """What a program leaves behind becomes our child, and stays in our place until we end."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def terminate(pid: int) -> None:
    """Ask a process and all below it to end."""
    for it in _below(pid):
        with suppress(ProcessLookupError):
            os.kill(it, signal.SIGTERM)


def children(pid: int) -> list[int]:
    """The processes that are children of this one; none where it has ended."""
    with suppress(OSError):
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        return [int(child) for it in tasks for child in it.read_text().split()]
    return []


def _below(pid: int) -> list[int]:
    """A process, and all that it started, whose parents live."""
    return [pid, *(it for child in children(pid) for it in _below(child))]


def _find(name: str) -> str:
    found = shutil.which(name)
    if found:
        return found
    if os.sep in name:
        if os.path.exists(name):  # noqa: PTH110 (as above)
            raise _unusable(name, "it is a directory" if Path(name).is_dir() else "not executable")
    elif plain := shutil.which(name, os.F_OK):
        raise _unusable(plain, "not executable")
    where = "" if os.sep in name else " on PATH"
    raise Failure(f"there is no program {shlex.quote(name)}{where}.", Exit.NOT_FOUND)


def _unusable(name: str, why: str) -> Failure:
    return Failure(f"{shlex.quote(name)} cannot be run: {why}.", Exit.NOT_EXECUTABLE)


def _look(pid: int) -> End | None:
    """Attend to children of which there is news; how the program ended, if it has."""
    end = None
    while True:
        try:
            child, status, usage = os.wait4(-1, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            return end
        if child == 0:
            return end
        if child == pid:
            if os.WIFSTOPPED(status):
                _stop_with(pid)
            else:
                end = End(status, usage.ru_utime + usage.ru_stime)


def _stop_with(pid: int) -> None:
    """The shell sees us alone: it is to see that we stopped, and what it continues is both."""
    os.kill(os.getpid(), signal.SIGSTOP)
    os.kill(pid, signal.SIGCONT)


def _is_for_leader(number: int) -> bool:
    """Whether the terminal told only us, who lead its session, that it is gone."""
    return number == signal.SIGHUP and os.getsid(0) == os.getpid()
