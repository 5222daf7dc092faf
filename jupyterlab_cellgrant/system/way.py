"""The system's sidecar as a server of one user knows it: looked for, used, and waited for."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Literal

from ..sidecar_process import SidecarError, lead
from .knock import NotServedError, find_door, knock

LOOK_EVERY_S = 5.0
# One that was there may come back, after a crash or with a new version; two would grant the node
# twice, so it is waited for.
BACK_WITHIN_S = 15.0

State = Literal["absent", "served", "awaited"]


class SystemWay:
    """Where the system's sidecar serves this user, and which directories lead there."""

    def __init__(self, own: Path, log: logging.Logger) -> None:
        """``own`` is the directory of this user's own sidecar, for when there is no other."""
        self.own = own
        self.state: State = "absent"
        self.directory: Path | None = None
        self._log = log
        self._looked_s = self._served_s = 0.0
        self._left: set[Path] = set()
        self._told = ""

    async def find(self) -> State:
        """Look for it now, and ask to be served. One lstat where there is none."""
        self._looked_s = time.monotonic()
        found = await self._ask() if find_door() else None
        if found:
            self.directory, self.state, self._told = found, "served", ""
            self._served_s = time.monotonic()
        elif self.state != "absent":
            is_late = time.monotonic() - self._served_s > BACK_WITHIN_S
            self.state = "absent" if is_late else "awaited"
        return self.state

    async def calls(self, used: Path) -> bool:
        """Whether it serves this user by now, who uses another directory: asked now and then."""
        self._lead(used)
        if used == self.directory and self.state == "served":
            self._served_s = time.monotonic()
            return False
        is_due = time.monotonic() - self._looked_s >= LOOK_EVERY_S
        return is_due and await self.find() == "served"

    def leave(self, directory: Path) -> None:
        """Those who know this directory alone are to reach whichever is used from now on."""
        self._left.add(directory)

    async def _ask(self) -> Path | None:
        try:
            return await asyncio.to_thread(knock)
        except NotServedError as error:
            if str(error) != self._told:
                self._log.warning("There is a sidecar of the system, but %s.", error)
            self._told = str(error)
            return None

    def _lead(self, used: Path) -> None:
        """Where somebody serves a directory still, it leads elsewhere once they have ended."""
        self._left.discard(used)
        for it in list(self._left):
            try:
                if lead(it, used):
                    self._left.discard(it)
            except (OSError, SidecarError) as error:
                self._left.discard(it)
                self._log.warning("%s leads nobody to %s: %s", it, used, error)
