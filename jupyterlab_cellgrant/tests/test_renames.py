"""Notebooks that get another name while their kernel runs."""

from __future__ import annotations

import json
import os
import signal

from ..commands.output import UNBOUNDED, text_of
from ..commands.status import parts_of
from .real_server import RealServer, eventually


def test_a_renamed_notebook_is_called_by_its_new_name(server: RealServer) -> None:
    """[UI1] Everybody who is told what a kernel holds reads the name that its notebook has now."""

    def named(path: str) -> bytes:
        model = {"path": path, "name": path, "type": "notebook", "kernel": {}}
        return json.dumps(model).encode()

    def names() -> list[str]:
        return [it["name"] for it in server.api("holders").body]

    session = server.ask("/api/sessions", "POST", named("Untitled.ipynb")).body
    eventually(lambda: names() == ["Untitled.ipynb"])
    # Its gate, too, told the name that it was started with, and tells it each time it connects.
    server.run_cell(session["kernel"]["id"], "1", {})
    server.ask(f"/api/sessions/{session['id']}", "PATCH", named("train.ipynb"))
    eventually(lambda: names() == ["train.ipynb"])
    shown = text_of(parts_of(server.api("snapshot").body), UNBOUNDED)
    assert "train.ipynb" in shown
    assert "Untitled.ipynb" not in shown
    # What is shown at once is on the disk a moment later.
    file = server.sidecar_dir / "kernels.json"
    eventually(lambda: "train.ipynb" in file.read_text())
    pid = eventually(server.sidecar_pid)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: server.sidecar_pid() != pid)
    server.run_cell(session["kernel"]["id"], "1", {})
    eventually(lambda: server.api("holders").status == 200 and names() == ["train.ipynb"])
    server.ask(f"/api/sessions/{session['id']}", "DELETE")
