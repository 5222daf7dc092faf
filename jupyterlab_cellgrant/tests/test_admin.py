"""What administrators order from a terminal, on a real sidecar of the system."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from .command_line import CELLGRANT, HALF, cellgrant, cellgrant_json
from .real_system import ANN, BOB, RealSystem, as_user, needs_root

pytestmark = needs_root
CARL = 64103
MOST = ("--memory", "3GiB")
READ = ("sh", "-c", "echo started; read x")


@pytest.fixture
def node(system: RealSystem) -> RealSystem:
    """A system of two groups, in which Ann is an administrator."""
    config = system.home / "cellgrant.yaml"
    names = f"administrators: ['{ANN}', 'user-{ANN}']\n"
    config.write_text(names + "groups: {atlas: {groups: {prod: {weight: 2}}}}\n")
    system.options = (*system.options, "--config", str(config))
    return system.start()


def as_of(uid: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as this user."""
    command = [*as_user(uid), *CELLGRANT, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Running:
    """A command of a user that is granted, or waits, and ends when it reads a line."""

    def __init__(self, uid: int, name: str, *hints: str) -> None:
        words = [*CELLGRANT, "run", "--name", name, *hints, "--", *READ]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process = subprocess.Popen([*as_user(uid), *words], **pipes, text=True)

    def started(self) -> None:
        """Wait until it runs."""
        assert self.process.stdout.readline() == "started\n"

    def end(self) -> tuple[int, str]:
        """Let it end; its exit code, and what it said."""
        _, said = self.process.communicate("\n", timeout=60)
        return self.process.returncode, said


@pytest.mark.parametrize(
    "words", [[], *([it] for it in ("drain", "undrain", "cancel", "evict", "move", "cap", "log"))]
)
def test_help_of_each_order_is_there(words: list[str]) -> None:
    """[RUN1] Each has an example, and fits into a terminal."""
    shown = cellgrant("admin", *words, "--help")
    assert shown.stdout.startswith(" ".join(["Usage: cellgrant admin", *words]))
    assert "Examples:\n" in shown.stdout
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80


def test_a_drained_node_grants_nothing_new_until_it_is_undrained(node: RealSystem) -> None:
    """[ADMIN2] Also after a crash; everybody is told."""
    first = Running(BOB, "first.py", "--cpus", "1")
    first.started()
    shown = as_of(ANN, "admin", "drain", "--why", "a reboot at six")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("Nothing new is granted any more; ")
    second = Running(BOB, "second.py", *HALF)
    side = node.side_of(BOB)
    side.wait_for_claims(waiting=1)
    reason = f"the node is being drained by {side.get('node')['drain']['by']}: a reboot at six"
    assert side.claims("waiting")[0]["reason"]["sentence"] == f"because {reason}"
    status = as_of(BOB, "status").stdout
    assert "is draining this node (a reboot at six): running cells go on" in status
    node.crash()
    side.wait_for(lambda it: it["node"]["drain"] is not None)
    side.wait_for_claims(waiting=1)
    assert first.end()[0] == 0
    assert cellgrant_json("admin", "undrain") is None
    second.started()
    assert second.end()[0] == 0


def test_claims_and_holders_of_others_are_cancelled_evicted_and_moved(node: RealSystem) -> None:
    """[ADMIN3, ADMIN4, ADMIN5, SEC1]"""
    first = Running(BOB, "first.py", *MOST)
    first.started()
    second = Running(BOB, "second.py", *MOST)
    side = node.side_of(BOB)
    side.wait_for_claims(running=1, waiting=1)
    rows = [line.split() for line in as_of(CARL, "status").stdout.splitlines()]
    assert [it[3:5] for it in rows if it[1:2] == ["command"]] == [
        ["-", "running"],
        ["-", "waiting"],
    ]
    cancelled = cellgrant("admin", "cancel", "second.py", "--why", "not now")
    assert cancelled.stdout == "second.py no longer waits.\n"
    code, said = second.end()
    assert code == 75
    assert "was cancelled by root (not now) while it waited for memory" in said
    moved = cellgrant("admin", "move", "first.py", "atlas/prod")
    assert moved.stdout == "first.py is in atlas/prod.\n"
    assert cellgrant_json("admin", "move", "first.py", "--back")["group"] == "all"
    words = ("evict", "first.py", "--grace", "0s", "--why", "a reboot")
    assert cellgrant("admin", *words).stdout == "What first.py has is taken back.\n"
    first.process.wait(60)
    code, said = first.end()
    assert code == -signal.SIGTERM
    assert "root, an administrator of this node, ordered it (a reboot)" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cancel", "none"), 'no waiting claim is called "none"'),
        (("evict", "none"), 'no holder or claim here is called "none"'),
        (("move", "none", "atlas"), 'no holder here is called "none"'),
        (("cap", "--group", "none", "--gpus", "1"), 'no group "none"'),
        (("cap", "--user", "ann", "--cells", "0"), "a whole number from 1 to 65536"),
        (("cap", "--user", "ann", "--memory", "much"), "expected an amount"),
        (("log", "--since", "soon"), '"since" is neither a time'),
        (("drain", "--why", "x" * 201), "at most 200 characters"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    node: RealSystem, words: tuple[str, ...], said: str
) -> None:
    """[RUN1] And an exit code."""
    shown = cellgrant("admin", *words)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert said in shown.stderr
    assert shown.stderr.count("\n") == 1


def test_a_group_that_there_is_not_is_refused_with_those_that_there_are(node: RealSystem) -> None:
    """[ADMIN5]"""
    first = Running(BOB, "first.py", "--cpus", "1")
    first.started()
    shown = cellgrant("admin", "move", "first.py", "prod")
    assert shown.returncode == 1
    assert 'no group "prod". The configuration has these: all, atlas, atlas/prod' in shown.stderr
    assert cellgrant("admin", "move", "first.py").returncode == 2
    assert first.end()[0] == 0


def test_a_user_is_capped_until_that_is_taken_back(node: RealSystem) -> None:
    """[ADMIN7] Also after a crash; status shows it, and the log who ordered what."""
    first = Running(BOB, "first.py", *HALF)
    first.started()
    side = node.side_of(BOB)
    bob = side.get("holders")[0]["owner"]
    words = (
        "--user",
        bob,
        "--cells",
        "1",
        "--memory",
        "2GiB",
        "--cpus",
        "50%",
        "--why",
        "a course",
    )
    refused = as_of(BOB, "admin", "cap", *words)
    assert (refused.returncode, refused.stdout) == (1, "")
    shown = cellgrant("admin", "cap", *words)
    assert shown.stderr == ""
    assert shown.stdout.startswith(f"{bob}: 1 of 1 running cells, ")
    assert shown.stdout.endswith(", ordered by root (a course).\n")
    second = Running(BOB, "second.py", "--cpus", "1")
    side.wait_for_claims(running=1, waiting=1)
    assert "of which at most 1 may run" in side.claims("waiting")[0]["reason"]["sentence"]
    node.crash()
    side.wait_for_claims(running=1, waiting=1)
    assert f"{bob}: 1 of 1 running cells" in as_of(BOB, "status").stdout
    assert first.end()[0] == 0
    second.started()
    assert second.end()[0] == 0
    cleared = cellgrant("admin", "cap", "--user", bob, "--clear")
    assert cleared.stdout == f"{bob} may have what the configuration says.\n"
    assert cellgrant_json("status")["caps"] == []
    logged = cellgrant("admin", "log").stdout
    assert f"user {bob}, 1 running cells, 50% CPUs, 2 GiB of memory" in logged


@pytest.mark.parametrize(
    "words",
    [("--gpus", "1"), ("--user", "ann"), ("--user", "ann", "--group", "atlas", "--gpus", "1")],
)
def test_what_to_cap_and_how_is_said(node: RealSystem, words: tuple[str, ...]) -> None:
    """[ADMIN7]"""
    assert cellgrant("admin", "cap", *words).returncode == 2


def test_others_are_refused_and_all_is_in_the_log(node: RealSystem) -> None:
    """[ADMIN1, ADMIN6] Who is an administrator no longer, too, once the file is read again."""
    refused = as_of(BOB, "admin", "drain", "--why", "mine")
    assert refused.returncode == 1
    assert "only an administrator of this node may do it" in refused.stderr
    assert as_of(ANN, "admin", "drain").returncode == 0
    assert as_of(ANN, "admin", "undrain").returncode == 0
    (node.home / "cellgrant.yaml").write_text("administrators: []\n")
    assert as_of(ANN, "reload").stderr.endswith("configuration again: use sudo.\n")
    assert cellgrant("reload").returncode == 0
    assert as_of(ANN, "admin", "drain").returncode == 1
    found = cellgrant_json("admin", "log")
    outcomes = [(it["uid"], it["action"], it["outcome"]) for it in found["records"]]
    assert outcomes == [
        (BOB, "drain", "ADMINISTRATORS_ONLY"),
        (ANN, "drain", "done"),
        (ANN, "undrain", "done"),
        (ANN, "drain", "ADMINISTRATORS_ONLY"),
    ]
    lines = cellgrant("admin", "log", "--since", "1h").stdout.splitlines()
    assert lines[1].split() == ["TIME", "WHO", "ACTION", "ON", "WHY", "OUTCOME"]
    assert "mine" in lines[2]
    assert as_of(BOB, "admin", "log").returncode == 1
    path: Path = node.state_dir / "audit.jsonl"
    assert (path.stat().st_uid, path.stat().st_mode & 0o777) == (0, 0o600)
    assert json.loads(path.read_text().splitlines()[0])["why"] == "mine"
    os.truncate(path, path.stat().st_size - 5)
    assert cellgrant_json("admin", "log")["unreadable"] == 1
    assert "Lines that are no records" in cellgrant("admin", "log").stdout
