"""What is said while a claim waits: why, and for how long."""

from __future__ import annotations

import shutil
import sys
import time

from .amounts import span
from .failure import say


class Waiting:
    """One line of a terminal that is written again as things change; elsewhere a line a reason."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._said = ""

    def tell(self, sentence: str) -> None:
        """It waits still, and why."""
        if sys.stderr.isatty():
            waited = span((time.monotonic() - self._since) * 1000)
            text = f"cellgrant: waiting {sentence} ({waited})"
            self._write(text[: shutil.get_terminal_size().columns - 1])
        elif sentence != self._said:
            say(f"waiting {sentence}")
        self._said = sentence

    def end(self) -> None:
        """It waits no longer: the terminal is as it was."""
        if self._said and sys.stderr.isatty():
            self._write("")

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
        except OSError:
            return  # the terminal is gone
