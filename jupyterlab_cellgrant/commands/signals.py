"""Signals that are for a program we attend to, not for us."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

# All but those that nobody can take, that stop or continue us as the terminal's job, and that
# Python ignores. A fault of our own ends us although its signal waits.
HEARD = frozenset(
    signal.valid_signals()
    - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT}
    - {signal.SIGTTIN, signal.SIGTTOU, signal.SIGPIPE}
)


@contextmanager
def unheard() -> Iterator[set[int]]:
    """They wait meanwhile; the mask as it was before. Threads that are started here hear none."""
    before = set(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)))
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
