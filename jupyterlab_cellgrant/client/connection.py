"""One connection to the sidecar, by a descriptor that a cell may close."""

from __future__ import annotations

# By name, not by module: a cell may replace a module's attributes (gevent, mocks), not ours.
from os import fstat, register_at_fork
from select import POLLIN, poll
from socket import (
    AF_UNIX,
    MSG_DONTWAIT,
    MSG_PEEK,
    SHUT_RDWR,
    SO_RCVTIMEO,
    SOCK_STREAM,
    SOL_SOCKET,
    socket,
)
from struct import pack
from weakref import WeakSet

from .peer import check_peer
from .wire import (
    LINE_BYTES_MAX,
    SILENCE_MAX_S,
    SILENCE_PART_S,
    SILENCE_PARTS,
    Lines,
    Message,
    encode,
)

# How often a waiting thread checks whether its descriptor was closed. Each claim, wait and end
# of a cell checks, too: this covers the time between, at no noticeable cost for fifty idle kernels.
LOOK_S = 30.0

# A number that Linux assigns each socket once (``asm-generic/socket.h``); Python does not name it.
SO_COOKIE = 57


class LostDescriptorError(ConnectionError):
    """This connection's descriptor has been closed, or reused by another file."""


class Connection:
    """Messages to and from the sidecar.

    A cell can close the descriptors of its process by number, and its next files get the
    same numbers: what we then wrote would arrive in its own file or socket (GATE9). So before
    every use we check that the number is still this socket's. If Linux can report that, no other
    Python thread runs between the check and the call that follows; what remains is a thread
    that is between system calls of its own at that very moment.
    """

    def __init__(self, path: str) -> None:
        """Connect; OSError if nobody listens, nobody trusted does, or no descriptor is free."""
        self.is_welcomed = False
        self._lines = Lines()
        self._socket = socket(AF_UNIX, SOCK_STREAM)
        self._mark = _mark_of(self._socket)
        _connections.add(self)
        try:
            self._socket.settimeout(SILENCE_MAX_S)
            self._socket.connect(path)
            check_peer(self._socket)
        except BaseException:
            self.close()
            raise

    def is_ours(self) -> bool:
        """Whether the descriptor is still this connection's."""
        try:
            return _mark_of(self._socket) == self._mark
        except OSError:
            return False

    def greet(self, hello: Message) -> None:
        """Send hello; OSError if that is not possible in time."""
        self._own().sendall(encode(hello))
        self._own().settimeout(None)

    def send(self, message: Message) -> None:
        """Send without ever blocking; OSError if not all of it could be sent."""
        data = encode(message)
        if self._own().send(data, MSG_DONTWAIT) < len(data):
            raise BlockingIOError("a full buffer")

    def is_readable(self, timeout_s: float) -> bool:
        """Whether there is something to read, or the end, within this time."""
        poller = poll()
        poller.register(self._own(), POLLIN)
        return bool(poller.poll(timeout_s * 1000))

    def wait(self) -> None:
        """Wait until something has arrived, or the end; OSError if hello is not answered.

        Nothing reports a lost descriptor meanwhile, so it is checked now and then.
        """
        silent_parts = 0
        while not self._has_come(LOOK_S if self.is_welcomed else SILENCE_PART_S):
            silent_parts += 1
            if not self.is_welcomed and silent_parts >= SILENCE_PARTS:
                raise TimeoutError("it accepts connections, but answers no hello")

    def _has_come(self, timeout_s: float) -> bool:
        """As ``is_readable``, but once it waits, the descriptor's fate no longer matters: a poll
        looks the number up each time it wakes, and would not see that the sidecar hung up."""
        whole, part = divmod(timeout_s, 1)
        limit = pack("ll", int(whole), int(part * 1e6))
        self._own().setsockopt(SOL_SOCKET, SO_RCVTIMEO, limit)
        try:
            self._own().recv(1, MSG_PEEK)
        except BlockingIOError:
            return False
        return True

    def receive(self) -> list[Message]:
        """What has arrived, if anything; EOFError at the end, ValueError if it is not a message."""
        try:
            data = self._own().recv(LINE_BYTES_MAX, MSG_DONTWAIT)
        except BlockingIOError:
            return []  # another thread has read it
        if not data:
            raise EOFError("the sidecar closed the connection")
        return self._lines.feed(data)

    def end(self) -> None:
        """Shut it down for both sides; its reader notices. Idempotent."""
        try:
            self._own().shutdown(SHUT_RDWR)
        except OSError:
            return  # the peer was faster

    def close(self) -> None:
        """Close the descriptor; one that is no longer ours is left alone. Idempotent."""
        if self.is_ours():
            self._socket.close()
        else:
            # Python would close the number when it collects the socket.
            self._socket.detach()

    def _own(self) -> socket:
        """The socket, for one immediate call."""
        if not self.is_ours():
            raise LostDescriptorError
        return self._socket


_connections: WeakSet[Connection] = WeakSet()


def _leave_to_parent() -> None:
    """In a forked child: every connection belongs to the parent, including one being created."""
    for connection in list(_connections):
        connection.close()


register_at_fork(after_in_child=_leave_to_parent)


def _mark_of(it: socket) -> object:
    """An identity that no other open file has; OSError if the descriptor is closed."""
    try:
        # Python keeps the GIL during this call, so no other Python thread runs in between.
        return it.getsockopt(SOL_SOCKET, SO_COOKIE, 8)
    except OSError:
        status = fstat(it.fileno())  # no longer a socket, or a system without such a number
        return status.st_dev, status.st_ino
