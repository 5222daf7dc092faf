"""The gate's connection to the sidecar, and what this kernel holds."""

from __future__ import annotations

import threading
from contextlib import suppress

# By name, not by module: a cell may replace what modules hold (gevent, mocks), not what we hold.
from os import getpid, register_at_fork
from time import sleep

from .connection import Connection, LostDescriptorError
from .holding import Holding
from .listener import Listener
from .wire import PROTOCOL, UNHELD, Message, hello_of

BACKOFF_MIN_S = 0.05
# A restarted sidecar knows the truth within 2 s; this is the longest it has to wait for us.
BACKOFF_MAX_S = 1.0
# What is sent between hello and welcome is kept for later; more than this is not.
BACKLOG_MAX = 256
# A thread that reads has done so within this time; who waits for it waits no longer.
READING_MAX_S = 0.1


class Link:
    """Keeps up the connection, and every claim's state in step with it.

    The states of the connection are ``down``, ``greeting`` (hello is said, no welcome yet) and
    ``up``. A thread of its own connects and reads; claims are sent by the thread that makes them,
    which may also read for a moment (see ``listen``). One lock guards holdings and sending, so that
    what ``hello`` tells is never out of step with the lines around it; another one reading.

    Whoever notices that a descriptor is lost connects anew. The reading thread may still sit in a
    call on the old one, which the sidecar ends: greeted anew, it closes that one.
    """

    def __init__(self, path: str, process: Message, failure: str, listener: Listener) -> None:
        self.failure = failure
        self._path = path
        self._process = process
        self._listener = listener
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._holdings: dict[str, Holding] = {}
        self._connection: Connection | None = None
        self._state = "greeting"
        # Whether cells that ask for nothing may start before the sidecar hears of them.
        self._may_start = False
        # Whether a sidecar is expected to answer: a cell then waits for the welcome.
        self._hopeful = True
        self._backlog: list[Message] = []
        self.welcomed_once = False
        self.met = threading.Event()  # set once a sidecar has answered, or cannot be met
        # Why the sidecar will not have this kernel; None where it has not said so.
        self.refusal: str | None = None
        self._pid = getpid()
        self.thread_id = 0  # of the thread that reads, once it runs, as the system counts

    def start(self) -> None:
        """Connect, and stay connected for as long as the process lives."""
        thread = threading.Thread(target=self._stay_connected, name="Cellgrant", daemon=True)
        # The debugger must neither stop nor trace it (ipykernel marks its own threads so).
        thread.pydev_do_not_trace = True  # type: ignore[attr-defined]
        thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]
        thread.start()
        register_at_fork(after_in_child=self._leave_to_parent)

    @property
    def is_foreign(self) -> bool:
        """Whether this is a forked child, which must not speak for its parent."""
        return getpid() != self._pid

    def replace_lost(self) -> None:
        """Where a cell has taken the descriptor away, connect anew before anything is said (GATE9).

        Never raises. What the lost connection permitted is over, for nobody heard what came since.
        """
        lost = self._connection
        if lost is None or lost.is_ours():
            return
        try:
            self._connect(lost)
        except Exception:
            with self._lock:
                if self._connection is lost:
                    self._go_down()  # the next who comes here tries again

    def starts_at_once(self, holding: Holding) -> bool:
        """Whether a claim would be granted as it is made: held to nothing (GATE6)."""
        return self._state == "up" and self._may_start and not holding.claim["sources"]

    def claim(self, holding: Holding) -> bool:
        """Ask for a grant; False where nobody answers and the cell shall not wait (GATE5).

        Where the claim is granted when this returns, the cell starts at once (GATE6).
        """
        with self._lock:
            self._holdings[holding.id] = holding
            expected = self._state == "up" or (self._state == "greeting" and self._hopeful)
            if not expected and self.failure == "open":
                holding.grant()
                return False
            if self._state == "up":
                if self.starts_at_once(holding):
                    holding.grant(UNHELD)
                self._tell(holding)
            return True

    def listen(self, holding: Holding, timeout_s: float) -> None:
        """Read the answer to a claim in the thread that waits for it, if it comes this soon.

        Handing it over from the reading thread would cost two more switches of
        threads. That thread wakes up too, but finds nothing left to read.
        """
        self.replace_lost()
        connection = self._connection
        if connection is None or not self._reading.acquire(timeout=READING_MAX_S):
            return
        try:
            if holding.mailbox.is_empty() and connection.is_readable(timeout_s):
                self._read(connection)
        except Exception:
            with self._lock:
                if self._connection is connection:
                    self._hang_up()
        finally:
            self._reading.release()

    def cancel(self, holding: Holding) -> None:
        """Give a waiting claim up. Idempotent."""
        self._end(holding, {"type": "cancel", "id": holding.id})

    def release(self, holding: Holding, outcome: str, cpu_seconds: float) -> None:
        """The cell has ended. Idempotent; waits for nothing."""
        message = {"type": "release", "id": holding.id, "outcome": outcome}
        self._end(holding, {**message, "cpuSeconds": round(cpu_seconds, 6)})

    def forget(self, holding: Holding) -> None:
        """The sidecar has ended it: nothing is left to tell. Idempotent."""
        with self._lock:
            self._holdings.pop(holding.id, None)

    def give_up(self, holding: Holding) -> None:
        """Nothing was heard for too long: the sidecar hangs. Drop the connection."""
        with self._lock:
            self._hopeful = False
            if holding.granted is None and self.failure == "open":
                holding.grant()
            self._hang_up()

    def _end(self, holding: Holding, message: Message) -> None:
        self.replace_lost()
        with self._lock:
            if holding.id not in self._holdings or holding.ending:
                return
            if self._state == "down" and holding.is_news(self._holdings.values()):
                holding.ending = message
            elif self._holdings.pop(holding.id).told:
                self._send(message)

    def _tell(self, holding: Holding) -> None:
        holding.tell()
        started = {} if holding.granted is None else {"started": True}
        self._send({"type": "claim", **started, **holding.claim})

    def _send(self, message: Message) -> None:
        """Send without ever blocking; the lock is held."""
        if self._state == "greeting":
            self._backlog.append(message)
            if len(self._backlog) > BACKLOG_MAX:
                self._hang_up()
        elif self._state == "up" and self._connection is not None:
            try:
                self._connection.send(message)
            except OSError:
                # A full buffer, a dead peer or a lost descriptor: one remedy for all. Half a line
                # cannot be taken back; the next hello tells the truth anew.
                self._hang_up()

    def _hang_up(self) -> None:
        """End the connection; the reading thread notices and connects again."""
        self._state = "down"
        if self._connection is not None:
            self._connection.end()

    def _leave_to_parent(self) -> None:
        """In a forked child: the connection belongs to the parent."""
        if self._connection is not None:
            self._connection.close()

    def _stay_connected(self) -> None:
        self.thread_id = threading.get_native_id()
        backoff_s = BACKOFF_MIN_S
        while True:
            welcomed = self._connect_and_read()
            backoff_s = BACKOFF_MIN_S if welcomed else min(backoff_s * 2, BACKOFF_MAX_S)
            sleep(backoff_s)

    def _connect_and_read(self) -> bool:
        """One connection, and those in its place, to the end; whether the last was welcomed."""
        connection: Connection | None = None
        try:
            while True:
                connection = self._connect(connection)
                with suppress(LostDescriptorError):
                    while True:
                        connection.wait()
                        with self._reading:
                            self._read(connection)
        except Exception:
            pass  # none there, no descriptor left, no protocol spoken: this thread must go on
        return self._close(connection)

    def _connect(self, before: Connection | None) -> Connection:
        """What takes the place of ``before``, none or lost: made here, unless somebody has."""
        if self._connection is before:
            fresh = Connection(self._path)
            with self._lock:
                hello = self._greeting(fresh) if self._connection is before else None
            if hello is not None:
                fresh.greet(hello)
                return fresh
            fresh.close()
        successor = self._connection
        if successor is None:
            raise ConnectionResetError("it is over by now")
        return successor

    def _greeting(self, fresh: Connection) -> Message:
        """The hello that this connection begins with; the lock is held."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._state = fresh, "greeting"
        self._backlog, self._may_start = [], False
        return hello_of(self._process, [it.told_in_hello() for it in self._holdings.values()])

    def _read(self, connection: Connection) -> None:
        """Act on what has arrived. The reading lock is held."""
        for message in connection.receive():
            if connection is self._connection:  # else it was said to one that is lost
                self._receive(message)

    def _close(self, connection: Connection | None) -> bool:
        """The connection is over; whether it had been welcomed."""
        self.met.set()
        if connection is not None:
            connection.close()
        with self._lock:
            if self._connection is connection:
                self._connection = None
                self._go_down()
        return connection is not None and connection.is_welcomed

    def _go_down(self) -> None:
        """There is no connection now; the lock is held."""
        self._state, self._hopeful = "down", False
        for holding in self._holdings.values():
            holding.lose(self.failure == "open")

    def _welcome(self, message: Message) -> None:
        if message.get("protocol") != PROTOCOL:
            raise ValueError(f"a sidecar that speaks version {message.get('protocol')}")
        with self._lock:
            if self._state != "greeting" or self._connection is None:
                return
            self._state = "up"
            self._connection.is_welcomed = self._hopeful = self.welcomed_once = True
            self.refusal = None
            self.failure = "closed" if message.get("failure") == "closed" else "open"
            backlog, self._backlog = self._backlog, []
            for it in backlog:
                self._send(it)
            for holding in list(self._holdings.values()):
                if holding.ending:
                    del self._holdings[holding.id]
                    self._send(holding.ending)
                elif not holding.told and holding.granted is None:
                    self._tell(holding)
        self.met.set()
        self._listener.welcomed()

    def _receive(self, message: Message) -> None:
        """Act on one message."""
        kind = message.get("type")
        if kind == "welcome":
            self._welcome(message)
        elif kind == "standing":
            self._may_start = message.get("isGiven") is True
        elif kind == "free":
            self._listener.free()
        elif kind == "problem" and self._state == "greeting":
            self.refusal = str(message.get("message"))
            raise ConnectionRefusedError(self.refusal)  # it will answer no claim of ours either
        else:
            with self._lock:
                holding = self._holdings.get(str(message.get("id")))
                act = holding.answer(message, self._listener) if holding else None
            if act is not None:
                act()
