"""The unit by which systemd starts the sidecar of the system."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..system import unit as its
from .command_line import CELLGRANT, cellgrant
from .real_system import ANN, BOB, RealSystem, as_user, needs_root

# A kernel dies, whose worker would live on.
ORPHAN = """
import os, select, subprocess, sys
from jupyterlab_cellgrant.client.client import Client
from jupyterlab_cellgrant.client.holder import Holder
words = ["sh", "-c", "sleep 600 & echo $!; wait"]
pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
kernel = subprocess.Popen(words, **pipes, text=True)
pid = int(kernel.stdout.readline())
holders = Holder("kernel", "k", "k", kernel.pid), Holder("worker", "w", "w", pid, "k")
for it in holders:
    it.token = "of the family"
with Client(holders[0], sys.argv[1]), Client(holders[1], sys.argv[1]):
    worker = os.pidfd_open(pid)
    kernel.kill()
    kernel.wait()
    print(bool(select.select([worker], [], [], 60)[0]))
"""
SHOW = ["grep", "-h", "Cpus_allowed_list", "/proc/self/status"]


def bounds() -> list[str]:
    """In front of a command, so that it has the unit's privileges and no more."""
    text = cellgrant("serve", "--print-unit").stdout
    [line] = [it for it in text.splitlines() if it.startswith("CapabilityBoundingSet=")]
    names = [f"+{it.lower()}".replace("cap_", "") for it in line.partition("=")[2].split()]
    return [
        "setpriv",
        "--no-new-privs",
        "--inh-caps=-all",
        f"--bounding-set=-all,{','.join(names)}",
    ]


@needs_root
@pytest.mark.parametrize("tier", ["auto", "affinity"])
def test_with_its_privileges_all_users_are_served(system: RealSystem, tier: str) -> None:
    """[SYS5] and held to what they are granted, also after a crash."""
    system.options += ("--tier", tier)
    system.start(*bounds())
    status = Path(f"/proc/{system.pid}/status").read_text()
    assert "CapBnd:\t0000000000800023\n" in status
    for uid in (ANN, BOB, ANN):
        words = [*CELLGRANT, "run", "--cpus", "1", "--memory", "1GiB", "--", *SHOW]
        shown = subprocess.run([*as_user(uid), *words], capture_output=True, text=True, check=True)
        assert shown.stdout.split(":")[1].strip().isdigit()
        assert "not confined" not in shown.stderr
        uid == BOB and system.crash()
    assert " error: " not in system.log
    assert "EPERM" not in system.log
    assert system.end() == 0


@needs_root
def test_with_its_privileges_a_users_worker_is_ended(system: RealSystem) -> None:
    """[SYS5] [HOLD3] when its kernel has ended."""
    system.start(*bounds())
    directory = system.knock(ANN)["directory"]
    words = [*as_user(ANN), sys.executable, "-c", ORPHAN, directory]
    shown = subprocess.run(words, capture_output=True, text=True, check=False)
    assert shown.stdout == "True\n", shown.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_understands_it(tmp_path: Path) -> None:
    """[SYS5] all of it; older versions pass over what they do not know."""
    file = tmp_path / "cellgrant.service"
    file.write_text(cellgrant("serve", "--print-unit").stdout)
    command = ["systemd-analyze", "verify", "--man=no", str(file)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.parametrize(
    ("prefix", "home"), [("/opt/x", "yes"), *((f"{it}/x", "read-only") for it in its.HOMES)]
)
def test_it_sees_the_home_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, prefix: str, home: str
) -> None:
    """[SYS5] and no other; nowhere may it write there."""
    monkeypatch.setattr(sys, "prefix", prefix)
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    monkeypatch.setattr(its, "__file__", "/usr/lib/python3/unit.py")
    assert f"ProtectHome={home}\n" in its.unit()
