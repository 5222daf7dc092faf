"""What a link keeps while its sidecar is away, refuses it, or comes back."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyterlab_cellgrant.client.claim import Claim
from jupyterlab_cellgrant.client.errors import RefusedError
from jupyterlab_cellgrant.client.holder import Holder
from jupyterlab_cellgrant.client.link import Link, Listener
from jupyterlab_cellgrant.client.wire import new_id

from .real_server import eventually
from .scripted_sidecar import Message, ScriptedSidecar, grant_everything

WITHIN_S = 20


class Heard(Listener):
    """Notes when a sidecar answers."""

    def __init__(self) -> None:
        self.welcome = threading.Event()

    def welcomed(self) -> None:
        self.welcome.set()


@pytest.fixture
def heard() -> Heard:
    """What the link's author hears."""
    return Heard()


@pytest.fixture
def link(cellgrant_dir: Path, heard: Heard) -> Iterator[Link]:
    """Of this process; not connected yet."""
    it = Link(
        str(cellgrant_dir), Holder("command", new_id(), "train.py", os.getpid()), "open", heard
    )
    yield it
    it.channel.close()


def refuse(message: Message) -> list[Message | bytes]:
    """The answer of a sidecar that has no place for this process."""
    assert message["type"] == "hello"
    return [{"type": "problem", "code": "HOLDER_TAKEN", "message": "taken", "details": {}}]


def test_a_refusal_is_over_once_a_sidecar_welcomes_it(
    scripted_sidecar: ScriptedSidecar, link: Link, heard: Heard
) -> None:
    """[GATE5] A cell of a process that is served is not told that it was refused before."""
    scripted_sidecar.answer = refuse
    link.channel.start()
    assert link.channel.met.wait(WITHIN_S)
    assert isinstance(link.refusal, RefusedError)
    assert link.refusal.code == "HOLDER_TAKEN"
    scripted_sidecar.answer = grant_everything
    assert heard.welcome.wait(WITHIN_S)
    assert link.refusal is None


def test_work_that_ended_while_no_sidecar_ran_has_one_end(
    cellgrant_dir: Path, scripted_sidecar: ScriptedSidecar, link: Link, heard: Heard
) -> None:
    """[GATE2] The next sidecar hears the first one, and nothing that was said after it."""
    link.channel.start()
    assert heard.welcome.wait(WITHIN_S)
    claim = Claim({"id": new_id(), "sources": {"metadata": {"cpus": 1}}})
    link.claim(claim)
    eventually(lambda: claim.granted)
    scripted_sidecar.close()
    eventually(lambda: link.channel.state == "down")
    link.release(claim, "error", 1.5)
    link.release(claim, "ok", 0)
    link.cancel(claim)
    successor = ScriptedSidecar(cellgrant_dir)
    try:
        told = successor.wait_for("release")
        assert (told["id"], told["outcome"], told["cpuSeconds"]) == (claim.id, "error", 1.5)
        # Answered after all that was queued.
        again = Claim({"id": new_id(), "sources": {"metadata": {"cpus": 1}}})
        link.claim(again)
        eventually(lambda: again.granted)
        assert len(successor.all("release") + successor.all("cancel")) == 1
    finally:
        successor.close()
