"""A program without a kernel claims, waits, holds and gives back."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyterlab_cellgrant.client.client import Client
from jupyterlab_cellgrant.client.errors import NoSidecarError, RefusedError
from jupyterlab_cellgrant.client.holder import Holder
from jupyterlab_cellgrant.client.wire import PROTOCOL, UNGATED, new_id

from .real_sidecar import RealSidecar
from .scripted_sidecar import Message, ScriptedSidecar, grant_everything
from .test_gate_order import HALF


def client_of(pid: int | None = None) -> Client:
    """One that speaks for this process or for another."""
    return Client(Holder("command", new_id(), "train.py", pid or os.getpid()))


@contextmanager
def another_process() -> Iterator[int]:
    """Another one than this, which started the sidecar and so cannot be confined by it."""
    with subprocess.Popen(["sleep", "600"]) as it:
        try:
            yield it.pid
        finally:
            it.kill()


@pytest.fixture
def process() -> Iterator[int]:
    """For which a client speaks."""
    with another_process() as pid:
        yield pid


@pytest.fixture
def client(sidecar: RealSidecar, process: int) -> Iterator[Client]:
    """Of a real sidecar."""
    with client_of(process) as it:
        yield it


def test_a_claim_is_granted_and_given_back(sidecar: RealSidecar, client: Client) -> None:
    """[GATE10] What it asked for is held until it is released."""
    holding = client.claim({"cpus": 1, "memory": "1 GiB"}, label="train")
    [claim] = sidecar.wait_for_claims(running=1)["claims"]
    assert (claim["holderId"], claim["label"]) == (client.holder.id, "train")
    assert holding.grant["memoryBytes"] == claim["grant"]["memoryBytes"] == 1 << 30
    holding.release("error", 1.5)
    holding.release()
    [claim] = sidecar.wait_for_claims(running=0, done=1)["claims"]
    assert (claim["outcome"], claim["cpuSeconds"]) == ("error", 1.5)


def test_it_waits_and_is_told_why(scripted_sidecar: ScriptedSidecar) -> None:
    """[GATE10] Each reason is told once it is known, until the grant comes."""
    scripted_sidecar.answer = lambda it: [] if it["type"] == "claim" else grant_everything(it)
    told: list[str] = []

    def on_wait(sentence: str) -> None:
        told.append(sentence)
        answer = {"type": "granted", "grant": UNGATED} if len(told) == 2 else waiting("again")
        scripted_sidecar.send({**answer, "id": scripted_sidecar.last("claim")["id"]})

    def first() -> None:
        scripted_sidecar.send({**waiting("once"), "id": scripted_sidecar.wait_for("claim")["id"]})

    with client_of() as client:
        threading.Thread(target=first).start()
        assert client.claim({"gpus": 1}, on_wait=on_wait).grant == UNGATED
    assert told == ["once", "again"]


def waiting(sentence: str) -> Message:
    """What the sidecar says to a claim that waits."""
    return {"type": "waiting", "sentence": sentence, "position": 1}


def test_an_interrupt_gives_the_claim_up(sidecar: RealSidecar, client: Client) -> None:
    """[GATE10] Nothing of it stays in the queue, and the signal's handler is what it was."""
    handler = signal.getsignal(signal.SIGINT)
    client.claim(HALF)
    with another_process() as pid, client_of(pid) as other:
        with pytest.raises(KeyboardInterrupt):
            other.claim(HALF, on_wait=lambda _: signal.raise_signal(signal.SIGINT))
        assert signal.getsignal(signal.SIGINT) is handler
        sidecar.wait_for_claims(running=1, waiting=0)


def test_a_refusal_says_what_is_wrong(sidecar: RealSidecar, client: Client) -> None:
    """[GATE10] With its code, its sentence and what it is about."""
    with pytest.raises(RefusedError, match="memory") as caught:
        client.claim({"memory": "900 TiB"})
    assert caught.value.code == "IMPOSSIBLE"
    assert caught.value.details["path"] == "memory"
    with pytest.raises(RefusedError, match="expected"):
        client.claim({"cpus": "many"})
    sidecar.wait_for_claims(running=0, waiting=0)


