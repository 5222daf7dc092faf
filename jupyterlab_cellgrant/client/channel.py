"""A connection to the sidecar that survives its restarts and lost descriptors."""

from __future__ import annotations

import threading
from contextlib import suppress

# By name, not by module: a cell may replace a module's attributes (gevent, mocks), not ours.
from os import getpid
from time import sleep
from typing import Callable

from .connection import Connection, LostDescriptorError
from .wire import Message

BACKOFF_MIN_S = 0.05
# A restarted sidecar knows all holders within 2 s; this is the longest that it waits for us.
BACKOFF_MAX_S = 1.0
# What is sent between hello and welcome is queued, up to this many messages.
BACKLOG_MAX = 256
# A reading thread finishes within this time; a thread waiting for it waits no longer.
READING_MAX_S = 0.1


class Peer:
    """The user of a channel: what the channel requests from it and reports to it."""

    def greeting(self) -> Message:
        """The hello that starts a connection; the lock is held."""
        raise NotImplementedError

    def receive(self, message: Message) -> None:
        """Something has arrived. An exception raised here ends the connection."""

    def lost(self) -> None:
        """There is no connection now; the lock is held."""


class Channel:
    """Connects, and connects again.

    Its states are ``down``, ``greeting`` (hello sent, no welcome yet) and ``up``. A thread of
    its own connects and reads; a thread waiting for an answer may briefly read, too (see
    ``listen``). ``lock`` guards the state and sending, so that the content of ``hello`` is always
    consistent with the lines around it; another lock guards reading.

    Whoever notices a lost descriptor reconnects. The reading thread may still block in a
    call on the old one, which the sidecar ends: after the new hello it closes the old connection.
    """

    def __init__(self, path: str, peer: Peer) -> None:
        self.lock = threading.Lock()
        self.state = "greeting"
        # Whether a sidecar is expected to answer: a claim then waits for the welcome.
        self.is_hopeful = True
        self.met = threading.Event()  # set once a sidecar has answered, or cannot be reached
        self.thread_id = 0  # native id of the reading thread, once it runs
        self._path = path
        self._peer = peer
        self._reading = threading.Lock()
        self._connection: Connection | None = None
        self._backlog: list[Message] = []
        self._is_closed = False
        self._pid = getpid()

    def start(self) -> None:
        """Connect, and stay connected until ``close`` or as long as the process lives."""
        thread = threading.Thread(target=self._stay_connected, name="Cellgrant", daemon=True)
        # The debugger must neither stop nor trace it (ipykernel marks its own threads like this).
        thread.pydev_do_not_trace = True  # type: ignore[attr-defined]
        thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]
        thread.start()

    def close(self) -> None:
        """End the connection for good; in a fork the parent's is closed. Idempotent."""
        if self.is_foreign:
            return  # the thread that held the lock at the fork does not exist here to release it
        with self.lock:
            self._is_closed = True
            self.hang_up()

    @property
    def is_foreign(self) -> bool:
        """Whether this is a forked child, which must not speak for its parent."""
        return getpid() != self._pid

    def send(self, message: Message) -> None:
        """Send without ever blocking; the lock is held."""
        if self.state == "greeting":
            self._backlog.append(message)
            if len(self._backlog) > BACKLOG_MAX:
                self.hang_up()
        elif self.state == "up" and self._connection is not None:
            try:
                self._connection.send(message)
            except OSError:
                # A full buffer, a dead peer or a lost descriptor: one remedy. A partial line
                # cannot be taken back; the next hello states everything anew.
                self.hang_up()

    def listen(self, is_wanted: Callable[[], bool], timeout_s: float) -> None:
        """Read in the thread that waits for an answer, if one comes this soon and is still wanted.

        Handing it over from the reading thread would cost two more thread
        switches. That thread wakes up too, but finds nothing left to read.
        """
        self.replace_lost()
        connection = self._connection
        if connection is None or not self._reading.acquire(timeout=READING_MAX_S):
            return
        try:
            if is_wanted() and connection.is_readable(timeout_s):
                self._read(connection)
        except Exception:
            with self.lock:
                if self._connection is connection:
                    self.hang_up()
        finally:
            self._reading.release()

    def replace_lost(self) -> None:
        """If a cell has closed our descriptor, reconnect before anything is sent (GATE9).

        Never raises. Permissions of the lost connection end, as later messages were missed.
        """
        lost = self._connection
        if lost is None or self.is_foreign or lost.is_ours():
            return
        try:
            self._connect(lost)
        except Exception:
            with self.lock:
                if self._connection is lost:
                    self._go_down()  # the next caller tries again

    def welcome(self) -> bool:
        """The sidecar answered the hello; queued messages are sent. False if this was no
        answer to one. The lock is held."""
        if self.state != "greeting" or self._connection is None:
            return False
        self.state = "up"
        self._connection.is_welcomed = self.is_hopeful = True
        backlog, self._backlog = self._backlog, []
        for it in backlog:
            self.send(it)
        return True

    def hang_up(self) -> None:
        """End the connection; the reading thread notices and reconnects. The lock is held."""
        self.state = "down"
        if self._connection is not None:
            self._connection.end()

    def _stay_connected(self) -> None:
        self.thread_id = threading.get_native_id()
        backoff_s = BACKOFF_MIN_S
        while not self._is_closed:
            welcomed = self._connect_and_read()
            backoff_s = BACKOFF_MIN_S if welcomed else min(backoff_s * 2, BACKOFF_MAX_S)
            sleep(backoff_s)

    def _connect_and_read(self) -> bool:
        """Run one connection, and its replacements, to the end; whether the last was welcomed."""
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
            pass  # no sidecar, no free descriptor, or no protocol spoken: this thread must go on
        return self._close(connection)

    def _connect(self, before: Connection | None) -> Connection:
        """The replacement of ``before``, none or lost: created here, unless another thread has."""
        if self._is_closed:
            raise ConnectionAbortedError("it was closed from this side")
        if self._connection is before:
            fresh = Connection(self._path)
            with self.lock:
                is_next = self._connection is before and not self._is_closed
                hello = self._greeting(fresh) if is_next else None
            if hello is not None:
                fresh.greet(hello)
                return fresh
            fresh.close()
        successor = self._connection
        if successor is None:
            raise ConnectionResetError("it is over by now")
        return successor

    def _greeting(self, fresh: Connection) -> Message:
        """The hello that starts this connection; the lock is held."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self.state = fresh, "greeting"
        self._backlog = []
        return self._peer.greeting()

    def _read(self, connection: Connection) -> None:
        """Act on what has arrived. The reading lock is held."""
        for message in connection.receive():
            if connection is self._connection:  # else it belongs to a lost connection
                self._peer.receive(message)

    def _close(self, connection: Connection | None) -> bool:
        """The connection has ended; returns whether it had been welcomed."""
        self.met.set()
        if connection is not None:
            connection.close()
        with self.lock:
            if self._connection is connection:
                self._connection = None
                self._go_down()
        return connection is not None and connection.is_welcomed

    def _go_down(self) -> None:
        """There is no connection now; the lock is held."""
        self.state, self.is_hopeful = "down", False
        self._peer.lost()
