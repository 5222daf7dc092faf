"""Fenced GPUs on the whole path: what a real kernel of a real server can open, and when.

Only nvidia-smi is a stand-in (server/testing/standin-gpu). The fence is the real one of this
machine, so the tests need root and a tier that can fence; elsewhere they are skipped.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from .gpu_lab import GpuLab
from .real_server import eventually

# How opening a file ended: EPERM where it is fenced. Elsewhere no driver answers (ENXIO), or a real
# one does.
OPEN = """
import errno
try:
    os.close(os.open({path!r}, os.O_RDWR))
    print("opened")
except OSError as error:
    print(errno.errorcode[error.errno])
"""

LET_THROUGH = {"ENXIO", "ENODEV", "opened"}


@pytest.fixture
def lab() -> Iterator[GpuLab]:
    """A server whose administrator asked for the fence; its GPU is a stand-in."""
    it = GpuLab("stand-in")
    (it.server.home / "config" / "cellgrant.yaml").write_text("gpus: {fence: true}\n")
    try:
        it.start()
        why = why_not_fenced(it)
        if why is not None:
            assert "cannot be fenced here" in why, why
            pytest.skip(why)
        yield it
        it.clear()
    finally:
        it.stop()


def why_not_fenced(lab: GpuLab) -> str | None:
    """What the tier says; None where it fences GPUs."""
    gaps = lab.server.api("node").body["tier"]["notEnforced"]
    return next((it["why"] for it in gaps if it["resource"] == "gpus"), None)


def device(folder: Path) -> str:
    """A device file of the stand-in's GPU, /dev/nvidia0."""
    path = str(folder / "nvidia0")
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(195, 0))
    return path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device files")
def test_a_kernel_opens_its_gpu_after_its_grant(lab: GpuLab, tmp_path: Path) -> None:
    """[ENF7] Refused before the first grant, let through from then on; others stay refused."""
    path = device(tmp_path)
    code = OPEN.format(path=path)
    child = f"import subprocess\nprint(subprocess.getoutput('cat {path}'))"
    granted, other = lab.notebook("granted.ipynb"), lab.notebook("other.ipynb")
    assert granted.run(code) == "EPERM"
    assert "not permitted" in granted.run(child)
    assert granted.run(code, gpus=1) in LET_THROUGH
    assert granted.run(code) in LET_THROUGH, "what it is bound to stays open"
    assert "not permitted" not in granted.run(child)
    assert other.run(code) == "EPERM"
    granted.restart()
    assert eventually(lambda: granted.attempt("import os\n" + code)) == "EPERM"
