"""What this process claims and holds, consistent with what the sidecar knows."""

from __future__ import annotations

# By name, not by module: a cell may replace a module's attributes (gevent, mocks), not ours.
from os import path

from .channel import Channel, Peer
from .claim import Claim
from .errors import RefusedError
from .holder import Holder
from .wire import GATE_SOCKET, PROTOCOL, UNHELD, Message, hello_of

OTHER_VERSION = (
    f"The running sidecar speaks another version of the protocol than {PROTOCOL}; it was probably "
    "started before an upgrade. Restart it, or what started it."
)


class Listener:
    """What a link calls, from a thread of its own."""

    def welcomed(self) -> None:
        """A sidecar answers (again)."""

    def refused(self, why: RefusedError) -> None:
        """The current sidecar refuses this process, though an earlier one accepted it; called at
        each try."""

    def changed(self, claim: Claim) -> None:
        """The grant of a running claim changed."""

    def interrupt(self, claim: Claim, message: str) -> None:
        """The sidecar requests that the work of a running claim be interrupted."""

    def free(self) -> None:
        """The sidecar wants idle GPU memory back."""


class Link(Peer):
    """Every claim of one process; sent by the thread that makes it, answered to its mailbox.

    All of it uses one channel, whose lock guards the claims, too: what ``hello`` states of
    them is always consistent with the lines around it.
    """

    def __init__(self, directory: str, holder: Holder, failure: str, listener: Listener) -> None:
        """It speaks for ``holder``; ``failure`` applies until a sidecar has sent its own."""
        self.failure = failure
        self.channel = Channel(path.join(directory, GATE_SOCKET), self)
        self.welcomed_once = False
        # Why the sidecar refuses this process; None if it has not.
        self.refusal: RefusedError | None = None
        self._holder = holder
        self._listener = listener
        self._claims: dict[str, Claim] = {}
        # Whether claims without requests may start before the sidecar hears of them.
        self._may_start = False

    def starts_at_once(self, claim: Claim) -> bool:
        """Whether a claim would be granted immediately, without confinement (GATE6)."""
        return self.channel.state == "up" and self._may_start and not claim.asked["sources"]

    def claim(self, claim: Claim) -> bool:
        """Request a grant; False if nobody answers and the cell must not wait (GATE5).

        If the claim is granted on return, the cell starts at once (GATE6).
        """
        channel = self.channel
        with channel.lock:
            self._claims[claim.id] = claim
            is_up = channel.state == "up"
            expected = is_up or (channel.state == "greeting" and channel.is_hopeful)
            if not expected and self.failure == "open":
                claim.run()
                return False
            if is_up:
                if self.starts_at_once(claim):
                    claim.run(UNHELD)
                self._tell(claim)
            return True

    def listen(self, claim: Claim, timeout_s: float) -> None:
        """Read the answer to a claim in the thread that waits for it, if it arrives this soon."""
        self.channel.listen(claim.mailbox.is_empty, timeout_s)

    def cancel(self, claim: Claim) -> None:
        """Cancel a waiting claim. Idempotent."""
        self._end(claim, {"type": "cancel", "id": claim.id})

    def release(self, claim: Claim, outcome: str, cpu_seconds: float) -> None:
        """Its work has ended. Idempotent; waits for nothing."""
        message = {"type": "release", "id": claim.id, "outcome": outcome}
        self._end(claim, {**message, "cpuSeconds": round(cpu_seconds, 6)})

    def forget(self, claim: Claim) -> None:
        """The sidecar has ended it: nothing is left to report. Idempotent."""
        with self.channel.lock:
            self._claims.pop(claim.id, None)

    def give_up(self, claim: Claim) -> None:
        """The silence was too long: the sidecar hangs. Drop the connection."""
        with self.channel.lock:
            self.channel.is_hopeful = False
            if claim.granted is None and self.failure == "open":
                claim.run()
            self.channel.hang_up()

    def greeting(self) -> Message:
        self._may_start = False
        return hello_of(self._holder.facts(), [it.told_in_hello() for it in self._claims.values()])

    def lost(self) -> None:
        for claim in self._claims.values():
            claim.lose(self.failure == "open")

    def receive(self, message: Message) -> None:
        kind = message.get("type")
        if kind == "welcome":
            self._welcome(message)
        elif kind == "standing":
            self._may_start = message.get("isGiven") is True
        elif kind == "free":
            self._listener.free()
        elif kind == "problem" and self.channel.state == "greeting":
            self._refuse(message)
        else:
            with self.channel.lock:
                claim = self._claims.get(str(message.get("id")))
                act = claim.answer(message, self._listener) if claim else None
            if act is not None:
                act()

    def _end(self, claim: Claim, message: Message) -> None:
        if self.channel.is_foreign:
            return  # it belongs to the parent, for which we do not speak (HOLD5)
        self.channel.replace_lost()
        with self.channel.lock:
            if claim.id not in self._claims or claim.ending:
                return
            if self.channel.state == "down" and claim.is_news(self._claims.values()):
                claim.ending = message
            elif self._claims.pop(claim.id).told:
                self.channel.send(message)

    def _tell(self, claim: Claim) -> None:
        claim.tell()
        started = {} if claim.granted is None else {"started": True}
        self.channel.send({"type": "claim", **started, **claim.asked})

    def _welcome(self, message: Message) -> None:
        if message.get("protocol") != PROTOCOL:
            self._refuse(message)
        with self.channel.lock:
            if not self.channel.welcome():
                return
            self.welcomed_once = True
            self.refusal = None
            self.failure = "closed" if message.get("failure") == "closed" else "open"
            self._tell_what_is_new()
        self.channel.met.set()
        self._listener.welcomed()

    def _tell_what_is_new(self) -> None:
        """What the hello did not contain; the lock is held."""
        for claim in list(self._claims.values()):
            if claim.ending:
                del self._claims[claim.id]
                self.channel.send(claim.ending)
            elif not claim.told and claim.granted is None:
                self._tell(claim)

    def _refuse(self, answer: Message) -> None:
        """The answer to hello is no welcome, or of another version: no claim will be answered."""
        is_understood = answer["type"] == "problem" and answer.get("code") != "LINE_INVALID"
        why = RefusedError.of(answer) if is_understood else RefusedError("VERSION", OTHER_VERSION)
        self.refusal = why
        if self.welcomed_once:
            self._listener.refused(why)
        raise why
