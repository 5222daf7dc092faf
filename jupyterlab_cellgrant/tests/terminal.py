"""A terminal with an interactive shell, as a person sits at it."""

from __future__ import annotations

import os
import pty
import shlex
import signal

SHELL = ("bash", "--norc", "--noprofile", "-i")
CONTROL_C, CONTROL_Z = b"\x03", b"\x1a"


class Terminal:
    """One shell with job control; closed in the end."""

    def __init__(self) -> None:
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.environ["PS1"] = "ready> "
            os.execvp(SHELL[0], SHELL)
        self._shown = ""
        self.until("ready> ")

    def type(self, *words: str) -> None:
        """A command line."""
        self.strike(f"{shlex.join(words)}\n".encode())

    def strike(self, keys: bytes) -> None:
        """Keys, as they are struck."""
        os.write(self._master, keys)

    def until(self, text: str) -> str:
        """What is shown until this text is, with it; it counts as read then."""
        while text not in self._shown:
            self._shown += os.read(self._master, 4096).decode(errors="replace")
        read, _, self._shown = self._shown.partition(text)
        return read + text

    def exit_code(self) -> str:
        """Of what has ended."""
        self.strike(b"echo co''de:$?:\n")  # what is typed is shown, too
        self.until("code:")
        return self.until(":")[:-1]

    def hang_up(self) -> None:
        """The window is closed."""
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        """End it, if it runs still."""
        if self._master >= 0:
            self.hang_up()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
