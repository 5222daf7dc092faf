"""The gate's connection to the sidecar, and what this kernel holds."""

from __future__ import annotations

import os
import threading

# By name, not by module: a cell may replace what modules hold (gevent, mocks), not what we hold.
from socket import AF_UNIX, MSG_DONTWAIT, SHUT_RDWR, SOCK_STREAM, socket
from time import sleep
from typing import Callable

from .holding import Holding
from .listener import Listener
from .peer import check_peer, is_readable
from .wire import LINE_BYTES_MAX, PROTOCOL, SILENCE_MAX_S, UNHELD, Lines, Message, encode, hello_of

BACKOFF_MIN_S = 0.05
# A restarted sidecar knows the truth within 2 s; this is the longest it has to wait for us.
BACKOFF_MAX_S = 1.0
# What is sent between hello and welcome is kept for later; more than this is not.
BACKLOG_MAX = 256


class Link:
    """Keeps up the connection, and every claim's state in step with it.

    The states of the connection are ``down``, ``greeting`` (hello is said, no
    welcome yet) and ``up``. A thread of its own connects and reads; claims are
    sent by the thread that makes them, which may also read for a moment (see
    ``listen``). One lock guards holdings and sending, so that what ``hello``
    tells is never out of step with the lines around it; another one reading.
    """

    def __init__(self, path: str, process: Message, failure: str, listener: Listener) -> None:
        self.failure = failure
        self._path = path
        self._process = process
        self._listener = listener
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._holdings: dict[str, Holding] = {}
        self._socket: socket | None = None
        self._state = "greeting"
        # Whether cells that ask for nothing may start before the sidecar hears of them.
        self._may_start = False
        # Whether a sidecar is expected to answer: a cell then waits for the welcome.
        self._hopeful = True
        self._backlog: list[Message] = []
        self._was_up = False
        self.welcomed_once = False
        self.met = threading.Event()  # set once a sidecar has answered, or cannot be met
        # Why the sidecar will not have this kernel; None where it has not said so.
        self.refusal: str | None = None
        self._pid = os.getpid()
        self.thread_id = 0  # of the thread that reads, once it runs, as the system counts

    def start(self) -> None:
        """Connect, and stay connected for as long as the process lives."""
        thread = threading.Thread(target=self._stay_connected, name="Cellgrant", daemon=True)
        # The debugger must neither stop nor trace it (ipykernel marks its own threads so).
        thread.pydev_do_not_trace = True  # type: ignore[attr-defined]
        thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]
        thread.start()
        os.register_at_fork(after_in_child=self._leave_to_parent)

    @property
    def is_foreign(self) -> bool:
        """Whether this is a forked child, which must not speak for its parent."""
        return os.getpid() != self._pid

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
        connection = self._socket
        if connection is None or not self._reading.acquire(blocking=False):
            return  # another thread reads, and will put it into the mailbox
        try:
            if holding.mailbox.is_empty() and is_readable(connection, timeout_s):
                self._read(connection)
        except Exception:
            with self._lock:
                if self._socket is connection:
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
        elif self._state == "up" and self._socket is not None:
            data = encode(message)
            try:
                if self._socket.send(data, MSG_DONTWAIT) == len(data):
                    return
            except OSError:
                pass  # a full buffer or a dead peer: one remedy for both, below
            # Half a line cannot be taken back; the next hello tells the truth anew.
            self._hang_up()

    def _hang_up(self) -> None:
        """End the connection; the reading thread notices and connects again."""
        self._state = "down"
        if self._socket is not None:
            try:
                self._socket.shutdown(SHUT_RDWR)
            except OSError:
                return  # the peer was faster

    def _leave_to_parent(self) -> None:
        """In a forked child: the connection belongs to the parent."""
        if self._socket is not None:
            self._socket.close()

    def _stay_connected(self) -> None:
        self.thread_id = threading.get_native_id()
        backoff_s = BACKOFF_MIN_S
        while True:
            welcomed = self._connect_and_read()
            backoff_s = BACKOFF_MIN_S if welcomed else min(backoff_s * 2, BACKOFF_MAX_S)
            sleep(backoff_s)

    def _connect_and_read(self) -> bool:
        """One connection, from its beginning to its end; whether it was welcomed."""
        try:
            with socket(AF_UNIX, SOCK_STREAM) as connection:
                connection.settimeout(SILENCE_MAX_S)
                connection.connect(self._path)
                check_peer(connection)
                self._greet(connection)
                is_open = True
                # One that takes hellos, but answers none, is given up.
                while is_open and is_readable(
                    connection, None if self._state == "up" else SILENCE_MAX_S
                ):
                    with self._reading:
                        is_open = self._read(connection)
        except Exception:
            pass  # none there, no descriptor left, no protocol spoken: this thread must go on
        return self._close()

    def _read(self, connection: socket) -> bool:
        """Act on what has arrived; False at the end. The reading lock is held."""
        try:
            data = connection.recv(LINE_BYTES_MAX, MSG_DONTWAIT)
        except BlockingIOError:
            return True  # another thread has read it
        for message in self._lines.feed(data):
            self._receive(message)
        return bool(data)

    def _greet(self, connection: socket) -> None:
        with self._lock:
            self._socket = connection
            self._lines = Lines()
            self._state = "greeting"
            self._backlog = []
            self._may_start = False
            holdings = list(self._holdings.values())
            for holding in holdings:
                holding.tell()
            data = encode(hello_of(self._process, [it.as_message() for it in holdings]))
        connection.sendall(data)
        connection.settimeout(None)

    def _close(self) -> bool:
        """The connection is over; whether it had been welcomed."""
        self.met.set()
        with self._lock:
            was_up, self._was_up = self._was_up, False
            self._socket = None
            self._state = "down"
            self._hopeful = False
            for holding in self._holdings.values():
                holding.told = False
                # What a sidecar knew may go on with its successor; who never reached one goes.
                if not holding.told_once and self.failure == "open":
                    holding.go_alone()
            return was_up

    def _welcome(self, message: Message) -> None:
        if message.get("protocol") != PROTOCOL:
            raise ValueError(f"a sidecar that speaks version {message.get('protocol')}")
        with self._lock:
            if self._state != "greeting" or self._socket is None:
                return
            self._state = "up"
            self._was_up = self._hopeful = self.welcomed_once = True
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
            return self._welcome(message)
        if kind == "standing":
            self._may_start = message.get("isGiven") is True
            return None
        if kind == "free":
            return self._listener.free()
        if kind == "problem" and self._state == "greeting":
            self.refusal = str(message.get("message"))
            raise ConnectionRefusedError(self.refusal)  # it will answer no claim of ours either
        with self._lock:
            holding = self._holdings.get(str(message.get("id")))
            act = self._answer(kind, holding, message) if holding else None
        if act is not None:
            act()
        return None

    def _answer(
        self, kind: object, holding: Holding, message: Message
    ) -> Callable[[], None] | None:
        """Note an answer to a claim; what remains to be done without the lock."""
        grant = message.get("grant")
        if kind == "granted" and holding.granted is None and isinstance(grant, dict):
            holding.grant(grant)
        elif kind == "changed" and holding.granted is not None and isinstance(grant, dict):
            holding.granted = grant
            return lambda: self._listener.changed(holding)
        elif kind == "interrupt":
            return lambda: self._listener.interrupt(holding, str(message.get("message")))
        elif kind not in ("waiting", "refused") or holding.granted is not None:
            return None
        return lambda: holding.mailbox.put(message)
