"""The door of the system's sidecar, with real users."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..node_runtime import find_node
from ..sidecar_process import command, take_lock
from ..system.place import ensure_public
from ..system.program import Service
from .command_line import CELLGRANT
from .real_server import eventually
from .real_sidecar import RealSidecar
from .real_system import ANN, BOB, KNOCK, RealSystem, as_user, needs_root

pytestmark = needs_root

# More than a user may have, held without a word until its input ends.
CROWD = """
import socket, sys
crowd = [socket.socket(socket.AF_UNIX) for _ in range(64)]
for it in crowd:
    it.connect(sys.argv[1])
print("there", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def user() -> Iterator[str]:
    """A user that has an entry, and a group of others."""
    name = f"cg{os.getpid()}"
    subprocess.run(["groupadd", f"{name}s"], check=True)
    subprocess.run(["useradd", "--no-create-home", "--groups", f"{name}s", name], check=True)
    yield name
    subprocess.run(["userdel", name], check=True)
    subprocess.run(["groupdel", f"{name}s"], check=True)


def uid_of(name: str) -> int:
    return int(subprocess.check_output(["id", "-u", name]))


def test_who_knocks_is_known_by_the_kernels_word(system: RealSystem, user: str) -> None:
    """[SYS5] and is told a directory that is theirs alone, also where they have no entry."""
    system.start()
    for uid, name in ((ANN, str(ANN)), (BOB, str(BOB)), (uid_of(user), user)):
        directory = system.run_dir / str(uid)
        assert system.knock(uid) == {"uid": uid, "directory": str(directory)}
        found = directory.lstat()
        assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (uid, 0o700)
        assert f"{name} is served in {directory}" in system.log
    users = (system.state_dir / "users.json").read_text()
    assert f'"groups":["{user}","{user}s"]' in users
    assert stat.S_IMODE(system.door.lstat().st_mode) == 0o666
    assert stat.S_IMODE(system.state_dir.lstat().st_mode) == 0o700


def test_a_crowd_that_says_nothing_harms_nobody(system: RealSystem) -> None:
    """[SYS5] nor does who asks again and again: it is looked up, and served, once."""
    system.start()
    crowd = subprocess.Popen(
        [*as_user(ANN), sys.executable, "-ISc", CROWD, str(system.door)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert crowd.stdout.readline()
    assert "directory" in system.knock(BOB)
    crowd.communicate()
    for _ in range(3):
        assert "directory" in system.knock(ANN)
    assert system.log.count(f"{ANN} is served in") == 1


def test_what_its_user_removed_is_made_anew(system: RealSystem) -> None:
    """[SYS1] [SYS5] when the user knocks again."""
    system.start()
    directory = Path(system.knock(ANN)["directory"])
    subprocess.run(["rm", "-r", directory], check=True)
    eventually(lambda: "its user is served no more" in system.log)
    assert system.knock(ANN)["directory"] == str(directory)
    assert (directory / "gate.sock").is_socket()


def test_its_end_is_graceful_and_closes_the_door(system: RealSystem) -> None:
    """[SYS5] by SIGTERM, and by Control-C."""
    for it in (signal.SIGTERM, signal.SIGINT):
        system.start()
        system.process.send_signal(it)
        assert system.ended() == 0
        assert not system.door.exists()


def test_a_sidecar_that_crashes_is_started_again(system: RealSystem) -> None:
    """[SYS5] behind the same door."""
    system.start()
    before, door = system.pid, system.door.lstat().st_ino
    system.crash()
    assert system.pid != before
    assert system.door.lstat().st_ino == door
    assert "directory" in system.knock(ANN)


async def test_a_sidecar_that_hangs_is_started_again(
    system: RealSystem, capfd: pytest.CaptureFixture[str]
) -> None:
    """[SYS5] and this is logged."""
    words = ["--system", str(system.run_dir), "--with-parent"]
    program = command(find_node(None).path, system.state_dir, words)
    lock = take_lock(ensure_public(system.run_dir))
    logged: list[str] = []
    service = Service(system.run_dir, program, lock, logged.append, hung_after_s=2)
    running = asyncio.create_task(service.run())
    said = ""

    async def pids(count: int) -> list[int]:
        nonlocal said
        while len(lines := said.splitlines()) < count:
            await asyncio.sleep(0.05)
            said += capfd.readouterr().out
        return [json.loads(line)["pid"] for line in lines]

    os.kill((await pids(1))[0], signal.SIGSTOP)
    first, second = await asyncio.wait_for(pids(2), 30)
    assert first != second
    assert logged == ["it did not answer for 2 s, and is started again"]
    os.kill(os.getpid(), signal.SIGTERM)
    assert await running == 0


def test_one_that_is_killed_leaves_the_door_to_the_next(system: RealSystem) -> None:
    """[SYS5] so that those who find it know that another one comes; its sidecar ends with it."""
    system.start()
    system.kill()
    assert system.door.is_socket()
    system.start()
    assert "directory" in system.knock(ANN)


def test_there_is_one_in_a_directory(system: RealSystem) -> None:
    """[SYS5] A second one says so."""
    system.start()
    second = subprocess.run(system.command(), capture_output=True, text=True, check=False)
    assert (second.returncode, second.stdout) == (3, "")
    assert f"serves {system.run_dir} already" in second.stderr


def test_only_the_configuration_of_the_system_counts(
    system: RealSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[SYS5] and is read again at SIGHUP."""
    (tmp_path / "cellgrant.yaml").write_text("policy: naive")
    (tmp_path / "jupyter_config.py").write_text("c.Cellgrant.policy = 'naive'")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    file = system.home / "of-the-system.yaml"
    file.write_text("policy: partitioned")
    system.options += ("--config", str(file))
    system.start()
    side = RealSidecar(Path(system.knock(0)["directory"]))
    assert side.get("policy") == {"policy": "partitioned"}
    file.write_text("policy: dynamic")
    system.process.send_signal(signal.SIGHUP)
    eventually(lambda: side.get("policy") == {"policy": "dynamic"})


@pytest.mark.parametrize("way", ["signal", "command", "crash"])
def test_groups_are_looked_up_again_at_each_reload_and_start(
    system: RealSystem, user: str, way: str
) -> None:
    """[SYS5] [ADMIN1] Who has left a group is an administrator no longer."""
    file = system.home / "of-the-system.yaml"
    file.write_text(f"administrators: ['@{user}s']")
    system.options += ("--config", str(file))
    system.start()
    log = [*as_user(uid_of(user)), *CELLGRANT, "admin", "log"]
    again = {
        "signal": lambda: system.process.send_signal(signal.SIGHUP),
        "command": lambda: subprocess.run([*CELLGRANT, "reload"], check=True),
        "crash": system.crash,
    }[way]

    def may() -> bool:
        return subprocess.run(log, capture_output=True, check=False).returncode == 0

    assert may()
    subprocess.run(["gpasswd", "--delete", user, f"{user}s"], check=True)
    again()
    eventually(lambda: not may())
    subprocess.run(["usermod", "--append", "--groups", f"{user}s", user], check=True)
    again()
    eventually(may)


def _link(path: Path) -> None:
    path.symlink_to(path.parent)


def _foreign(path: Path) -> None:
    path.mkdir()
    os.chown(path, ANN, ANN)


def _open(path: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_link, "is a link"),
        (_foreign, f"belongs to user {ANN}"),
        (_open, "has mode 777"),
        (Path.touch, "is no directory"),
    ],
)
def test_what_is_in_its_place_is_refused(
    system: RealSystem, make: Callable[[Path], None], words: str
) -> None:
    """[SYS5] with what it is, and what to do."""
    make(system.run_dir)
    ended = subprocess.run(system.command(), capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"{system.run_dir} " in ended.stderr
    assert words in ended.stderr
    assert "--run-dir" in ended.stderr


def test_only_root_serves_all(system: RealSystem) -> None:
    """[SYS5] Anybody else is told what to do."""
    command = [*as_user(ANN), *system.command()]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "only root can serve every user" in ended.stderr


def test_no_words_make_anybody_somebody_else(system: RealSystem) -> None:
    """[SYS5] Nothing is read at the door."""
    system.start()
    said = KNOCK.replace("print", "it.sendall(b'{\"uid\": 64102}'); print")
    command = [*as_user(ANN), sys.executable, "-ISc", said, str(system.door)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    assert str(BOB) not in shown.stdout
    assert not (system.run_dir / str(BOB)).exists()
