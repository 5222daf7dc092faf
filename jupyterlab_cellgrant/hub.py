"""States to this node's sidecar which groups JupyterHub has its users in.

Below everything else in ``jupyterhub_config.py``::

    from jupyterlab_cellgrant.hub import configure
    configure(c)
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tornado.httpclient import HTTPRequest
from traitlets.config import Config

from .paths import API_SOCKET, system_dir
from .system.knock import NotServedError, knock
from .unix_http import ORIGIN, unix_client

ANSWER_WITHIN_S = 5.0
HOOK = "pre_spawn_hook"

AccountOf = Callable[[Any], str]


def _hub_name(spawner: Any) -> str:
    return str(spawner.user.name)


def configure(config: Config, account_of: AccountOf = _hub_name) -> None:
    """State a user's groups whenever one of their servers starts, after the hooks that are there.

    ``config`` is the ``c`` of the file. Hooks that are set below this call replace this one.
    ``account_of`` returns the account on this machine that a spawner starts its server for, where
    that is not the user's name in the Hub. Whatever fails, the server starts, the groups stay as
    they were stated last, and the Hub's log says why in one line (HUB3).
    """
    with_hooks = [it for it in config.values() if isinstance(it, Config) and callable(it.get(HOOK))]
    for section in with_hooks:
        section[HOOK] = _after(section[HOOK], account_of)
    if not callable(config.Spawner.get(HOOK)):
        config.Spawner[HOOK] = _after(None, account_of)


def _after(before: Callable[[Any], Any] | None, account_of: AccountOf) -> Callable[[Any], Any]:
    """A hook that runs this one first: it may make the account, or refuse the start."""

    async def hook(spawner: Any) -> None:
        outcome = before(spawner) if before else None
        if inspect.isawaitable(outcome):
            await outcome
        try:
            why = await _state(account_of(spawner), [it.name for it in spawner.user.groups])
        except Exception as error:  # noqa: BLE001 (no mistake of ours keeps a server from its start)
            why = f"{type(error).__name__}: {error}"
        if why:
            spawner.log.warning(
                "Cellgrant was not told the groups of %s, and keeps those that it knows: %s",
                spawner.user.name,
                why,
            )

    return hook


async def _state(account: str, groups: list[str]) -> str:
    """Why the sidecar does not accept all groups of an account; empty if it does."""
    try:
        directory = await asyncio.to_thread(knock)
    except NotServedError as error:
        return str(error)
    if directory is None:
        place = system_dir()
        return (
            f"no sidecar of the system serves in {place}"
            if place
            else "CELLGRANT_SYSTEM_DIR is empty"
        )
    client = unix_client(directory / API_SOCKET)
    try:
        answer = await client.fetch(
            HTTPRequest(
                f"{ORIGIN}/api/v1/users/{quote(account, safe='')}/hub-groups",
                method="PUT",
                body=json.dumps({"groups": groups}),
                headers={"Content-Type": "application/json"},
                request_timeout=ANSWER_WITHIN_S,
            ),
            raise_error=False,
        )
    finally:
        client.close()
    return "" if answer.code == 200 else _sentence(answer.body)


def _sentence(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return f"it answered {body[:80]!r}"
