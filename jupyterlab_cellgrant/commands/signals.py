"""Signals that are for a program we attend to, not for us."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

# Those that ask for something, that a terminal sends, and the one that tells of a child.
HEARD = frozenset(
    {
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
        signal.SIGQUIT,
        signal.SIGTSTP,
        signal.SIGWINCH,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGCHLD,
    }
)


@contextmanager
def unheard() -> Iterator[set[signal.Signals]]:
    """They wait meanwhile; the mask as it was before. Threads that are started here hear none."""
    before = {signal.Signals(it) for it in signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)}
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
