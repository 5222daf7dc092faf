"""Two Jupyter servers of one user, whose directories are two."""

from __future__ import annotations

import json
import os

from .real_server import RealServer, eventually


def test_a_second_server_uses_the_sidecar_of_the_first() -> None:
    """[ENF11] Its kernels are told there, and it goes on with a sidecar of its own in that place."""
    env = {"CELLGRANT_SCOPE": os.urandom(8).hex()}
    first, second = RealServer(env=env), RealServer(env=env)
    try:
        first.start()
        eventually(first.sidecar_pid)
        second.start()
        eventually(lambda: second.api("node").status == 200)
        assert second.sidecar_pid() is None
        assert f"Cellgrant uses {first.sidecar_dir}" in second.log
        notebook = {"path": "a.ipynb", "name": "a.ipynb", "type": "notebook", "kernel": {}}
        answer = second.ask("/api/sessions", "POST", json.dumps(notebook).encode())
        kernel = answer.body["kernel"]["id"]
        assert second.run_cell(kernel, "print(6 * 7)", {}).strip() == "42"
        [known] = first.api("kernels").body
        assert (known["id"], known["gated"]) == (kernel, True)
        first.end()
        eventually(second.sidecar_pid)

        def kernels() -> list[str]:
            answer = second.api("kernels")
            return [it["id"] for it in answer.body if it["gated"]] if answer.status == 200 else []

        assert eventually(kernels) == [kernel]
    finally:
        second.stop()
        first.stop()
