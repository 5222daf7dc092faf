"""Forwards a sidecar's stderr to a server's log."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

LAST_WORDS_LINES = 3
LEVELS = {"warning:": logging.WARNING, "error:": logging.ERROR}


class LastWords:
    """Keeps the last lines, for when it ends."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._lines: deque[str] = deque(maxlen=LAST_WORDS_LINES)

    def add(self, line: str) -> None:
        """Add something to report about its end."""
        self._lines.append(line)

    def clear(self) -> None:
        """Another one begins."""
        self._lines.clear()

    def of_end(self, code: int, failure: str) -> str:
        """How it ended, what that means for cells, and its last output."""
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        words = " / ".join(line for line in self._lines if line)
        consequence = "run ungated" if failure == "open" else "do not run"
        return f"Cellgrant's sidecar ended ({how}); cells {consequence} until it is back." + (
            f" Its last output: {words[:500]}" if words and code else ""
        )

    async def relay(self, process: asyncio.subprocess.Process) -> None:
        """Forward a sidecar's output until it ends."""
        assert process.stderr is not None
        while True:
            try:
                line = await process.stderr.readline()
            except ValueError:
                continue  # longer than any log line: dropped
            if not line:
                return
            text = line.decode(errors="replace").rstrip()
            self.add(text)
            # As server/daemon/log.ts writes it: the time, the name, the level.
            word = text.split(" ", 3)[2:3]
            level = LEVELS.get(word[0], logging.INFO) if word else logging.INFO
            self._log.log(level, "Cellgrant sidecar: %s", text)
