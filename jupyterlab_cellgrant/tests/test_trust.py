"""What of others is not trusted: their directories, their sockets, and links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .. import paths
from ..sidecar_process import LOCK, SidecarError, ensure_private
from .conftest import StartKernel
from .real_server import RealServer
from .scripted_sidecar import Message, ScriptedSidecar, grant_everything

NOBODY = 65534
PLANTED = {"PLANTED": "1"}


def plant(message: Message) -> list[Message | bytes]:
    """The answers of one who wants others to run with variables of his own."""
    answers = grant_everything(message)
    if message["type"] == "prepare":
        return [{"type": "launch", "env": PLANTED}]
    if message["type"] == "claim":
        return [{**answers[0], "grant": {"env": PLANTED}}]
    return answers


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as somebody else")
async def test_nobody_else_can_stand_in_for_the_sidecar(
    cellgrant_dir: Path, start_kernel: StartKernel
) -> None:
    """[SEC3] Neither the kernel's launcher nor its gate tells him or takes anything."""
    os.chown(cellgrant_dir, NOBODY, -1)
    os.seteuid(NOBODY)
    try:
        impostor = ScriptedSidecar(cellgrant_dir, plant)
    finally:
        os.seteuid(0)
    notebook = await start_kernel()
    for _ in range(2):
        assert await notebook.evaluate("__import__('os').environ.get('PLANTED')") is None
    assert impostor.heard == []
    impostor.close()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """[SEC3] Neither is what it leads to changed."""
    (tmp_path / "public").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to("public")
    with pytest.raises(SidecarError, match="is a link"):
        ensure_private(tmp_path / "link")
    assert (tmp_path / "public").stat().st_mode & 0o777 == 0o755


def test_a_directory_that_others_use_is_not_closed_to_them(tmp_path: Path) -> None:
    """[SEC4] /tmp, or a folder that a project shares, would be."""
    tmp_path.chmod(0o1777)
    ensure_private(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    (tmp_path / "theirs").touch()
    tmp_path.chmod(0o1777)
    with pytest.raises(SidecarError, match="holds other files"):
        ensure_private(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o777
    (tmp_path / LOCK).touch()
    ensure_private(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_system_directory_that_cannot_be_looked_at_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """[GATE5] Kernels start all the same."""
    monkeypatch.delenv("CELLGRANT_DIR", raising=False)
    monkeypatch.setattr(paths, "SYSTEM_DIR", tmp_path / ("x" * 300))
    assert paths.runtime_dir().name.startswith("cellgrant")


def test_a_directory_that_cannot_be_made_is_told() -> None:
    """[API1] Not even looked at again by the handlers."""
    server = RealServer(env={"CELLGRANT_DIR": f"/tmp/{'x' * 300}"})
    try:
        away = server.start().api("node")
        assert (away.status, away.body["code"]) == (503, "SIDECAR_AWAY")
        assert "File name too long" in away.body["message"]
    finally:
        server.stop()
