"""The door of the system's sidecar, beside one that takes its time."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ..client.wire import GATE_SOCKET
from ..system import door as it
from ..system.door import CONNECTIONS_OF_USER_MAX, Door


class Sidecar:
    """Serves whoever is named to it once it may."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.may = asyncio.Event()
        self.asked: list[dict[str, Any]] = []

    async def serve(self, user: dict[str, Any]) -> dict[str, Any]:
        """Wait until it may, then answer."""
        self.asked.append(user)
        await self.may.wait()
        return {"uid": user["uid"], "directory": str(self.directory)}


@pytest.fixture
def sidecar(cellgrant_dir: Path) -> Sidecar:
    """One whose users have a socket."""
    os.mknod(cellgrant_dir / GATE_SOCKET, 0o140600)
    return Sidecar(cellgrant_dir)


@pytest.fixture
async def path(cellgrant_dir: Path, sidecar: Sidecar) -> AsyncIterator[Path]:
    """An open door."""
    path = cellgrant_dir / "door"
    door = Door(path, sidecar.serve)
    await door.open()
    yield path
    door.close()


async def knock(path: Path) -> asyncio.Task[bytes]:
    """Connect; the task reads what is answered, to its end."""
    reader, writer = await asyncio.open_unix_connection(path)

    async def read() -> bytes:
        try:
            return await reader.read()
        finally:
            writer.close()

    return asyncio.create_task(read())


async def test_a_user_has_so_many_connections(path: Path, sidecar: Sidecar) -> None:
    """[SYS5] and one more when one of them has ended."""
    crowd = [await knock(path) for _ in range(CONNECTIONS_OF_USER_MAX)]
    assert await (await knock(path)) == b""
    sidecar.may.set()
    answers = [json.loads(await each) for each in crowd]
    assert answers == [{"uid": os.getuid(), "directory": str(sidecar.directory)}] * len(crowd)
    assert [await (await knock(path)) for _ in range(CONNECTIONS_OF_USER_MAX + 1)] == [
        json.dumps(answers[0]).encode() + b"\n"
    ] * (CONNECTIONS_OF_USER_MAX + 1)
    assert [user["uid"] for user in sidecar.asked] == [os.getuid()]


async def test_all_together_have_so_many(
    path: Path, sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[SYS5] whoever they are."""
    monkeypatch.setattr(it, "CONNECTIONS_MAX", 2)
    crowd = [await knock(path) for _ in range(2)]
    assert await (await knock(path)) == b""
    sidecar.may.set()
    assert all([await each for each in crowd])


async def test_who_leaves_early_ends_nothing(
    path: Path, sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[SYS5] What they asked for goes on for others, and is there for who asks later."""
    monkeypatch.setattr(it, "ENDED_AFTER_S", 0.05)
    assert await (await knock(path)) == b""
    monkeypatch.setattr(it, "ENDED_AFTER_S", 60)
    late = await knock(path)
    sidecar.may.set()
    assert "directory" in json.loads(await late)
    assert len(sidecar.asked) == 1


async def test_who_cannot_be_looked_up_is_told(
    path: Path, sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[SYS5] and is looked up anew when they knock again."""

    def fail(*_: int) -> dict[str, Any]:
        raise OSError("the directory service is away")

    sidecar.may.set()
    with monkeypatch.context() as patched:
        patched.setattr(it, "user_of", fail)
        assert "the directory service is away" in json.loads(await (await knock(path)))["why"]
    assert "directory" in json.loads(await (await knock(path)))


async def test_who_removed_the_sockets_is_served_anew(path: Path, sidecar: Sidecar) -> None:
    """[SYS5] when they knock again."""
    sidecar.may.set()
    for count in (1, 2):
        assert "directory" in json.loads(await (await knock(path)))
        assert len(sidecar.asked) == count
        (sidecar.directory / GATE_SOCKET).unlink(missing_ok=True)
