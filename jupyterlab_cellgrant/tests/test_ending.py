"""How a Jupyter server ends that was asked to while it works."""

from __future__ import annotations

import contextlib
import threading

from .real_server import RealServer, eventually

# A server whose files are so slow that a request for one outlives the event loop.
SLOW_FILES = """
import pathlib, threading
from anyio.to_thread import run_sync
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

class SlowFiles(AsyncLargeFileManager):
    async def get(self, path, *args, **kwargs):
        if path.strip("/") != "slow":
            return await super().get(path, *args, **kwargs)
        await run_sync(self.wait_for_the_end)

    def wait_for_the_end(self):
        pathlib.Path(self.root_dir, "asked").touch()
        threading.main_thread().join()

c.ServerApp.contents_manager_class = SlowFiles
"""


def test_a_request_in_flight_does_not_keep_a_server_that_was_asked_to_end() -> None:
    """Jupyter alone waits for ever: for a thread that waits for the request to be answered."""
    server = RealServer(config=SLOW_FILES)

    def ask() -> None:
        with contextlib.suppress(OSError):
            server.ask("/api/contents/slow")

    try:
        server.start()
        threading.Thread(target=ask, daemon=True).start()
        eventually((server.home / "asked").exists)
        assert server.end() == 0
    finally:
        server.stop()
