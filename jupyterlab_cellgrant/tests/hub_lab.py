"""A node with a Hub and three users, two in one group of the Hub and one in another."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .gpu_lab import STANDIN_GPU
from .real_hub import HubUser, NodeOfHub, Notebook, RealHub, accounts
from .real_sidecar import RealSidecar

CONFIGURATION = """
groups:
  physics: {quota: 50%, users: ['hub:physics']}
  chemistry: {quota: 25%, users: ['hub:chemistry']}
"""
HOLD = """
import os, time
while not os.path.exists({flag!r}): time.sleep(.01)
print("ended")
"""


@dataclass
class Lab:
    """The node, the Hub and its users; Eve is the hostile one."""

    node: NodeOfHub
    hub: RealHub
    root: RealSidecar
    ann: HubUser
    bob: HubUser
    eve: HubUser

    @property
    def users(self) -> list[HubUser]:
        return [self.ann, self.bob, self.eve]

    def flag(self, name: str) -> Path:
        """A file that ends the cells that wait for it."""
        return self.node.home / name

    def hold(self, notebook: Notebook, name: str, **hints: Any) -> Future[str]:
        """A cell that runs until its flag is there."""
        return notebook.begin(HOLD.format(flag=str(self.flag(name))), **hints)


@contextlib.contextmanager
def running_lab() -> Iterator[Lab]:
    """All servers run, and are served by the sidecar of the system."""
    with pytest.MonkeyPatch.context() as patch:
        node = NodeOfHub(CONFIGURATION, "--memory", "4 GiB")
        patch.setenv("CELLGRANT_SCOPE", node.home.name)
        patch.delenv("CELLGRANT_SYSTEM_DIR", raising=False)
        patch.setenv("PATH", f"{STANDIN_GPU}{os.pathsep}{os.environ['PATH']}")
        patch.setenv("STANDIN_LOG", "h200")
        try:
            with accounts(node.home, "ann", "bob", "eve") as (ann, bob, eve):
                node.start()
                hub = RealHub(node, {"physics": [ann, bob], "chemistry": [eve]})
                try:
                    hub.start()
                    users = [HubUser(hub, it) for it in (ann, bob, eve)]
                    list(hub.threads.map(HubUser.start, users))
                    yield Lab(node, hub, node.side_of(0), *users)
                finally:
                    hub.close()
        finally:
            node.close()
