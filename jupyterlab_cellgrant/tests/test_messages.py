"""What is really sent has the fields that the sidecar's parser is tested with (parse.spec.ts)."""

from __future__ import annotations

import itertools
import json
import signal
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyterlab_cellgrant.client.wire import UNHELD
from jupyterlab_cellgrant.kernel.gate import Gate

from .conftest import ROOT, StartKernel
from .scripted_sidecar import Message, ScriptedSidecar, grant_everything
from .test_client import client_of

MESSAGES = ROOT / "server" / "testing" / "gateMessages.json"

# Whatever an author writes, and what any machine's libraries are told.
OPEN = ("metadata", "env")


def fields(value: object, path: str = "") -> set[str]:
    """Every field of a message, at whatever depth; those of what is open count as one."""
    if isinstance(value, list):
        return set().union(*(fields(it, path) for it in value))
    if not isinstance(value, dict):
        return set()
    found = {f"{path}.{name}" for name in value}
    inner = (fields(it, f"{path}.{name}") for name, it in value.items() if name not in OPEN)
    return found.union(*inner)


def fields_by_type(messages: Iterable[Message]) -> dict[str, set[str]]:
    """The fields that the messages of each type have, of any of them."""
    found: dict[str, set[str]] = defaultdict(set)
    for message in messages:
        found[message["type"]] |= fields(message)
    return found


def kernel_of(metadata: Message) -> SimpleNamespace:
    """As much of a kernel as a gate looks at."""
    ids = itertools.count()

    def get_parent(_: str) -> Message:
        return {"header": {"msg_id": str(next(ids))}, "metadata": metadata}

    mute = SimpleNamespace(send=lambda *_, **__: None)
    return SimpleNamespace(
        execution_count=7, get_parent=get_parent, session=mute, iopub_socket=None
    )


def say_all_of_a_gate(directory: Path, sidecar: ScriptedSidecar) -> ScriptedSidecar:
    """A cell with all that there is, one in its midst, a new sidecar, and one that starts at once;
    the new sidecar."""
    metadata = {"cellgrant": {"cpus": 1}, "tags": ["gpus=1"], "cellId": "d1a2"}
    gate, kernel = Gate(str(directory), "k", "a.ipynb", "open"), kernel_of(metadata)
    gate.link.channel.start()
    gate.link.channel.met.wait(20)
    turns, attendances = [], []
    for _ in range(2):
        turns.append(gate.turn(kernel, "#| time: 10 min\npass", False))
        attendances.append(turns[-1].attend())
        turns[-1].begin()
    sidecar.wait_for("claim", 2)
    sidecar.close()
    other = ScriptedSidecar(directory)
    other.wait_for("hello")
    for turn in reversed(turns):
        turn.end({"status": "ok"})
    other.send({"type": "standing", "isGiven": True})
    while not any("started" in it for it in other.all("claim")):
        turn = gate.turn(kernel_of({}), "pass", False)
        turn.begin()
        turn.end({"status": "ok"})
    gate.link.channel.close()
    return other


def say_all_of_a_client(sidecar: ScriptedSidecar) -> None:
    """A claim that is given up."""
    sidecar.answer = lambda it: (
        [{"type": "waiting", "id": it["id"], "sentence": "for it", "position": 1}]
        if it["type"] == "claim"
        else grant_everything(it)
    )
    with client_of() as client, pytest.raises(KeyboardInterrupt):
        client.claim({}, on_wait=lambda _: signal.raise_signal(signal.SIGINT))
    sidecar.wait_for("cancel")


@pytest.mark.skipif(not MESSAGES.is_file(), reason="needs the sidecar's sources")
async def test_fields(
    cellgrant_dir: Path, scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[GATE11] Neither side knows a field that the other does not."""

    def answer(message: Message) -> list[Message | bytes]:
        granted = {"type": "granted", "id": message.get("id"), "grant": UNHELD}
        return [granted] if message["type"] == "claim" else grant_everything(message)

    scripted_sidecar.answer = answer
    notebook = await start_kernel()
    await notebook.close()
    await notebook.manager.shutdown_kernel(now=True)
    scripted_sidecar.wait_for("ended")
    other = say_all_of_a_gate(cellgrant_dir, scripted_sidecar)
    say_all_of_a_client(other)
    other.close()
    sent = fields_by_type([*scripted_sidecar.heard, *other.heard])
    assert sent == fields_by_type(json.loads(MESSAGES.read_text()))
