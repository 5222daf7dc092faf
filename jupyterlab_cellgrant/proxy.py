"""The sidecar's API below Jupyter's own address, with Jupyter's own authentication."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.httpclient import HTTPError, HTTPRequest, HTTPResponse

from .supervisor import Supervisor
from .unix_http import ORIGIN, unix_client

PREFIX = "cellgrant/api/v1"
BODY_BYTES_MAX = 64 * 1024
# Less than a page waits for this server, so that it can distinguish a silent sidecar.
ANSWER_WITHIN_S = 3.0
ID = r"[A-Za-z0-9_.:-]{1,128}"
# All requests allowed through Jupyter. Pushed snapshots use the event bus instead.
ROUTES: dict[str, frozenset[str]] = {
    "node": frozenset({"GET"}),
    "holders": frozenset({"GET"}),
    rf"holders/{ID}/defaults": frozenset({"GET", "PUT"}),
    rf"holders/{ID}/fits": frozenset({"POST"}),
    rf"holders/{ID}/hold": frozenset({"DELETE"}),
    rf"holders/{ID}/keep": frozenset({"PUT"}),
    rf"holders/{ID}/free": frozenset({"POST"}),
    rf"holders/{ID}/restart-request": frozenset({"PUT", "DELETE"}),
    "claims": frozenset({"GET"}),
    "configuration": frozenset({"GET"}),
    rf"claims/{ID}": frozenset({"GET", "DELETE"}),
    rf"claims/{ID}/move-up": frozenset({"POST"}),
    "defaults": frozenset({"GET", "PUT"}),
    "history": frozenset({"GET"}),
    "history/series": frozenset({"GET"}),
    "report": frozenset({"GET"}),
    "policy": frozenset({"GET", "PUT"}),
    "snapshot": frozenset({"GET"}),
    "metrics": frozenset({"GET"}),
}
# Entries of the catalogue in server/protocol/catalogue.ts; a test keeps the two in sync.
SENTENCES = {
    "ROUTE_UNKNOWN": (
        404,
        "There is nothing at {method} {path}. The API is described in README.md.",
    ),
    "BODY_TOO_LARGE": (413, "A request body may have at most {limit} bytes."),
    "SIDECAR_AWAY": (503, "{why}"),
}


@dataclass
class Access:
    """What a handler needs to reach the sidecar; a supervisor of None means it never starts."""

    supervisor: Supervisor | None
    why_off: str = ""

    @property
    def why_away(self) -> str:
        """One sentence: why nobody answers."""
        return self.supervisor.status.sentence if self.supervisor else self.why_off


def _query_of(query: str) -> str:
    """What the sidecar is asked; a token, and a number against caches, are for Jupyter."""
    named = [it for it in parse_qsl(query) if it[0] != "token"]
    return f"?{urlencode(named)}" if named else ""


class ProxyHandler(APIHandler):
    """Forwards requests on the list of routes to the sidecar, and nothing else."""

    auth_resource = "cellgrant"

    def initialize(self, access: Access) -> None:
        """Store the connection details of the sidecar."""
        self.access = access

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Read."""
        await self._pass_on(path)

    @web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Ask for something to be done."""
        await self._pass_on(path)

    @web.authenticated
    @authorized
    async def put(self, path: str) -> None:
        """Replace."""
        await self._pass_on(path)

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Cancel."""
        await self._pass_on(path)

    async def _pass_on(self, path: str) -> None:
        method = str(self.request.method)
        methods = next((it for route, it in ROUTES.items() if re.fullmatch(route, path)), ())
        if method not in methods:
            self._refuse("ROUTE_UNKNOWN", method=method, path=f"/api/v1/{path[:200]}")
        elif len(self.request.body) > BODY_BYTES_MAX:
            self._refuse("BODY_TOO_LARGE", limit=BODY_BYTES_MAX)
        else:
            await self._ask(method, path)

    async def _ask(self, method: str, path: str) -> None:
        supervisor = self.access.supervisor
        if supervisor is None or not supervisor.status.is_up:
            self._refuse("SIDECAR_AWAY", why=self.access.why_away)
            return
        has_body = method in ("POST", "PUT")
        query = _query_of(self.request.query)
        client = unix_client(supervisor.api_socket)
        try:
            answer = await client.fetch(
                HTTPRequest(
                    f"{ORIGIN}/api/v1/{path}{query}",
                    method=method,
                    body=self.request.body if has_body else None,
                    headers={"Content-Type": "application/json"} if has_body else None,
                    request_timeout=ANSWER_WITHIN_S,
                    follow_redirects=False,
                ),
                raise_error=False,
            )
        except (OSError, HTTPError) as error:
            self._refuse("SIDECAR_AWAY", why=self._why_silent(error))
        else:
            self._answer(answer)
        finally:
            client.close()

    def _answer(self, answer: HTTPResponse) -> None:
        self.set_status(answer.code, answer.reason)
        self.set_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
        # Not even an empty body may follow a 204.
        self.finish(answer.body or None)

    def _why_silent(self, error: Exception) -> str:
        supervisor = self.access.supervisor
        if supervisor and not supervisor.status.is_up:
            return supervisor.status.sentence
        return f"Cellgrant's sidecar does not answer ({error})."

    def _refuse(self, code: str, **details: Any) -> None:
        status, sentence = SENTENCES[code]
        self.set_status(status)
        self.finish(json.dumps({"code": code, "message": sentence.format(**details)}))


def handlers(base_url: str, access: Access) -> list[Any]:
    """The handlers to add to Jupyter's web application."""
    pattern = url_path_join(base_url, PREFIX, r"(.*)")
    return [(pattern, ProxyHandler, {"access": access})]
