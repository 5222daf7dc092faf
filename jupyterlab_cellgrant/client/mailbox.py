"""Where the answers to one claim arrive."""

from __future__ import annotations

import asyncio
from queue import Empty, SimpleQueue
from typing import Callable

from .wire import Message


class Mailbox:
    """Answers to one claim, put in by any thread or by a signal handler.

    ``SimpleQueue.put`` is reentrant, so a handler that interrupts the very
    ``get`` of the main thread cannot deadlock it; ``threading.Event`` could.
    """

    def __init__(self) -> None:
        self._items: SimpleQueue[Message] = SimpleQueue()
        self._wake: Callable[[], object] | None = None

    def put(self, item: Message) -> None:
        """Add an answer and wake the waiting thread or task."""
        self._items.put(item)
        wake = self._wake
        if wake is not None:
            try:
                wake()
            except RuntimeError:
                return  # the event loop is closed: nobody waits any more

    def is_empty(self) -> bool:
        """Whether there is no answer to take."""
        return self._items.empty()

    def get(self, timeout_s: float) -> Message | None:
        """The next answer; None if none came in time. Blocks the thread."""
        try:
            return self._items.get(timeout=timeout_s)
        except Empty:
            return None

    async def receive(self, timeout_s: float) -> Message | None:
        """The next answer; None if none came in time. Other tasks of the loop continue.

        A future that a signal handler sets does not wake an idle event loop, so
        every wake-up goes through ``call_soon_threadsafe``.
        """
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(ready.set)
        try:
            if self._items.empty():
                await asyncio.wait_for(ready.wait(), timeout_s)
            return self._items.get_nowait()
        except (asyncio.TimeoutError, Empty):
            return None
        finally:
            self._wake = None
