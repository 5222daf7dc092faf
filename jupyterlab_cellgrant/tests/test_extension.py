"""The server extension on a real server with the real sidecar."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..events import SCHEMA_ID
from ..kernel import notices
from ..proxy import BODY_BYTES_MAX
from .jupyter_api import API
from .real_server import RealServer, eventually


@pytest.fixture
def start_server() -> Iterator[Callable[..., RealServer]]:
    """Starts real servers; each is stopped in the end."""
    started: list[RealServer] = []

    def start(*options: str, **kwargs: object) -> RealServer:
        started.append(RealServer(*options, **kwargs))
        return started[-1].start()

    yield start
    for server in reversed(started):
        server.stop()


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_passes_the_api_through(server: RealServer) -> None:
    assert server.api("node").body["cpus"] == len(os.sched_getaffinity(0))
    assert server.api("holders").body == []
    assert server.api("snapshot").body["claims"] == []
    before = server.api("policy").body
    assert server.api("policy", "PUT", b'{"policy": "naive"}').body == {"policy": "naive"}
    assert server.api("policy").body == {"policy": "naive"}
    server.api("policy", "PUT", json.dumps(before).encode())


def test_passes_refusals_of_the_sidecar_through(server: RealServer) -> None:
    refused = server.api("policy", "PUT", b"not JSON")
    assert (refused.status, refused.body["code"]) == (400, "BODY_INVALID")
    refused = server.api("claims/none-of-this-name", "DELETE")
    assert (refused.status, refused.body["code"]) == (404, "CLAIM_UNKNOWN")
    refused = server.api("holders/none-of-this-name/free", "POST", b"")
    assert (refused.status, refused.body["code"]) == (404, "HOLDER_UNKNOWN")


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("", "GET"),
        ("events", "GET"),
        ("node", "PUT"),
        ("node", "DELETE"),
        ("../../healthz", "GET"),
        ("claims/a/b", "GET"),
        ("claims/a%2Fb", "GET"),
        ("holders/a/free", "GET"),
        ("holders/a/restart", "POST"),
        ("claims/" + "x" * 129, "DELETE"),
        ("http://elsewhere/", "GET"),
    ],
)
def test_passes_nothing_else_through(server: RealServer, path: str, method: str) -> None:
    refused = server.api(path, method, b"" if method == "PUT" else None)
    assert (refused.status, refused.body["code"]) == (404, "ROUTE_UNKNOWN")


def test_refuses_a_body_that_is_too_large(server: RealServer) -> None:
    refused = server.api("defaults", "PUT", b" " * (BODY_BYTES_MAX + 1))
    assert (refused.status, refused.body["code"]) == (413, "BODY_TOO_LARGE")
    assert str(BODY_BYTES_MAX) in refused.body["message"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_needs_authentication(server: RealServer, method: str) -> None:
    """[SEC2] without a token nobody gets anything."""
    assert server.ask(f"{API}/snapshot", method, b"{}", token=None).status == 403
    assert server.ask(f"{API}/snapshot", method, b"{}", token="wrong").status == 403


def test_needs_the_xsrf_token_from_a_browser(server: RealServer) -> None:
    """[SEC2] another site's page cannot use a logged-in browser."""
    ask = server.browser()
    body = json.dumps(server.api("policy").body).encode()
    assert ask(f"{API}/policy", "PUT", body, with_xsrf=False).status == 403
    assert ask(f"{API}/policy", "PUT", body, with_xsrf=True).status == 200


def test_needs_authorization(start_server: Callable[..., RealServer]) -> None:
    """[SEC2] an authorizer that allows only reading is obeyed."""
    readonly = """
from jupyter_server.auth import AllowAllAuthorizer
class ReadOnly(AllowAllAuthorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != 'cellgrant' or action == 'read'
c.ServerApp.authorizer_class = ReadOnly
"""
    server = start_server(config=readonly)
    eventually(lambda: server.api("policy").status == 200)
    assert server.api("policy", "PUT", b'{"policy": "naive"}').status == 403


def test_listens_on_unix_sockets_alone(server: RealServer) -> None:
    """[API3] the sidecar has no TCP socket, and its Unix sockets are this user's."""
    pid = server.sidecar_pid()
    inodes = {
        link.partition("[")[2].rstrip("]")
        for fd in Path(f"/proc/{pid}/fd").iterdir()
        if (link := str(fd.readlink())).startswith("socket:")
    }
    tcp = [
        line.split()[9]
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    assert inodes.isdisjoint(tcp)
    assert server.sidecar_dir.stat().st_mode & 0o777 == 0o700


def next_snapshot_event(events: object) -> dict:
    while True:
        event = json.loads(events.recv())
        if event["schema_id"] == SCHEMA_ID:
            return event


def test_pushes_snapshots_to_who_listens(server: RealServer) -> None:
    events = server.events()
    first = next_snapshot_event(events)["snapshot"]
    assert first["node"]["name"]
    policy = "partitioned" if first["node"]["policy"] != "partitioned" else "dynamic"
    server.api("policy", "PUT", json.dumps({"policy": policy}).encode())
    while (seen := next_snapshot_event(events)["snapshot"])["node"]["policy"] != policy:
        assert seen["revision"] >= first["revision"]
    events.close()


def test_restarts_a_killed_sidecar(start_server: Callable[..., RealServer]) -> None:
    server = start_server()
    eventually(lambda: server.api("node").status == 200)
    events = server.events()
    next_snapshot_event(events)
    pid = server.sidecar_pid()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: server.sidecar_pid() != pid)
    eventually(lambda: server.api("node").status == 200)
    assert "ended (signal 9); cells run ungated until it is back" in server.log
    assert next_snapshot_event(events)["schema_id"] == SCHEMA_ID
    events.close()


