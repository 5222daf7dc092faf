"""What JupyterHub states at the start of a server, on a real sidecar of the system."""

from __future__ import annotations

import asyncio
import json
import logging
import pwd
import subprocess
import sys
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
from traitlets.config import Config

from ..hub import configure
from .real_sidecar import RealSidecar
from .real_system import RealSystem, as_user, needs_root

LOG = logging.getLogger("hub")
ACCOUNT = "daemon"
UID = pwd.getpwnam(ACCOUNT).pw_uid


def spawner_of(name: str, *groups: str) -> Any:
    """One as the hook sees it."""
    user = SimpleNamespace(name=name, groups=[SimpleNamespace(name=it) for it in groups])
    return SimpleNamespace(user=user, log=LOG)


def start(config: Config, spawner: Any, section: str = "Spawner") -> None:
    """What the Hub does with the hook before it starts a server; it copies what is configured."""
    outcome = deepcopy(config[section].pre_spawn_hook)(spawner)
    if outcome is not None:
        asyncio.run(outcome)


def stated(system: RealSystem) -> list[str]:
    """What the sidecar knows of the account."""
    side = RealSidecar(system.run_dir / "0")
    return side.get(f"users/{ACCOUNT}/hub-groups")["groups"]


@needs_root
def test_states_all_groups_at_each_start(system: RealSystem) -> None:
    """[HUB3] They are what the Hub has at that moment, and outlive the sidecar."""
    system.start()
    config = Config()
    configure(config)
    start(config, spawner_of(ACCOUNT, "physics", "beam line"))
    assert stated(system) == ["beam line", "physics"]
    system.kill()
    system.start()
    assert system.knock(0)["uid"] == 0
    assert stated(system) == ["beam line", "physics"]
    start(config, spawner_of(ACCOUNT))
    assert stated(system) == []


@needs_root
def test_comes_after_the_hooks_that_are_there(system: RealSystem) -> None:
    """[HUB3] Those of a class of spawners, too; one that refuses a start is heard."""
    system.start()
    ran: list[str] = []

    async def own(_: Any) -> None:
        ran.append("own")

    def refusing(_: Any) -> None:
        raise RuntimeError("no server for you")

    config = Config()
    config.Spawner.pre_spawn_hook = own
    config.SystemdSpawner.pre_spawn_hook = refusing
    configure(config, account_of=lambda it: it.user.name.removeprefix("jupyter-"))
    start(config, spawner_of(f"jupyter-{ACCOUNT}", "physics"))
    assert (ran, stated(system)) == (["own"], ["physics"])
    with pytest.raises(RuntimeError, match="no server for you"):
        start(config, spawner_of(ACCOUNT, "chemistry"), "SystemdSpawner")
    assert stated(system) == ["physics"]


@pytest.mark.parametrize(
    ("name", "groups", "why"),
    [
        ("nobody-has-this-name", ["physics"], 'There is no user "nobody-has-this-name"'),
        (ACCOUNT, ["phy\nsics"], '"groups.0": expected the name of a group'),
    ],
)
@needs_root
def test_what_is_refused_stops_no_server(
    system: RealSystem, caplog: pytest.LogCaptureFixture, name: str, groups: list[str], why: str
) -> None:
    """[HUB2] [HUB3] One line says why, and what was stated before stays."""
    system.start()
    config = Config()
    configure(config)
    start(config, spawner_of(ACCOUNT, "chemistry"))
    start(config, spawner_of(name, *groups))
    assert [why in it.message for it in caplog.records] == [True]
    assert stated(system) == ["chemistry"]


def test_a_mistake_stops_no_server(caplog: pytest.LogCaptureFixture) -> None:
    """[HUB3] An account that cannot be told, for example."""
    config = Config()
    configure(config, account_of=lambda it: it.user.account)
    start(config, spawner_of(ACCOUNT, "physics"))
    assert ["AttributeError" in it.message for it in caplog.records] == [True]


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("", "CELLGRANT_SYSTEM_DIR is empty"),
        ("/nowhere", "no sidecar of the system serves in /nowhere"),
    ],
)
def test_where_no_sidecar_is_servers_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: str, why: str
) -> None:
    """[HUB3] Without one of the system nobody has Hub groups, and a line says so."""
    monkeypatch.setenv("CELLGRANT_SYSTEM_DIR", place)
    config = Config()
    configure(config)
    start(config, spawner_of(ACCOUNT, "physics"))
    assert [it.message.endswith(why) for it in caplog.records] == [True]


STATE = """
import asyncio, json, logging, sys
from types import SimpleNamespace
from traitlets.config import Config
from jupyterlab_cellgrant.hub import configure
config = Config()
configure(config)
user = SimpleNamespace(name=sys.argv[1], groups=[SimpleNamespace(name="physics")])
asyncio.run(config.Spawner.pre_spawn_hook(SimpleNamespace(user=user, log=logging.getLogger())))
"""


@needs_root
def test_a_hub_that_is_no_administrator_is_refused(system: RealSystem) -> None:
    """[HUB2] It is told why, as is a user who tries the same with a Hub of their own making."""
    system.start()
    command = [*as_user(UID), sys.executable, "-c", STATE, ACCOUNT]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "only an administrator of this node may do it" in done.stderr
    assert done.stderr.count("Cellgrant was not told the groups of daemon") == 1
    assert "hub-groups.json" not in json.dumps([it.name for it in system.state_dir.iterdir()])
