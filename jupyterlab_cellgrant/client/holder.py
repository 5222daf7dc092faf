"""Who a message speaks for."""

from __future__ import annotations

from .wire import PROTOCOL, Message

# Longer names are not shown, and may not fit into a line.
NAME_CHARS_MAX = 256


class Holder:
    """A process that holds grants, as ``GateProcess`` of the protocol names it."""

    notebook: str | None = None
    """The path of the notebook that a kernel is started for."""
    speaker: int | None = None
    """The process that speaks for it, with which it is let go; None where it does so itself."""
    token: str | None = None
    """What only its launcher and it know, or its parent's (SEC6); a command has none."""

    def __init__(
        self, kind: str, holder_id: str, name: str, pid: int, parent_id: str | None = None
    ) -> None:
        """``kind`` is ``kernel``, ``cell``, ``worker`` or ``command``.

        #### Notes
        ``holder_id`` is unique: 1 to 128 letters, digits, ``.``, ``_`` or ``-``. ``name`` is
        for people. ``parent_id`` is the holder that started it; None if the sidecar finds it.
        """
        self.kind = kind
        self.id = holder_id
        self.name = name[:NAME_CHARS_MAX]
        self.pid = pid
        # Read once: later no descriptor may be free, or the pid may be another process's.
        self.start_ticks = start_ticks(pid)
        self.parent_id = parent_id

    def facts(self) -> Message:
        """What ``hello`` and ``register`` say of it."""
        return {
            "protocol": PROTOCOL,
            "kind": self.kind,
            "holderId": self.id,
            "parentHolderId": self.parent_id,
            "pid": self.pid,
            "startTicks": self.start_ticks,
            "name": self.name,
            "notebook": self.notebook,
            "speaker": None if self.speaker is None else _identity(self.speaker),
            "token": self.token,
        }


def _identity(pid: int) -> Message:
    return {"pid": pid, "startTicks": start_ticks(pid)}


def start_ticks(pid: int) -> int:
    """Field 22 of /proc/PID/stat; 0 if there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            # The second field is the name in parentheses, which may contain any character.
            return int(stat.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0
