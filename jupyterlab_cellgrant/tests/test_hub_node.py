"""Three users of a real JupyterHub on one node: two who share a group, and one who is hostile."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .hostile import HOSTILE
from .hub_lab import HOLD, Lab, running_lab
from .real_hub import HubUser, Notebook, why_no_hub
from .real_server import eventually

WHY_NOT = why_no_hub()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

GIB = 2**30
MOST = {"memory": "3 GiB"}
"""What the node has once."""
WHERE = "import os; print(os.environ.get('CELLGRANT_DIR'), os.environ.get('CELLGRANT_SYSTEM_DIR'))"
ALONE = """
import os
os.mkdir({place!r})  # fails where somebody else is inside
import time; time.sleep(.4)  # longer than from one cell to the next: who comes too early meets us
os.rmdir({place!r})
print(os.environ["CUDA_VISIBLE_DEVICES"])
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """All servers run, and are served by the sidecar of the system."""
    with running_lab() as it:
        yield it


@pytest.fixture
def notebooks(lab: Lab) -> Iterator[Callable[..., Notebook]]:
    """Opens notebooks for a test; their kernels end with it."""
    opened: list[Notebook] = []

    def open_for(user: HubUser, name: str, spec: str = "python3") -> Notebook:
        opened.append(user.notebook(name, spec))
        return opened[-1]

    yield open_for
    for it in opened:
        it.close()
    lab.root.wait_for(lambda it: not it["holders"])


def test_servers_are_served_and_see_one_node(lab: Lab, notebooks: Callable[..., Notebook]) -> None:
    """[HUB4] [HUB1] [SEC1] Nothing was set for them but the groups, which the Hub stated."""
    own = {user.name: notebooks(user, f"of-{user.name}.ipynb") for user in lab.users}
    for user in lab.users:
        told = own[user.name].run(WHERE, memory="100 MiB")
        assert told == f"/run/cellgrant/{user.uid} None"
    groups = {it["owner"]: it["group"] for it in lab.root.get("snapshot")["holders"]}
    assert list(groups.values()) == ["physics", "physics", "chemistry"]
    seen = [user.api("snapshot").body for user in lab.users]
    same = ("cpuList", "memoryBytes", "memoryReserveBytes", "memoryPromisedBytes", "policy")
    assert len({json.dumps([it["node"][name] for name in same]) for it in seen}) == 1
    assert len({json.dumps(sorted(it["id"] for it in one["holders"])) for one in seen}) == 1
    for user, snapshot in zip(lab.users, seen):
        names = {it["owner"]: it["name"] for it in snapshot["holders"]}
        others = [it.name for it in lab.users if it is not user]
        assert names == {user.name: f"of-{user.name}.ipynb", **dict(zip(others, others))}
    owed = {it["path"]: it["owedCpus"] / seen[0]["node"]["cpus"] for it in seen[0]["groups"]}
    assert owed == {"physics": 0.5, "chemistry": 0.25}


def test_kernels_that_users_bring_are_gated(lab: Lab, notebooks: Callable[..., Notebook]) -> None:
    """[HUB4] Theirs, behind a script that stays; one without variables is confined and shown."""
    python = f'"{sys.executable}"'
    lab.ann.installs("own", f'exec {python} "$@"')
    lab.ann.installs("wrapped", f'export LAB=7\n{python} "$@"')
    passed = 'HOME="$HOME" PATH="$PATH"'
    lab.ann.installs("scrubbed", f'exec env -i {passed} {python} "$@"')
    kept = ("PYTHONPATH", *(f"CELLGRANT_{it}" for it in ("DIR", "KERNEL_ID", "TOKEN")))
    passed += "".join(f' {it}="${it}"' for it in kept)
    lab.ann.installs("careful", f'exec env -i {passed} {python} "$@"')
    for name in ("own", "wrapped", "scrubbed", "careful"):
        kernel = notebooks(lab.ann, f"{name}.ipynb", name)
        ran = kernel.run("print(6 * 7)", memory="100 MiB")
        assert ran.endswith("42")
        [shown] = [it for it in lab.ann.holders() if it["id"] == kernel.id]
        assert shown["gated"] is (name != "scrubbed")
        own = [it for it in lab.root.claims("done") if it["holderId"] == kernel.id]
        assert [it["outcome"] for it in own] == ["ok"] * shown["gated"]


