"""A real Jupyter server as its clients see it: below an address, with a token."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

import websocket

TOKEN = "a-token-of-the-tests"
WITHIN_S = 60.0
API = "/cellgrant/api/v1"


@dataclass(frozen=True)
class Answer:
    """What a request came to."""

    status: int
    body: Any


class JupyterApi:
    """Asks a server on this machine, which is perhaps one of several behind a proxy."""

    def __init__(self, port: int, token: str = TOKEN, base: str = "") -> None:
        """``base`` is the path that the server is below, such as ``/user/ann``."""
        self.port, self.token, self.base = port, token, base

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        token: str | None = "",
    ) -> Answer:
        """One request; `token` None for one without authentication, its own if it is empty."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.base}{path}",
            data=body,
            method=method,
            headers=headers or {},
        )
        if token is not None:
            request.add_header("Authorization", f"token {token or self.token}")
        return send(urllib.request.build_opener(), request)

    def api(self, path: str, method: str = "GET", body: bytes | None = None) -> Answer:
        """One request to Cellgrant's API below this server."""
        return self.ask(f"{API}/{path}", method, body)

    def run_cell(
        self, kernel_id: str, code: str, metadata: dict[str, Any], within_s: float = WITHIN_S
    ) -> str:
        """Run a cell with this metadata, as JupyterLab does; what it printed, its error last."""
        channels = websocket.create_connection(
            f"ws://127.0.0.1:{self.port}{self.base}/api/kernels/{kernel_id}/channels",
            header={"Authorization": f"token {self.token}"},
            timeout=within_s,
        )
        message_id = uuid.uuid4().hex
        header = {
            "msg_id": message_id,
            "msg_type": "execute_request",
            "session": "s",
            "username": "u",
        }
        content = {"code": code, "silent": False, "store_history": True, "stop_on_error": True}
        request = {"header": {**header, "version": "5.3"}, "parent_header": {}, "channel": "shell"}
        channels.send(json.dumps({**request, "metadata": metadata, "content": content}))
        printed, pending = [], {"execute_reply", "idle"}
        while pending:
            message = json.loads(channels.recv())
            if message["parent_header"].get("msg_id") != message_id:
                continue
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])
            if message["msg_type"] == "error":
                printed.append("{ename}: {evalue}".format(**message["content"]))
            pending -= {message["msg_type"], message["content"].get("execution_state")}
        channels.close()
        return "".join(printed)


def send(opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> Answer:
    """What a request comes to, whichever status it has."""
    try:
        with opener.open(request, timeout=WITHIN_S) as response:
            return Answer(response.status, _decoded(response.read()))
    except urllib.error.HTTPError as error:
        return Answer(error.code, _decoded(error.read()))


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
