"""A gate and a sidecar of different versions of the protocol, as after an upgrade."""

from __future__ import annotations

import time

import pytest

from jupyterlab_cellgrant.client.link import OTHER_VERSION
from jupyterlab_cellgrant.client.wire import PROTOCOL, SILENCE_MAX_S
from jupyterlab_cellgrant.kernel import notices

from .conftest import StartKernel
from .scripted_sidecar import Message, ScriptedSidecar, grant_everything

OTHER_VERSIONS = {
    "welcomes": {"type": "welcome", "protocol": PROTOCOL - 1, "tier": "none", "failure": "open"},
    "objects": {"type": "problem", "code": "LINE_INVALID", "message": "what is that?"},
}
"""What sidecars of other versions answer to a hello."""


@pytest.mark.parametrize("hello", OTHER_VERSIONS.values(), ids=OTHER_VERSIONS)
async def test_sidecar_of_another_version(
    scripted_sidecar: ScriptedSidecar, start_kernel: StartKernel, hello: Message
) -> None:
    """[GATE11] As after an upgrade: cells run at once, and are told once what to do."""
    scripted_sidecar.answer = lambda it: [hello] if it["type"] == "hello" else grant_everything(it)
    notebook = await start_kernel()
    for notice in (f"{notices.REFUSED.format(why=OTHER_VERSION)}\n", ""):
        began = time.monotonic()
        message_id = notebook.submit("x = 1")
        assert (await notebook.reply(message_id))["status"] == "ok"
        assert notebook.text(message_id) == notice
        assert time.monotonic() - began < SILENCE_MAX_S
    scripted_sidecar.answer = grant_everything
    while not scripted_sidecar.all("claim"):
        assert (await notebook.run("x = 1"))["status"] == "ok"
