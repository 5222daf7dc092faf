"""A real Jupyter server as a test's own process, with the extension as it is installed."""

from __future__ import annotations

import contextlib
import http.cookiejar
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import websocket

from .jupyter_api import TOKEN, WITHIN_S, Answer, JupyterApi, send

PROGRAM = (sys.executable, "-m", "jupyter_server")
# Front ends make half of a start, and have tests of their own: test_wheel.py and ui-tests.
FRONT_ENDS = ("jupyterlab", "jupyter_lsp", "notebook", "notebook_shim")
WITHOUT_FRONT_ENDS = f"--ServerApp.jpserver_extensions={dict.fromkeys(FRONT_ENDS, False)}"
T = TypeVar("T")


def eventually(ask: Callable[[], T], within_s: float = WITHIN_S) -> T:
    """The first answer that is true; AssertionError where none is in time."""
    end = time.monotonic() + within_s
    while not (answer := ask()):
        assert time.monotonic() < end, f"never came true; last: {answer!r}"
        time.sleep(0.05)
    return answer


# Not of those that the kernel hands out to whoever asks, before a server has come to listen; each
# process of tests begins elsewhere.
_PORTS = itertools.count(10_000 + os.getpid() % 100 * 200)


def free_port() -> int:
    """A port that nobody listens on."""
    while True:
        port = next(_PORTS)
        with socket.socket() as it, contextlib.suppress(OSError):
            it.bind(("127.0.0.1", port))
            return port


class RealServer(JupyterApi):
    """One server with folders of its own; start it, ask it, stop it."""

    def __init__(
        self,
        *options: str,
        config: str = "",
        env: dict[str, str] | None = None,
        command: Sequence[str] = (*PROGRAM, WITHOUT_FRONT_ENDS),
    ) -> None:
        # Short, for the sockets.
        self.home = Path(tempfile.mkdtemp(prefix="cg-"))
        self.sidecar_dir = self.home / "s"
        super().__init__(free_port())
        self.log_path = self.home / "server.log"
        self._command = command
        self._options = options
        self._env = env or {}
        self._process: subprocess.Popen[bytes] | None = None
        config_dir = self.home / "config"
        config_dir.mkdir()
        (config_dir / "jupyter_server_config.py").write_text(config)

    @property
    def log(self) -> str:
        """All that the server has logged."""
        return self.log_path.read_text()

    def start(self) -> RealServer:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [*self._command, *self._flags()],
            cwd=self.home,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.log_path.open("ab"),
        )
        eventually(self._answers)
        return self

    def _flags(self) -> list[str]:
        return [
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            "--ServerApp.open_browser=False",
            f"--ServerApp.root_dir={self.home}",
            "--ServerApp.allow_root=True",
            *self._options,
        ]

    def _environment(self) -> dict[str, str]:
        return {
            **{name: it for name, it in os.environ.items() if not name.startswith("JUPYTER")},
            "HOME": str(self.home),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
            "JUPYTER_TOKEN": TOKEN,
            "CELLGRANT_DIR": str(self.sidecar_dir),
            "CELLGRANT_SCOPE": self.home.name,
            **self._env,
        }

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the server ended:\n{self.log}"
        try:
            return self.ask("/api/status").status == 200
        except OSError:
            return False

    def browser(self) -> Callable[..., Answer]:
        """Asks as a logged-in browser does: by cookies, with no token."""
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        opener.open(f"http://127.0.0.1:{self.port}/login?token={TOKEN}").close()
        assert any(it.name.startswith("username-") for it in jar)
        xsrf = next(it.value for it in jar if it.name == "_xsrf")

        def ask(path: str, method: str, body: bytes, with_xsrf: bool) -> Answer:
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.port}{path}", data=body, method=method
            )
            if with_xsrf:
                request.add_header("X-XSRFToken", str(xsrf))
            return send(opener, request)

        return ask

    def events(self) -> websocket.WebSocket:
        """A subscriber to the event bus, as every JupyterLab is one."""
        return websocket.create_connection(
            f"ws://127.0.0.1:{self.port}/api/events/subscribe?token={TOKEN}", timeout=WITHIN_S
        )

    def sidecar_pid(self) -> int | None:
        """The pid of the sidecar that this server started last, by its log."""
        found = re.findall(r"Cellgrant's sidecar runs \(pid (\d+)", self.log)
        return int(found[-1]) if found else None

    def hang_up(self) -> None:
        """Close the terminal that the server runs in."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)
        self._process.wait(WITHIN_S)

    def kill(self) -> None:
        """End the server without warning."""
        assert self._process is not None
        self._process.kill()

    def end(self) -> int | None:
        """End the server as whoever runs it would; its exit code, -9 where it had to be killed.
        Idempotent."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.terminate()
        try:
            return process.wait(WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def stop(self) -> None:
        """End the server and forget its folders. Idempotent."""
        self.end()
        shutil.rmtree(self.home, ignore_errors=True)
