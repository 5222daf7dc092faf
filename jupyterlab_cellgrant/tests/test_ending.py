"""How a Jupyter server ends that was asked to while it works."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading

from .jupyter_api import WITHIN_S
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


# A thread that begins its work when the server has been asked to end already, as another
# extension's may, and is not done when the event loop stops.
LATE = """
import asyncio, threading
from anyio.to_thread import run_sync
from jupyterlab_cellgrant.ending import end_workers_with_main_thread

def work():
    loop.call_soon_threadsafe(loop.stop)
    threading.main_thread().join()

loop = asyncio.new_event_loop()
end_workers_with_main_thread()
task = loop.create_task(run_sync(work))
loop.run_forever()
"""


def test_nor_does_work_that_began_later() -> None:
    """Whatever waits for the end of the main thread is told to end then, and not before."""
    subprocess.run([sys.executable, "-c", LATE], check=True, timeout=WITHIN_S, capture_output=True)