def test_memory_is_granted_once(lab: Lab, notebooks: Callable[..., Notebook]) -> None:
    """[SYS2] [FAIR3] [ADM6] Of two of a group the one goes first who has used less, though later."""
    ann, bob, eve = (notebooks(user, "m.ipynb") for user in lab.users)
    ann.run("import time; time.sleep(.5)", **MOST)
    cells = [lab.hold(eve, "eve", **MOST)]
    lab.root.wait_for_claims(running=1, waiting=0)
    cells.append(lab.hold(ann, "ann", **MOST))
    lab.root.wait_for_claims(running=1, waiting=1)
    cells.append(lab.hold(bob, "bob", **MOST))
    snapshot = lab.root.wait_for_claims(running=1, waiting=2)
    order = [(it["position"], it["owner"]) for it in snapshot["claims"] if it["state"] == "waiting"]
    assert order == [(1, lab.bob.name), (2, lab.ann.name)]
    for name, waiting in (("eve", 2), ("bob", 1), ("ann", 0)):
        snapshot = lab.root.wait_for_claims(running=1, waiting=waiting)
        running = [it for it in snapshot["claims"] if it["state"] == "running"]
        assert [it["owner"].rstrip("0123456789") for it in running] == [name]
        assert snapshot["node"]["memoryPromisedBytes"] == 3 * GIB
        lab.flag(name).touch()
    assert [it.result(60) for it in cells] == ["ended"] * 3


def test_two_users_never_have_the_gpu_at_once(
    lab: Lab, notebooks: Callable[..., Notebook], cpus: list[int]
) -> None:
    """[SYS2] [GPU1] [CPU6] Nor exclusive CPUs, nor six tenths of the memory each."""
    hints = {"gpus": 1, "exclusive": True, "cpus": 1, "memory": "2.4 GiB"}
    ann, bob = notebooks(lab.ann, "a.ipynb"), notebooks(lab.bob, "b.ipynb")
    first = lab.hold(ann, "first", **hints)
    lab.root.wait_for_claims(running=1)
    second = lab.hold(bob, "first", **hints)
    lab.root.wait_for_claims(running=1, waiting=1)
    [waits] = lab.bob.claims("waiting")
    assert f"held by {lab.ann.name}" in waits["reason"]["sentence"]
    assert "a.ipynb" not in json.dumps(lab.bob.api("snapshot").body)
    lab.flag("first").touch()
    assert (first.result(60), second.result(60)) == ("ended", "ended")
    place = Path(tempfile.mkdtemp(dir=lab.node.home))
    place.chmod(0o777)
    code = ALONE.format(place=str(place / "inside"))
    rounds = [kernel.begin(code, **hints) for _ in range(3) for kernel in (ann, bob)]
    [gpu] = lab.root.get("node")["gpus"]
    assert {it.result(60) for it in rounds} == {gpu["uuid"]}


def test_a_hostile_user_gets_and_disturbs_nothing(
    lab: Lab, notebooks: Callable[..., Notebook]
) -> None:
    """[SEC8] [SEC9] [SEC7] [HUB2] Whatever is tried is refused, and others' cells run meanwhile."""
    ann, bob, eve = (notebooks(user, "h.ipynb") for user in lab.users)
    held = lab.hold(ann, "held", **MOST)
    lab.root.wait_for_claims(running=1)
    waits = lab.hold(bob, "held", **MOST)
    waiting = [
        it for it in lab.root.wait_for_claims(waiting=1)["claims"] if it["state"] == "waiting"
    ]
    [target] = [it for it in lab.root.get("holders") if it["id"] == ann.id]
    about = {
        "flag": str(lab.flag("flood")),
        "uids": [0, lab.ann.uid, lab.bob.uid],
        "state": str(lab.node.state_dir),
        "claim": waiting[0]["id"],
        "holder": ann.id,
        "pid": target["pid"],
        "name": lab.eve.name,
    }
    found = json.loads(eve.run(f"ABOUT = {about!r}\n{HOSTILE}\nprint(json.dumps(attempts()))"))
    assert set(found.pop("files")) == {"PermissionError"}
    assert found == {
        "claim": "NOT_YOURS",
        "hold": "NOT_YOURS",
        "defaults": "NOT_YOURS",
        "groups": "ADMINISTRATORS_ONLY",
        "policy": "ADMINISTRATORS_ONLY",
        "for her kernel": "NOT_THIS_HOLDER",
        "under its id": "NOT_THIS_HOLDER",
        "with its process": "FOREIGN_PROCESS",
    }
    users = json.dumps({"users": [lab.eve.name]}).encode()
    assert lab.eve.hub.ask("/groups/physics/users", "POST", users).status in (403, 404)
    path = f"users/{lab.eve.name}/hub-groups"
    through_jupyter = lab.eve.api(path, "PUT", b'{"groups": ["physics"]}')
    assert through_jupyter.body["code"] == "ROUTE_UNKNOWN"
    flood = eve.begin("flood()")
    eventually((lab.eve.home / "flood.on").exists)
    lab.flag("held").touch()
    assert (held.result(60), waits.result(60)) == ("ended", "ended")
    assert [it.run("print('runs')", memory="1 GiB") for it in (ann, bob)] == ["runs", "runs"]
    lab.flag("flood").touch()
    assert flood.result(60) == ""
    [eves] = [it for it in lab.root.get("holders") if it["id"] == eve.id]
    assert (eves["group"], eves["owner"]) == ("chemistry", lab.eve.name)


