"""Lets a Jupyter server exit that was stopped while it answered requests."""

from __future__ import annotations

import contextlib
import queue
import threading

ANYIO_WORKER = "AnyIO worker thread"


def end_workers_with_main_thread() -> None:
    """End AnyIO's worker threads when the main thread has ended; call it when a server stops.

    #### Notes
    Jupyter works on files in such threads. Each waits for the end of the request
    that started it; a request not yet answered when the event loop stopped never
    ends, and Python waits for the idle thread forever.
    """
    threading.Thread(target=_end_workers, name="Cellgrant's last", daemon=True).start()


def _end_workers() -> None:
    threading.main_thread().join()
    for thread in threading.enumerate():
        stop = getattr(thread, "stop", None)
        if thread.name == ANYIO_WORKER and stop is not None:
            with contextlib.suppress(queue.Full):  # it has been notified already
                stop()
