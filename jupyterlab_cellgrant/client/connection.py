"""One connection to the sidecar, by a descriptor that is ours only while nobody takes it away."""

from __future__ import annotations

# By name, not by module: a cell may replace what modules hold (gevent, mocks), not what we hold.
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

# So often who waits looks whether its descriptor was taken away. Each claim, each wait and each
# end of a cell looks, too: this is for what lies between, and fifty idle kernels do not feel it.
LOOK_S = 30.0

# A number that Linux gives each socket once (``asm-generic/socket.h``); Python has no name for it.
SO_COOKIE = 57


class LostDescriptorError(ConnectionError):
    """The number that was this connection's is nobody's, or somebody else's, by now."""


class Connection:
    """Messages to and from the sidecar.

    A cell can close the descriptors of its process by number, and what it opens next gets the
    same numbers: what we then wrote would arrive in its own file or socket (GATE9). So before
    every use it is asked whether the number still is this socket's. Where Linux tells, no other
    thread of Python runs between the answer and the call that follows; what remains is a thread
    that is between system calls of its own at that very moment.
    """

    def __init__(self, path: str) -> None:
        """Connect; OSError where nobody listens, nobody trusted does, or no descriptor is left."""
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
        """Whether the descriptor still is this connection's."""
        try:
            return _mark_of(self._socket) == self._mark
        except OSError:
            return False

    def greet(self, hello: Message) -> None:
        """Say hello; OSError where that cannot be said in time."""
        self._own().sendall(encode(hello))
        self._own().settimeout(None)

    def send(self, message: Message) -> None:
        """Say something without ever blocking; OSError where not all of it could be said."""
        data = encode(message)
        if self._own().send(data, MSG_DONTWAIT) < len(data):
            raise BlockingIOError("a full buffer")

    def is_readable(self, timeout_s: float) -> bool:
        """Whether there is something to read, or the end, within this time."""
        poller = poll()
        poller.register(self._own(), POLLIN)
        return bool(poller.poll(timeout_s * 1000))

    def wait(self) -> None:
        """Until something has arrived, or the end; OSError where hello is not answered.

        Meanwhile nobody tells that the descriptor is lost: so that is looked at now and then.
        """
        silent_parts = 0
        while not self._has_come(LOOK_S if self.is_welcomed else SILENCE_PART_S):
            silent_parts += 1
            if not self.is_welcomed and silent_parts >= SILENCE_PARTS:
                raise TimeoutError("it accepts connections, but answers no hello")

    def _has_come(self, timeout_s: float) -> bool:
        """As ``is_readable``, but once it waits, what becomes of the number matters no more: a poll
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
        """What has arrived, if anything; EOFError at the end, ValueError where it is no message."""
        try:
            data = self._own().recv(LINE_BYTES_MAX, MSG_DONTWAIT)
        except BlockingIOError:
            return []  # another thread has read it
        if not data:
            raise EOFError("the sidecar closed the connection")
        return self._lines.feed(data)

    def end(self) -> None:
        """End it for both sides; whoever reads it finds that. Idempotent."""
        try:
            self._own().shutdown(SHUT_RDWR)
        except OSError:
            return  # the peer was faster

    def close(self) -> None:
        """Let the descriptor go; one that is not ours any more is left alone. Idempotent."""
        if self.is_ours():
            self._socket.close()
        else:
            # Python would close the number when it collects the socket.
            self._socket.detach()

    def _own(self) -> socket:
        """The socket, for one call at once."""
        if not self.is_ours():
            raise LostDescriptorError
        return self._socket


_connections: WeakSet[Connection] = WeakSet()


def _leave_to_parent() -> None:
    """In a forked child: each connection belongs to the parent, also one that is being made."""
    for connection in list(_connections):
        connection.close()


register_at_fork(after_in_child=_leave_to_parent)


def _mark_of(it: socket) -> object:
    """What no other open file has; OSError where the descriptor is closed."""
    try:
        # Python keeps its lock over this call, so that no other thread of it comes in between.
        return it.getsockopt(SOL_SOCKET, SO_COOKIE, 8)
    except OSError:
        status = fstat(it.fileno())  # no socket any more, or a system without such a number
        return status.st_dev, status.st_ino