def test_a_stale_socket_is_an_absent_sidecar(start_server: Callable[..., RealServer]) -> None:
    server = start_server(config="c.Cellgrant.node = '/nowhere/node'")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(server.sidecar_dir / "api.sock"))
    away = server.api("node")
    assert (away.status, away.body["code"]) == (503, "SIDECAR_AWAY")


def test_a_hung_sidecar_is_told(start_server: Callable[..., RealServer]) -> None:
    server = start_server()
    eventually(lambda: server.api("node").status == 200)
    os.kill(server.sidecar_pid(), signal.SIGSTOP)
    away = server.api("node")
    os.kill(server.sidecar_pid(), signal.SIGCONT)
    assert (away.status, away.body["code"]) == (503, "SIDECAR_AWAY")
    assert away.body["message"].startswith("Cellgrant's sidecar does not answer (")
    eventually(lambda: server.api("node").status == 200)


def test_the_command_line_configures_too(start_server: Callable[..., RealServer]) -> None:
    server = start_server("--Cellgrant.cpus=0", "--Cellgrant.memory=1 GiB")
    eventually(lambda: server.api("node").status == 200)
    node = server.api("node").body
    assert (node["cpuList"], node["memoryBytes"]) == ("0", 1024**3)


def test_tells_of_absence_and_answers_503(start_server: Callable[..., RealServer]) -> None:
    server = start_server(config="c.Cellgrant.node = '/nowhere/node'")
    events = server.events()
    event = next_snapshot_event(events)
    events.close()
    assert event["snapshot"] is None
    sentence = "c.Cellgrant.node = '/nowhere/node' cannot run the sidecar: no such file"
    assert sentence in event["message"]
    away = server.api("snapshot")
    assert (away.status, away.body["code"]) == (503, "SIDECAR_AWAY")
    assert away.body["message"] == event["message"]
    assert server.log.count(sentence) == 1


def test_fails_closed_where_there_never_was_a_sidecar(
    start_server: Callable[..., RealServer],
) -> None:
    """[GATE5] the administrator's choice counts for kernels that no sidecar could tell of it."""
    server = start_server(config="c.Cellgrant.failure = 'closed'; c.Cellgrant.node = '/nowhere'")
    kernel = server.ask("/api/kernels", "POST", b"{}").body["id"]
    assert server.run_cell(kernel, "print('not me')", {}) == f"GrantRefused: {notices.CLOSED}"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("c.Cellgrant.memory = 'lots'", "c.Cellgrant.memory is 'lots'; expected an amount"),
        ("c.Cellgrant.cpus = '3-1'", "c.Cellgrant.cpus is '3-1'; expected CPU numbers"),
        ("c.Cellgrant.failure = 'maybe'", "'failure' trait of a Cellgrant instance"),
        ("c.Cellgrant.enabled = False", "Cellgrant is switched off (c.Cellgrant.enabled = False)"),
    ],
)
def test_jupyter_works_whatever_is_configured(
    start_server: Callable[..., RealServer], config: str, sentence: str
) -> None:
    server = start_server(config=config)
    away = server.api("snapshot")
    assert away.status == 503
    assert sentence in away.body["message"]
    assert sentence in server.log
    assert "Traceback" not in server.log
    assert server.ask("/api/kernelspecs").status == 200


def test_a_bundle_that_fails_is_tried_again_ever_more_rarely(
    start_server: Callable[..., RealServer], tmp_path: Path
) -> None:
    broken = tmp_path / "node"
    broken.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo v20.0.0 || { echo no luck >&2; exit 7; }'
    )
    broken.chmod(0o755)
    server = start_server(config=f"c.Cellgrant.node = {str(broken)!r}")
    eventually(lambda: server.log.count("start its sidecar again") >= 2)
    assert "to start its sidecar again in 0.5 s" in server.log
    assert "to start its sidecar again in 1 s" in server.log
    away = server.api("snapshot")
    assert away.status == 503
    assert "ended (exit code 7)" in away.body["message"]
    assert "no luck" in away.body["message"]


def test_ends_its_sidecar_with_jupyter(start_server: Callable[..., RealServer]) -> None:
    server = start_server()
    pid = eventually(server.sidecar_pid)
    server.end()
    assert not is_alive(pid)
    assert not list(server.sidecar_dir.glob("*.sock"))


def test_the_sidecar_ends_when_jupyter_is_killed(start_server: Callable[..., RealServer]) -> None:
    server = start_server()
    pid = eventually(server.sidecar_pid)
    server.kill()
    eventually(lambda: not is_alive(pid))


def test_joins_a_running_sidecar_and_takes_over(start_server: Callable[..., RealServer]) -> None:
    first = start_server()
    pid = eventually(first.sidecar_pid)
    second = start_server(env={"CELLGRANT_DIR": str(first.sidecar_dir)})
    eventually(lambda: "joined the sidecar" in second.log)
    assert second.api("node").status == 200
    assert second.sidecar_pid() is None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: first.sidecar_pid() != pid or second.sidecar_pid())
    eventually(lambda: [first.api("node").status, second.api("node").status] == [200, 200])
    owners = [it for it in (first.sidecar_pid(), second.sidecar_pid()) if it and is_alive(it)]
    assert len(owners) == 1


def test_selects_the_provisioner_unless_one_was_chosen(
    start_server: Callable[..., RealServer],
) -> None:
    chosen = "Cellgrant leaves kernels to the provisioner 'local-provisioner'"
    assert chosen not in start_server().log
    by_env = start_server(env={"JUPYTER_DEFAULT_PROVISIONER_NAME": "local-provisioner"})
    assert chosen in by_env.log
    trait = "c.KernelProvisionerFactory.default_provisioner_name = 'local-provisioner'"
    assert chosen in start_server(config=trait).log
