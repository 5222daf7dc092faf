"""Interrupts: blocked in code that must complete, and sent to running cells."""

from __future__ import annotations

import os
import signal

# By name, not by module: a cell may replace a module's attributes.
from threading import current_thread, main_thread
from typing import Any, Callable

try:
    # What ``signal`` wraps, without the conversions to enumerations: they cost more than everything
    # else that a gate does for a cell without hints.
    import _signal as handlers
except ImportError:
    import signal as handlers  # type: ignore[no-redef]


def in_main_thread() -> bool:
    """Whether this thread is the one that signal handlers run in."""
    return current_thread() is main_thread()


class Shield:
    """While entered, SIGINT calls ``note`` instead of raising KeyboardInterrupt.

    An exception raised between any two instructions could leave a claim
    half made or never released. Where handlers cannot be set (in a subshell's
    thread), no KeyboardInterrupt is raised either.
    """

    def __init__(self, note: Callable[[], None]) -> None:
        self._note = note
        self._previous: Any = None

    def __enter__(self) -> None:
        if in_main_thread():
            previous = handlers.getsignal(signal.SIGINT)
            if previous is not None:  # None: set by C code, and cannot be restored
                self._previous = previous
                handlers.signal(signal.SIGINT, self._handle)

    def __exit__(self, *_: object) -> None:
        previous, self._previous = self._previous, None
        if previous is not None:
            handlers.signal(signal.SIGINT, previous)

    def _handle(self, *_: object) -> None:
        self._note()


def interrupt_thread(ident: int) -> None:
    """Raise KeyboardInterrupt in the thread that runs a cell, as Jupyter's own interrupt does."""
    if ident != main_thread().ident:
        _raise_in_thread(ident)
    elif os.getpgid(0) == os.getpid():
        os.killpg(os.getpid(), signal.SIGINT)  # children too, as ipykernel does
    else:
        signal.pthread_kill(ident, signal.SIGINT)


def _raise_in_thread(ident: int) -> None:
    """A thread cannot be signalled; this reaches it at its next Python instruction."""
    import ctypes

    error = ctypes.py_object(KeyboardInterrupt)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), error)
