"""Idle kernels, on a real server with the real sidecar."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket
from jupyter_client.manager import KernelManager

from .conftest import ipykernel_spec
from .real_server import TOKEN, RealServer, eventually

# Much of a CPU, as the machine of a test may be slow; the figures of idle kernels are 4 s old.
SPANS = "cull: {idle: 2 s, notice: 1 s, busy: 30%, keep: 1 h}\n"
BUSY_THREAD = "import threading\ndef work():\n    while True: pass\nthreading.Thread(target=work, daemon=True).start()"
POLL_S = 0.2


@pytest.fixture(scope="module")
def server() -> Iterator[RealServer]:
    """A server that culls."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "cellgrant.yaml"
        config.write_text(SPANS)
        it = RealServer(f"--Cellgrant.config_file={config}").start()
        eventually(lambda: it.api("node").status == 200)
        yield it
        it.stop()


def start(server: RealServer, name: str) -> str:
    """Start a kernel for a notebook; its id."""
    model = {"path": name, "name": name, "type": "notebook", "kernel": {}}
    return server.ask("/api/sessions", "POST", json.dumps(model).encode()).body["kernel"]["id"]


def kernels_of(server: RealServer) -> set[str]:
    return {it["id"] for it in server.ask("/api/kernels").body}


def until_culled(server: RealServer, kernel_id: str) -> None:
    eventually(lambda: kernel_id not in kernels_of(server))


def until_others_come_and_go(server: RealServer) -> None:
    """Let idle kernels be culled, one after another, for longer than a figure of use may be old."""
    for name in ("first.ipynb", "second.ipynb", "third.ipynb"):
        idle = start(server, name)
        server.run_cell(idle, "1", {})
        until_culled(server, idle)


def culled_of(server: RealServer, kernel_id: str) -> Any:
    return next(
        (it for it in server.api("snapshot").body.get("culled", []) if it["holderId"] == kernel_id),
        None,
    )


def end(server: RealServer, *kernel_ids: str) -> None:
    for kernel_id in kernel_ids:
        server.ask(f"/api/kernels/{kernel_id}", "DELETE")


@contextlib.contextmanager
def again_and_again(act: Callable[[], object]) -> Iterator[None]:
    """Something that is done by somebody meanwhile."""
    is_over = threading.Event()

    def repeat() -> None:
        while not is_over.wait(POLL_S):
            act()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@contextlib.contextmanager
def page_that_asks(server: RealServer, kernel_id: str, kind: str, **content: Any) -> Iterator[None]:
    """A page that is open, and sends such a request again and again."""
    channels = websocket.create_connection(
        f"ws://127.0.0.1:{server.port}/api/kernels/{kernel_id}/channels?token={TOKEN}"
    )
    channel = "control" if kind == "usage_request" else "shell"

    def ask() -> None:
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "s"}
        header |= {"username": "u", "version": "5.3"}
        message = {"header": header, "parent_header": {}, "metadata": {}}
        with contextlib.suppress(OSError, websocket.WebSocketException):
            channels.send(json.dumps({**message, "content": content, "channel": channel}))

    with again_and_again(ask):
        yield
    channels.close()


@pytest.mark.parametrize("asks", ["kernel_info_request", "usage_request", "comm_info_request"])
def test_a_page_that_is_open_keeps_no_kernel(server: RealServer, asks: str) -> None:
    """[CULL2, CULL3, CULL7] It is shut down, not killed, and told of: what pages ask is no use."""
    kernel_id = start(server, f"{asks}.ipynb")
    server.run_cell(kernel_id, "x = 1", {})
    with page_that_asks(server, kernel_id, asks):
        until_culled(server, kernel_id)
    culled = eventually(lambda: culled_of(server, kernel_id))
    assert culled["notebook"] == str(server.home / f"{asks}.ipynb")
    assert culled["memoryBytes"] > 0
    assert culled["atMs"] - culled["usedMs"] >= 3000
    assert f'culled kernel {kernel_id} ("{asks}.ipynb")' in server.log
    assert "restarting kernel" not in server.log


def test_background_work_keeps_a_kernel(server: RealServer) -> None:
    """[CULL3] A thread is at work: others that were started later go before it."""
    busy = start(server, "busy.ipynb")
    server.run_cell(busy, BUSY_THREAD, {})
    until_others_come_and_go(server)
    assert busy in kernels_of(server)
    end(server, busy)


