"""Interrupts, sent into a running cell."""

from __future__ import annotations

import os
import signal

# By name, not by module: a cell may replace what modules hold.
from threading import main_thread


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