def test_leaving_gives_everything_back(sidecar: RealSidecar, process: int) -> None:
    """[GATE10] [GATE2] Also what was never released."""
    with client_of(process) as client:
        client.claim(HALF)
        sidecar.wait_for_claims(running=1)
    sidecar.wait_for_claims(running=0)


def test_a_fork_does_not_speak_for_who_forked_it(sidecar: RealSidecar, client: Client) -> None:
    """[HOLD5, GATE10] Neither claims nor gives back, and waits for no lock of a thread it lacks."""
    holding = client.claim({"memory": "1 GiB"})
    with client._link.channel.lock:
        pid = os.fork()
    if pid == 0:
        try:
            with pytest.raises(NoSidecarError, match="needs a client of its own"):
                client.claim({"memory": "2 GiB"})
            holding.release()
            client.__exit__()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    [claim] = sidecar.wait_for_claims(running=1)["claims"]
    assert claim["grant"]["memoryBytes"] == 1 << 30


def test_nobody_answers(cellgrant_dir: Path) -> None:
    """[GATE10] Who asks is told where was looked, at once."""
    with pytest.raises(NoSidecarError, match=str(cellgrant_dir)), client_of():
        pass  # never reached


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "welcome", "protocol": PROTOCOL - 1, "tier": "none", "failure": "open"},
        {"type": "problem", "code": "LINE_INVALID", "message": "what is that?"},
    ],
)
def test_an_older_sidecar(scripted_sidecar: ScriptedSidecar, answer: Message) -> None:
    """[GATE11] One that speaks another version is told from one that is away."""
    scripted_sidecar.answer = lambda _: [answer]
    with pytest.raises(RefusedError, match="another version of the protocol"), client_of():
        pass  # never reached


def test_what_is_held_outlives_the_sidecar(sidecar: RealSidecar, client: Client) -> None:
    """[GATE10] [ENF4] A restarted one learns of it, and hears of its end."""
    holding = client.claim(HALF)
    sidecar.kill()
    sidecar.start()
    sidecar.wait_for_claims(running=1)
    holding.release()
    sidecar.wait_for_claims(running=0, done=1)


def test_the_sidecar_goes_while_a_claim_waits(scripted_sidecar: ScriptedSidecar) -> None:
    """[GATE10] [GATE8] After five seconds of silence nobody waits on."""
    scripted_sidecar.answer = lambda it: [] if it["type"] == "claim" else grant_everything(it)
    with client_of() as client, pytest.raises(NoSidecarError, match="stopped answering"):
        client.claim({"gpus": 1})


def test_a_grant_is_applied_for_a_while(scripted_sidecar: ScriptedSidecar) -> None:
    """[GATE10] Variables and mask are the grant's, follow it, and are then what they were."""
    cpu = str(min(os.sched_getaffinity(0)))
    grant = {**UNGATED, "env": {"CELLGRANT_TEST": "1"}, "affinity": cpu}

    def answer(message: Message) -> list:
        granted = {"type": "granted", "id": message.get("id"), "grant": grant}
        return [granted] if message["type"] == "claim" else grant_everything(message)

    scripted_sidecar.answer = answer
    before = os.sched_getaffinity(0)
    changes: list[Message] = []
    changed = threading.Event()

    def on_change(it: Message) -> None:
        changes.append(it)
        changed.set()

    with client_of() as client:
        holding = client.claim({"cpus": 1}, on_change=on_change)
        with holding.applied():
            assert os.environ["CELLGRANT_TEST"] == "1"
            assert os.sched_getaffinity(0) == {int(cpu)}
            wider = {**grant, "env": {"CELLGRANT_TEST": "2"}, "affinity": None}
            claim_id = scripted_sidecar.last("claim")["id"]
            scripted_sidecar.send({"type": "changed", "id": claim_id, "grant": wider})
            assert changed.wait(20)
            assert os.environ["CELLGRANT_TEST"] == "2"
            assert os.sched_getaffinity(0) == before
        assert "CELLGRANT_TEST" not in os.environ
    assert changes == [wider]
