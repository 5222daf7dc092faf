"""A grant for the time of a block."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ..client.client import Client, Holding
from ..client.errors import RefusedError
from ..client.holder import Holder
from ..client.wire import new_id
from ..sidecar_line import NOTEBOOK_ENV, SidecarLine
from .failure import Failure, say
from .signals import unheard
from .waiting import Waiting


def command_holder(name: str, pid: int) -> Holder:
    """A process that holds what is asked for a command; of a notebook, if one runs it."""
    holder = Holder("command", new_id(), name, pid)
    holder.notebook = os.environ.get(NOTEBOOK_ENV)
    holder.speaker = None if pid == os.getpid() else os.getpid()
    return holder


@contextmanager
def granted(
    holder: Holder, directory: Path, hints: dict[str, Any], end: Callable[[], object]
) -> Iterator[Holding]:
    """Wait for what is asked, saying why, and hold it. ``end`` is to end what it is held for.

    Who enters releases it; what was not released then counts as cut off.

    Raises ``Failure`` where it is refused, NoSidecarError where nobody answers (any more).
    """

    def interrupt(sentence: str) -> None:
        say(sentence)
        end()

    def tell_refusal(why: RefusedError) -> None:
        say(f"{holder.name} goes on without its grant: {why}")

    waiting = Waiting()
    with ExitStack() as stack:
        try:
            with unheard():
                client = stack.enter_context(Client(holder, str(directory), tell_refusal))
            holding = client.claim(hints, on_wait=waiting.tell, on_interrupt=interrupt)
        except RefusedError as error:
            raise Failure.of_refusal(error.code, str(error)) from error
        finally:
            waiting.end()
        stack.callback(_leave, holder)
        yield holding


def _leave(holder: Holder) -> None:
    """It holds nothing more, and what is left of it is where it came from; why it was killed."""
    ended = {"type": "ended", "holderId": holder.id}
    gone = asyncio.run(SidecarLine(ended, "gone").answer())
    if why := (gone or {}).get("message"):
        say(why)
