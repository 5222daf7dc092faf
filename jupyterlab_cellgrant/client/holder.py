"""Who a message speaks for."""

from __future__ import annotations

from typing import NamedTuple

from .wire import PROTOCOL, Message


class Holder(NamedTuple):
    """A process that holds grants, as ``GateProcess`` of the protocol names it."""

    kind: str
    """``kernel``, ``cell``, ``worker`` or ``command``."""
    id: str
    """1 to 128 letters, digits, ``.``, ``_`` or ``-``; no other holder has it."""
    name: str
    """By which people recognise it."""
    pid: int
    parent_id: str | None = None
    """Of the holder inside of which it runs; of a kernel the sidecar finds it."""
    notebook: str | None = None
    token: str | None = None
    """What only its launcher and it know, or its parent's (SEC6)."""

    def facts(self) -> Message:
        """What ``hello`` and ``register`` say of it; its pid is looked up each time."""
        return {
            "protocol": PROTOCOL,
            "kind": self.kind,
            "holderId": self.id,
            "parentHolderId": self.parent_id,
            "pid": self.pid,
            "startTicks": start_ticks(self.pid),
            "name": self.name,
            "notebook": self.notebook,
            "token": self.token,
        }


def start_ticks(pid: int) -> int:
    """Field 22 of /proc/PID/stat; 0 where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            # The second field is the name in parentheses, which may hold any character.
            return int(stat.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0
