"""For programs that claim without a kernel: a forked cell, a worker, the command line."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, Iterator

from .claim import Claim, Patience
from .errors import NoSidecarError, RefusedError
from .gpus import free_idle_memory
from .holder import Holder
from .interrupts import Shield
from .link import Link, Listener
from .wire import (
    DIRECTORY_ENV,
    HINT_BYTES_MAX,
    LINE_BYTES_MAX,
    SILENCE_MAX_S,
    SILENCE_PART_S,
    Message,
    encode,
    new_id,
)

if TYPE_CHECKING:
    from .applied import Applied

ABSENT = (
    "No sidecar of Cellgrant answers in {directory}. A Jupyter server with Cellgrant starts one; "
    "so does `cellgrant sidecar`."
)
TOO_LARGE = "What this {kind} asks for is {bytes} bytes long; at most {limit} are read."
FORKED = "This client is of the process that forked this one, which needs a client of its own."
SILENT = "Cellgrant's sidecar stopped answering during the wait."


class Client(Listener):
    """One holder, and its connection to the sidecar; from entering it until leaving it.

    A lost connection is reestablished, as often as it takes; what is held stays held meanwhile.
    After a fork the child needs a client of its own: its parent's is closed in it.
    """

    def __init__(
        self,
        holder: Holder,
        directory: str | None = None,
        on_refusal: Callable[[RefusedError], object] = lambda _: None,
    ) -> None:
        """It speaks for ``holder``; ``directory`` is the sidecar's, else ``$CELLGRANT_DIR``.

        ``on_refusal`` is called, once and from another thread, if a later sidecar refuses it.
        """
        self.holder = holder
        self._on_refusal: Callable[[RefusedError], object] | None = on_refusal
        self._directory = directory or os.environ.get(DIRECTORY_ENV, "")
        self._link = Link(self._directory, holder, "open", self)
        self._holdings: dict[str, Holding] = {}
        self._applied: Applied | None = None

    def __enter__(self) -> Client:
        """Connect. NoSidecarError if nobody answers, RefusedError if the sidecar refuses us."""
        channel = self._link.channel
        channel.start()
        channel.met.wait(SILENCE_MAX_S)
        if not self._link.welcomed_once:
            channel.close()
            raise self._link.refusal or NoSidecarError(ABSENT.format(directory=self._directory))
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect: the sidecar takes back what was not released."""
        self._link.channel.close()

    def claim(
        self,
        hints: Any,
        *,
        label: str | None = None,
        on_wait: Callable[[str], object] = lambda _: None,
        on_change: Callable[[Message], object] = lambda _: None,
        on_interrupt: Callable[[str], object] = lambda _: None,
    ) -> Holding:
        """Wait until everything is granted that ``hints`` request, in the form of cell metadata.

        ``on_wait`` receives the reason for waiting, each time it is reported. Later, from another
        thread, ``on_change`` receives the grant when it changes, and ``on_interrupt`` a sentence
        when the work must end (its memory or its time is exceeded).

        #### Notes
        RefusedError if the sidecar refuses, NoSidecarError if it stops answering, and in a
        process that was forked from this one. In the
        main thread SIGINT cancels the claim and raises KeyboardInterrupt, whatever handler is set;
        in any other thread it is left to that handler.
        """
        if self._link.channel.is_foreign:
            raise NoSidecarError(FORKED)
        self._refuse_oversized(hints)
        labelled = {} if label is None else {"label": label}
        claim = Claim({"id": new_id(), **labelled, "sources": {"metadata": hints}})
        holding = Holding(self, claim, on_change, on_interrupt)
        is_interrupted: list[bool] = []

        def note_interrupt() -> None:
            is_interrupted.append(True)
            claim.mailbox.put({"type": "interrupted"})

        with Shield(note_interrupt):
            self._holdings[claim.id] = holding
            try:
                self._wait(claim, on_wait)
                if is_interrupted:
                    raise KeyboardInterrupt
            except BaseException as error:
                self._drop(claim, is_lost=isinstance(error, NoSidecarError))
                raise
        return holding

    def _refuse_oversized(self, hints: Any) -> None:
        """A claim that exceeds a line cannot even be sent to be refused."""
        size = len(encode(hints))
        if size > LINE_BYTES_MAX // 2:
            limits = {"bytes": size, "limit": HINT_BYTES_MAX}
            sentence = TOO_LARGE.format(kind=self.holder.kind, **limits)
            raise RefusedError("HINT_TOO_LARGE", sentence, limits)

    def _wait(self, claim: Claim, on_wait: Callable[[str], object]) -> None:
        """Wait until the claim is granted; raises if it is not."""
        if not self._link.claim(claim):
            raise NoSidecarError(ABSENT.format(directory=self._directory))
        patience = Patience(self._link, claim)
        while claim.granted is None:
            answer = claim.mailbox.get(SILENCE_PART_S)
            if patience.is_over(answer):
                self._link.give_up(claim)
                raise NoSidecarError(SILENT)
            kind = answer["type"] if answer else None
            if kind == "refused":
                raise RefusedError.of(answer)
            if kind == "absent":
                raise NoSidecarError(SILENT)
            if kind == "interrupted":
                raise KeyboardInterrupt
            if kind == "waiting":
                on_wait(str(answer.get("sentence")))

    def _drop(self, claim: Claim, is_lost: bool) -> None:
        """It is not granted, or no longer wanted."""
        del self._holdings[claim.id]
        if is_lost:
            self._link.forget(claim)
        elif claim.granted is not None:
            self._link.release(claim, "interrupted", 0)
        else:
            self._link.cancel(claim)

    def applied(self) -> Applied:
        """Applies grants in this process; created on first use."""
        if self._applied is None:
            from .applied import Applied

            self._applied = Applied(lambda: self._link.channel.thread_id)
        return self._applied

    def end(self, claim: Claim, outcome: str, cpu_seconds: float) -> None:
        """The granted work has ended. Idempotent."""
        if self._holdings.pop(claim.id, None) is not None:
            self._link.release(claim, outcome, cpu_seconds)

    def refused(self, why: RefusedError) -> None:
        tell, self._on_refusal = self._on_refusal, None
        if tell is not None:
            tell(why)

    def changed(self, claim: Claim) -> None:
        holding = self._holdings.get(claim.id)
        if holding is not None:
            if self._applied is not None:
                self._applied.change(claim.id, holding.grant)
            holding.on_change(holding.grant)

    def interrupt(self, claim: Claim, message: str) -> None:
        holding = self._holdings.get(claim.id)
        if holding is not None:
            holding.on_interrupt(message)

    def free(self) -> None:
        free_idle_memory()


class Holding:
    """What a claim was granted, until it is released."""

    def __init__(
        self,
        client: Client,
        claim: Claim,
        on_change: Callable[[Message], object],
        on_interrupt: Callable[[str], object],
    ) -> None:
        self.on_change = on_change
        self.on_interrupt = on_interrupt
        self._client = client
        self._claim = claim

    @property
    def grant(self) -> Message:
        """``GateGrant`` of the protocol, as it is now: cpus, threads, memoryBytes, gpus, env,
        affinity and cpuset."""
        return self._claim.granted or {}

    @contextmanager
    def applied(self) -> Iterator[None]:
        """While entered, this process has the grant's variables, mask and sizes of thread pools."""
        applied = self._client.applied()
        applied.enter(self._claim.id, self.grant)
        try:
            yield
        finally:
            applied.leave(self._claim.id)

    def release(self, outcome: str = "ok", cpu_seconds: float = 0.0) -> None:
        """Give everything back; ``outcome`` is ``ok``, ``error`` or ``interrupted``. Idempotent."""
        self._client.end(self._claim, outcome, cpu_seconds)
