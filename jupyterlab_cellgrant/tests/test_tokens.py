"""A kernel is known by a token that only it and its launcher know."""

from __future__ import annotations

import json
import socket
from typing import Any

from ..client.holder import Holder
from ..client.wire import TOKEN_ENV
from .conftest import StartKernel
from .real_sidecar import RealSidecar
from .scripted_sidecar import ScriptedSidecar

# In the kernel, in a child of it, and in what is known of it from outside.
SEEN = f"""
import os, subprocess, sys
child = subprocess.run(
    [sys.executable, "-c", "import os; print(os.environ.get('{TOKEN_ENV}'))"],
    capture_output=True, text=True,
).stdout.strip()
print(os.environ.get("{TOKEN_ENV}"), child)
"""


def say(sidecar: RealSidecar, message: dict[str, Any]) -> dict[str, Any]:
    """What the sidecar answers to one line."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(sidecar.directory / "gate.sock"))
        connection.sendall(json.dumps(message).encode() + b"\n")
        return json.loads(connection.makefile("rb").readline())


async def test_what_a_kernel_starts_does_not_have_its_token(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel
) -> None:
    """[SEC6] Its launcher and its gate tell the same one, also after a restart."""
    notebook = await start_kernel()
    message_id = notebook.submit(SEEN)
    await notebook.reply(message_id)
    assert notebook.text(message_id).split() == ["None", "None"]
    await notebook.manager.restart_kernel(now=True)
    scripted_sidecar.wait_for("hello", 2)
    tokens = [it["token"] for it in scripted_sidecar.heard if "token" in it]
    assert len(tokens) >= 6
    assert len(set(tokens)) == 1
    assert len(tokens[0]) == 32


async def test_another_process_cannot_speak_for_a_kernel(
    sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[SEC6] Not even one that the kernel itself started: its cell runs on."""
    notebook = await start_kernel()
    message_id = notebook.submit("import time; time.sleep(600)", {"cpus": 1})
    [claim] = sidecar.wait_for_claims(running=1)["claims"]
    [kernel] = sidecar.get("holders")
    forged = Holder("kernel", kernel["id"], "x", kernel["pid"]).facts()
    answer = say(sidecar, {"type": "hello", **forged, "holdings": []})
    assert (answer["type"], answer["code"]) == ("problem", "NOT_THIS_HOLDER")
    answer = say(sidecar, {"type": "ended", "holderId": kernel["id"]})
    assert (answer["type"], answer["code"]) == ("problem", "NOT_THIS_HOLDER")
    assert [it["id"] for it in sidecar.claims("running")] == [claim["id"]]
    await notebook.manager.interrupt_kernel()
    await notebook.reply(message_id)