def test_a_server_that_stops_gives_everything_back(
    lab: Lab, notebooks: Callable[..., Notebook]
) -> None:
    """[HUB5] [HUB3] Its user comes back in the groups that the Hub has by then."""
    bob = notebooks(lab.bob, "b.ipynb")
    holding = lab.hold(lab.ann.notebook("a.ipynb"), "never", gpus=1, **MOST)
    lab.root.wait_for_claims(running=1)
    waits = bob.begin("print('mine')", gpus=1, **MOST)
    lab.root.wait_for_claims(running=1, waiting=1)
    lab.ann.stop()
    assert waits.result(60) == "mine"
    assert holding.exception(60)
    lab.root.wait_for(lambda it: [one["owner"] for one in it["holders"]] == [lab.bob.name])
    users = json.dumps({"users": [lab.ann.name]}).encode()
    assert lab.hub.ask("/groups/physics/users", "DELETE", users).status == 200
    assert lab.hub.ask("/groups/chemistry/users", "POST", users).status == 200
    lab.ann.start()
    kernel = notebooks(lab.ann, "again.ipynb")
    [shown] = [it for it in lab.ann.holders() if it["id"] == kernel.id]
    assert shown["group"] == "chemistry"


def test_cells_outlive_the_hub_and_a_crash_of_the_sidecar(
    lab: Lab, notebooks: Callable[..., Notebook]
) -> None:
    """[HUB5] [SYS4] They keep what they were granted, and others go on waiting."""
    bob, eve = notebooks(lab.bob, "b.ipynb"), notebooks(lab.eve, "e.ipynb")
    done = lab.bob.home / "done"
    code = HOLD.format(flag=str(lab.flag("restarted"))) + f"open({str(done)!r}, 'w').close()"
    lost = bob.begin(code, **MOST)
    before = lab.root.wait_for_claims(running=1)
    lab.hub.end()
    assert lost.exception(60)
    lab.node.crash()
    lab.hub.start()
    waits = eve.begin("print('after')", **MOST)
    after = lab.root.wait_for_claims(running=1, waiting=1)
    [[was], [still]] = (
        [it["id"] for it in one["claims"] if it["state"] == "running"] for one in (before, after)
    )
    assert was == still
    lab.flag("restarted").touch()
    assert waits.result(60) == "after"
    assert done.exists()


def test_servers_start_where_the_sidecar_is_down(
    lab: Lab, notebooks: Callable[..., Notebook]
) -> None:
    """[HUB3] [HUB1] [SYS7] The groups that were stated before count again once it is back."""
    lab.node.end()
    lab.bob.stop()
    users = json.dumps({"users": [lab.bob.name]}).encode()
    assert lab.hub.ask("/groups/chemistry/users", "POST", users).status == 200
    lab.bob.start()
    said = f"Cellgrant was not told the groups of {lab.bob.name}, and keeps those that it knows"
    assert lab.hub.log.count(said) == 1
    kernel = notebooks(lab.bob, "b.ipynb")
    assert kernel.run("print('runs')") == "runs"
    lab.node.start()
    lab.node.knock(0)
    [shown] = lab.root.wait_for(lambda it: it["holders"])["holders"]
    assert (shown["id"], shown["group"]) == (kernel.id, "physics")
