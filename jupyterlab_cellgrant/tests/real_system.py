"""The real sidecar of the system as a test's own, and programs of other users."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from .command_line import CELLGRANT
from .real_server import PROGRAM, WITHOUT_FRONT_ENDS, RealServer
from .real_sidecar import RealSidecar

needs_root = pytest.mark.skipif(
    os.getuid() != 0 or not shutil.which("setpriv"), reason="needs root, and setpriv"
)
ANN = 64101
BOB = 64102
"""Users without an entry anywhere."""

KNOCK = """
import socket, sys
with socket.socket(socket.AF_UNIX) as it:
    it.connect(sys.argv[1])
    print(it.makefile().readline())
"""


def as_user(uid: int) -> list[str]:
    """In front of a command, so that this user runs it; it may read what root may, for that is
    where the tests' own Python may be."""
    ids = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    return ["setpriv", *ids, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


def server_of(uid: int) -> RealServer:
    """A server that this user runs, which looks for the sidecar that tests look for."""
    passed = ("CELLGRANT_SCOPE", "CELLGRANT_SYSTEM_DIR")
    server = RealServer(
        command=(*as_user(uid), *PROGRAM, WITHOUT_FRONT_ENDS),
        env={"USER": f"user-{uid}", **{name: os.environ[name] for name in passed}},
    )
    for it in (server.home, *server.home.rglob("*")):
        os.chown(it, uid, uid)
    return server


class RealSystem:
    """`cellgrant serve --system` in directories of its own; start it, knock, stop it."""

    def __init__(self, *options: str) -> None:
        # Short, for the sockets; for all to enter.
        self.home = Path(tempfile.mkdtemp(prefix="cg-"))
        self.home.chmod(0o755)
        self.run_dir, self.state_dir = self.home / "r", self.home / "state"
        self.log_path = self.home / "log"
        self.options = options
        self.pid = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def door(self) -> Path:
        """Where to knock."""
        return self.run_dir / "door.sock"

    @property
    def log(self) -> str:
        """All that it has logged."""
        return self.log_path.read_text()

    def command(self) -> list[str]:
        """How it is started."""
        places = ["--run-dir", str(self.run_dir), "--state-dir", str(self.state_dir)]
        return [*CELLGRANT, "serve", "--system", *places, *self.options]

    def start(self, *prefix: str) -> RealSystem:
        """Start it, again where it ran before, and wait until it is ready."""
        with self.log_path.open("ab") as log:
            command = [*prefix, *self.command()]
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        self._await_ready()
        return self

    def _await_ready(self) -> None:
        line = self.process.stdout.readline()
        assert line, f"it did not start: {self.log}"
        self.pid = json.loads(line)["pid"]

    def knock(self, uid: int) -> dict[str, Any]:
        """What a user is answered at the door."""
        command = [*as_user(uid), sys.executable, "-ISc", KNOCK, str(self.door)]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)

    def side_of(self, uid: int) -> RealSidecar:
        """What a user sees of it, by the user's own socket."""
        return RealSidecar(Path(self.knock(uid)["directory"]))

    def crash(self) -> None:
        """Kill the sidecar's own program, and wait until another one is ready."""
        os.kill(self.pid, signal.SIGKILL)
        self._await_ready()

    def kill(self) -> None:
        """Kill what keeps it running, and wait until both have ended."""
        program = os.pidfd_open(self.pid)
        self.process.kill()
        self.ended()
        select.select([program], [], [])
        os.close(program)

    def end(self) -> int:
        """Stop it as systemd would; its exit code."""
        self.process.terminate()
        return self.ended()

    def ended(self) -> int:
        """Wait until it has ended; its exit code."""
        code = self.process.wait(30)
        self.process.stdout.close()
        return code

    def close(self) -> None:
        """Stop it if it runs, and forget its directories."""
        if self.process and self.process.poll() is None:
            self.end()
        shutil.rmtree(self.home)