def test_people_keep_a_kernel(server: RealServer) -> None:
    """[CULL3] Somebody completes code in one, and saves the notebook of another: others that were
    started later go before them."""
    typed, saved = start(server, "typed.ipynb"), start(server, "saved.ipynb")
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    model = json.dumps({"type": "notebook", "format": "json", "content": notebook}).encode()
    answers = set()

    def save() -> None:
        answers.add(server.ask("/api/contents/saved.ipynb", "PUT", model).status)

    completes = page_that_asks(server, typed, "complete_request", code="pri", cursor_pos=3)
    with completes, again_and_again(save):
        until_others_come_and_go(server)
        assert {typed, saved} <= kernels_of(server)
    assert answers <= {200, 201}
    for kernel_id in (typed, saved):
        until_culled(server, kernel_id)


def test_its_owner_keeps_a_kernel(server: RealServer) -> None:
    """[CULL4] It is warned before, and kept then."""
    kept = start(server, "kept.ipynb")

    def warned() -> Any:
        return next((it for it in server.api("holders").body if it["id"] == kept), {}).get("cull")

    assert eventually(warned)["atMs"] is not None
    assert server.api(f"holders/{kept}/keep", "PUT", b"").status == 204
    until_others_come_and_go(server)
    assert kept in kernels_of(server)
    assert warned()["keptUntilMs"] is not None
    end(server, kept)


def test_a_kernel_of_no_server_is_not_culled(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[CULL2] As nbclient and papermill start them: nobody could shut it down cleanly."""
    monkeypatch.setenv("CELLGRANT_DIR", str(server.sidecar_dir))
    monkeypatch.setenv("CELLGRANT_SCOPE", server.home.name)
    manager = KernelManager()
    manager._kernel_spec = ipykernel_spec()
    manager.start_kernel()
    try:
        eventually(lambda: len(server.api("holders").body) == 1)
        until_others_come_and_go(server)
        assert len(server.api("holders").body) == 1
        assert manager.is_alive()
    finally:
        manager.shutdown_kernel(now=True)


def test_no_cell_is_cut_short(server: RealServer) -> None:
    """[CULL6] Cells that come when their kernels are due run to their end, or do not begin."""
    for name in ("one.ipynb", "two.ipynb", "three.ipynb"):
        kernel_id = start(server, name)
        channels = websocket.create_connection(
            f"ws://127.0.0.1:{server.port}/api/kernels/{kernel_id}/channels?token={TOKEN}"
        )
        channels.settimeout(POLL_S)
        eventually(lambda it=kernel_id: is_due(server, it))
        printed = printed_by(server, kernel_id, channels)
        channels.close()
        assert printed in ("", "begin\nend\n"), name
        end(server, kernel_id)


def is_due(server: RealServer, kernel_id: str) -> bool:
    """Whether a kernel's notice is over, or it is gone."""
    snapshot = server.api("snapshot").body
    kernel = next((it for it in snapshot["holders"] if it["id"] == kernel_id), None)
    at_ms = (kernel or {}).get("cull", {}).get("atMs")
    return kernel is None or (at_ms is not None and snapshot["atMs"] >= at_ms)


def printed_by(server: RealServer, kernel_id: str, channels: websocket.WebSocket) -> str:
    """What a cell prints until it is over, or its kernel gone."""
    code = "import time\nprint('begin', flush=True)\ntime.sleep(1)\nprint('end', flush=True)"
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "s"}
    header |= {"username": "u", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": True, "stop_on_error": True}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    channels.send(json.dumps({**message, "channel": "shell"}))
    printed = ""
    while True:
        try:
            heard = json.loads(channels.recv())
        except websocket.WebSocketTimeoutException:
            if kernel_id not in kernels_of(server):
                return printed
            continue
        if heard["parent_header"].get("msg_id") == header["msg_id"]:
            printed += heard["content"].get("text", "")
            if heard["content"].get("execution_state") == "idle":
                return printed


def test_nobody_culls_through_jupyter(server: RealServer) -> None:
    """[CULL4] What servers say to the sidecar is not passed on for pages."""
    refused: list[Callable[[], Any]] = [
        lambda: server.api("culling/kernels", "PUT", b"[]"),
        lambda: server.api("holders/any/cull", "POST", b""),
    ]
    assert [it().status for it in refused] == [404, 404]
