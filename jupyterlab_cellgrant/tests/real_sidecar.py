"""The real, bundled sidecar as a test's own process, in a directory of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupyterlab_cellgrant
from jupyterlab_cellgrant.node_runtime import find_node

from ..node_runtime import find_node

BUNDLE = Path(jupyterlab_cellgrant.__file__).parent / "sidecar" / "main.cjs"


def node_path() -> str:
    """The Node that the product would run the bundle with."""
    return find_node().path


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class RealSidecar:
    """One sidecar; start it, ask it, kill it, stop it."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None
        self.tier = ""

    def start(self) -> RealSidecar:
        """Start it and wait until it is ready."""
        command = [node_path(), str(BUNDLE), "--dir", str(self.directory), "--with-parent"]
        self.process = subprocess.Popen(
            [*command, *self.options], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        line = self.process.stdout.readline()
        assert line, f"the sidecar did not start: exit code {self.process.wait()}"
        self.tier = json.loads(line)["tier"]
        return self

    def get(self, path: str) -> Any:
        """The JSON at a path of the API."""
        connection = _UnixConnection(self.directory / "api.sock")
        try:
            connection.request("GET", f"/api/v1/{path}")
            response = connection.getresponse()
            body = json.loads(response.read())
            assert response.status == 200, body
            return body
        finally:
            connection.close()

    def claims(self, state: str) -> list[dict[str, Any]]:
        """The claims in this state, in the order of the snapshot."""
        return [it for it in self.get("snapshot")["claims"] if it["state"] == state]

    def wait_for(self, condition: Callable[[dict], bool], timeout_s: float = 20) -> dict[str, Any]:
        """The first snapshot that fulfils the condition."""
        end = time.monotonic() + timeout_s
        while True:
            snapshot = self.get("snapshot")
            if condition(snapshot):
                return snapshot
            assert time.monotonic() < end, f"never came true: {json.dumps(snapshot, indent=1)}"
            time.sleep(0.02)

    def wait_for_claims(self, **counts: int) -> dict[str, Any]:
        """The first snapshot with exactly these numbers of claims per state."""

        def holds(snapshot: dict[str, Any]) -> bool:
            states = [it["state"] for it in snapshot["claims"]]
            return all(states.count(state) == count for state, count in counts.items())

        return self.wait_for(holds)

    def kill(self) -> None:
        """End it without warning."""
        self.process.kill()
        self.close()

    def freeze(self) -> None:
        """Let it hang."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.process.pid, signal.SIGCONT)

    def close(self) -> None:
        """Stop it gracefully, if it still runs. Idempotent."""
        if self.process is not None:
            if self.process.poll() is None:
                self.thaw()
            self.process.stdin.close()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
            self.process = None
