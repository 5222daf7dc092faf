"""A sidecar of the system that comes, crashes and goes while cells run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from .command_line import CELLGRANT, cellgrant
from .real_server import RealServer, eventually
from .real_system import ANN, BOB, RealSystem, as_user, needs_root, server_of

pytestmark = needs_root

UNTIL_TOLD = (
    "import os, time\nwhile not os.path.exists('told'):\n    time.sleep(0.05)\nprint('done')"
)
MOST = {"cellgrant": {"memory": "3 GiB"}}
"""More than half of what the system's sidecar hands out."""


@pytest.fixture
def server(system: RealSystem) -> Iterator[RealServer]:
    """A server of Ann's, which a test starts, with a kernel that has no gate."""
    it = server_of(ANN)
    spec = it.home / "data" / "kernels" / "ungated" / "kernel.json"
    spec.parent.mkdir(parents=True)
    kernel = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    argv = ["env", "-u", "PYTHONPATH", "-u", "CELLGRANT_DIR", *kernel]
    spec.write_text(json.dumps({"argv": argv, "display_name": "Ungated", "language": "python"}))
    yield it
    (it.home / "told").touch()
    it.stop()


class Cell:
    """A cell of a new kernel that holds the most until it is told to end."""

    def __init__(self, server: RealServer) -> None:
        self._server = server
        self._said = ""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.kernel = new_kernel(server)
        self._thread.start()
        eventually(lambda: states(server) == ["running"])

    def _run(self) -> None:
        self._said = self._server.run_cell(self.kernel, UNTIL_TOLD, MOST)

    def end(self) -> None:
        (self._server.home / "told").touch()
        self._thread.join()
        assert self._said == "done\n"


def new_kernel(server: RealServer, spec: str = "python3") -> str:
    asked = json.dumps({"name": spec}).encode()
    return server.ask("/api/kernels", "POST", asked).body["id"]


def states(server: RealServer) -> list[str]:
    """Of the claims that the server's sidecar knows; none where it knows no sidecar."""
    answer = server.api("claims")
    known = [it["state"] for it in answer.body] if answer.status == 200 else []
    return sorted(it for it in known if it in ("running", "waiting"))


def waiting_command(server: RealServer) -> subprocess.Popen[bytes]:
    """One of another user, which wants the most, and waits for the cell of this server."""
    words = [*CELLGRANT, "run", "--memory", "3GiB", "--", "true"]
    command = subprocess.Popen([*as_user(BOB), *words])
    eventually(lambda: states(server) == ["running", "waiting"])
    return command


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_hands_over_when_one_comes(server: RealServer, system: RealSystem) -> None:
    """[SYS7] [SYS6] [ENF11] [SYS2] A running cell keeps its grant, for which another user then waits; nobody is
    told of another sidecar, and the kernel's next cell is granted."""
    server.start()
    own = eventually(server.sidecar_pid)
    cell, ungated = Cell(server), new_kernel(server, "ungated")
    system.start()
    eventually(lambda: f"Cellgrant uses {system.run_dir / str(ANN)}" in server.log)
    eventually(lambda: states(server) == ["running"])
    assert not is_alive(own)
    command = waiting_command(server)
    eventually(lambda: server.api("node").body["notices"] == [])
    shown = cellgrant("status").stdout
    assert "notice" not in shown
    cell.end()
    assert command.wait(60) == 0
    assert server.run_cell(cell.kernel, "print(6 * 7)", MOST).strip() == "42"
    known = {it["id"]: it["gated"] for it in server.api("holders").body}
    assert known == {cell.kernel: True, ungated: False}


@pytest.mark.parametrize("which", ["sidecar", "starter"])
def test_nothing_is_lost_over_a_crash(server: RealServer, system: RealSystem, which: str) -> None:
    """[SYS7] [SYS4] Its users wait for the next one, and start none of their own."""
    system.start()
    server.start()
    eventually(lambda: server.api("node").status == 200)
    cell = Cell(server)
    if which == "sidecar":
        system.crash()
    else:
        system.kill()
        system.start()
    eventually(lambda: states(server) == ["running"])
    command = waiting_command(server)
    assert server.sidecar_pid() is None
    cell.end()
    assert command.wait(60) == 0


def test_one_that_ends_for_good_leaves_each_to_their_own(
    server: RealServer, system: RealSystem
) -> None:
    """[SYS7] and kernels that know its sockets alone are led there; and back when it is back."""
    system.start()
    server.start()
    eventually(lambda: server.api("node").status == 200)
    cell = Cell(server)
    assert system.end() == 0
    own = eventually(server.sidecar_pid)
    eventually(lambda: states(server) == ["running"])
    system.start()
    eventually(lambda: not is_alive(own))
    eventually((server.sidecar_dir / "api.sock").is_symlink)
    eventually(lambda: not (server.sidecar_dir / "kernels.json").exists())
    eventually(lambda: states(server) == ["running"])
    cell.end()
    assert server.run_cell(cell.kernel, "print(6 * 7)", MOST).strip() == "42"
