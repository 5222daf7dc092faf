"""Programs of users where a sidecar serves the whole node."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..system.knock import NotServedError, find_door, knock, served_dir
from .command_line import CELLGRANT, cellgrant, cellgrant_json
from .real_server import eventually
from .real_system import ANN, BOB, RealSystem, as_user, needs_root, server_of


@needs_root
def test_servers_and_their_kernels_are_served_by_it(system: RealSystem) -> None:
    """[SYS6] Each user's are told their own directory, and the panel tells of no other sidecar."""
    system.start()
    servers = [server_of(ANN), server_of(BOB)]
    try:
        for server, uid in zip(servers, (ANN, BOB)):
            server.start()
            eventually(lambda it=server: it.api("node").status == 200)
            kernel = server.ask("/api/kernels", "POST", b"{}").body["id"]
            code = "import os; print(os.environ['CELLGRANT_DIR'])"
            asked = {"cellgrant": {"memory": "1 GiB"}}
            told = server.run_cell(kernel, code, asked)
            assert told.strip() == str(system.run_dir / str(uid))
            assert server.sidecar_pid() is None
            assert server.api("node").body["notices"] == []
        holders = servers[0].api("holders").body
        assert [it["gated"] for it in holders] == [True, True]
    finally:
        for server in servers:
            server.stop()


@needs_root
def test_commands_of_users_share_the_node(system: RealSystem) -> None:
    """[SYS6] `cellgrant run` starts no sidecar, and waits for what another user's holds."""
    system.start()
    words = [*CELLGRANT, "run", "--memory", "3GiB", "--", "sh", "-c", "echo $CELLGRANT_DIR; read x"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with (
        subprocess.Popen([*as_user(ANN), *words], **pipes, text=True) as ann,
        subprocess.Popen([*as_user(BOB), *words], **pipes, text=True) as bob,
    ):
        system.side_of(ANN).wait_for_claims(running=1, waiting=1)
        for it in (ann, bob):
            it.stdin.write("\n")
            it.stdin.flush()
        assert ann.stdout.readline().strip() == str(system.run_dir / str(ANN))
        assert bob.stdout.readline().strip() == str(system.run_dir / str(BOB))
        assert (ann.wait(60), bob.wait(60)) == (0, 0)


@needs_root
def test_commands_ask_at_the_door(system: RealSystem, cellgrant_dir: Path) -> None:
    """[SYS6] whatever else they were told; and nobody has a sidecar of their own beside it."""
    system.start()
    assert cellgrant_json("status")["node"]["memoryBytes"] == 4 * 2**30
    refused = cellgrant("sidecar")
    assert refused.returncode == 3
    assert f"the sidecar of the system serves you in {system.run_dir / '0'}" in refused.stderr
    assert list(cellgrant_dir.iterdir()) == []


def test_where_there_is_no_door_nothing_changes(
    cellgrant_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[SYS6] Also where none is to be looked for."""
    for place in ("", "/nowhere"):
        monkeypatch.setenv("CELLGRANT_SYSTEM_DIR", place)
        assert knock() is None
        assert served_dir() == cellgrant_dir


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a door is looked for."""
    directory = Path(tempfile.mkdtemp(prefix="cg-"))
    monkeypatch.setenv("CELLGRANT_SYSTEM_DIR", str(directory))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def door(place: Path) -> Iterator[socket.socket]:
    """One that a test answers at."""
    with socket.socket(socket.AF_UNIX) as it:
        it.bind(str(place / "door.sock"))
        it.listen()
        yield it


@pytest.mark.parametrize(
    "words",
    [b"{}\n", b"[]\n", b"no\n", b'{"directory": "/usr"}\n', b'{"why": "full"}\n', b"x" * 9999],
)
def test_what_is_said_at_the_door_is_checked(
    door: socket.socket, cellgrant_dir: Path, words: bytes
) -> None:
    """[SYS6] [SEC3] A directory of somebody else is not used, nor what is none."""
    if b"usr" in words and os.getuid() == 0:
        words = json.dumps({"directory": _foreign(cellgrant_dir)}).encode()

    def answer() -> None:
        connection, _ = door.accept()
        with connection:
            connection.sendall(words)

    threading.Thread(target=answer, daemon=True).start()
    with pytest.raises(NotServedError):
        knock()


def _foreign(beside: Path) -> str:
    directory = beside / "foreign"
    directory.mkdir()
    os.chown(directory, ANN, ANN)
    return str(directory)


def test_a_door_that_is_silent_is_waited_for_2_s(door: socket.socket, cellgrant_dir: Path) -> None:
    """[SYS6] and then commands do what they would without."""
    began = time.monotonic()
    assert served_dir() == cellgrant_dir
    assert time.monotonic() - began > 1.9


@needs_root
def test_a_door_of_another_user_is_none(door: socket.socket, place: Path) -> None:
    """[SYS6] [SEC3] nor is a link, or anything else in its place."""
    os.chown(place / "door.sock", ANN, ANN)
    assert find_door() is None
    (place / "real.sock").unlink(missing_ok=True)
    (place / "door.sock").rename(place / "real.sock")
    os.chown(place / "real.sock", 0, 0)
    (place / "door.sock").symlink_to(place / "real.sock")
    assert find_door() is None


LISTEN = """
import os, socket, sys
with socket.socket(socket.AF_UNIX) as it:
    it.bind(sys.argv[1])
    it.listen()
    print("there", flush=True)
    connection, _ = it.accept()
    connection.sendall(sys.argv[2].encode())
    sys.stdin.read()
"""


@needs_root
def test_who_listens_behind_a_door_is_checked(place: Path, cellgrant_dir: Path) -> None:
    """[SYS6] [SEC3] Another user's program is not believed, whoever the door belongs to."""
    cellgrant_dir.mkdir(mode=0o700, exist_ok=True)
    place.chmod(0o777)
    words = json.dumps({"directory": str(cellgrant_dir)}) + "\n"
    program = [*as_user(ANN), sys.executable, "-ISc", LISTEN, str(place / "door.sock"), words]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as listening:
        assert listening.stdout.readline()
        os.chown(place / "door.sock", 0, 0)
        assert find_door()
        with pytest.raises(NotServedError, match=f"user {ANN} listens there"):
            knock()
        listening.kill()
