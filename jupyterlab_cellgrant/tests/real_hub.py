"""A real JupyterHub with real users, beside a sidecar of the system where a node has it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .command_line import CELLGRANT
from .jupyter_api import JupyterApi
from .real_server import WITHOUT_FRONT_ENDS, eventually, free_port
from .real_sidecar import RealSidecar, node_path
from .real_system import RealSystem

ROOT = Path(__file__).parent.parent.parent
PROXY = ROOT / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
EXAMPLE = ROOT / "examples" / "jupyterhub_config.py"
TOKEN = "a-token-of-the-tests-for-the-hub"
# A view of the files that only those have who enter it: with a /run of its own, and with what is in
# the directory $1 where all may enter it, for a tests' Python may be in root's home.
VIEW = """
set -e
mount -t tmpfs -o mode=755 tmpfs /run
if [ "$1" ]; then
  mkdir /run/closed
  mount --rbind "$1" /run/closed
  mount -t tmpfs -o mode=755 tmpfs "$1"
  for it in /run/closed/* /run/closed/.[!.]*; do
    place="$1/${it##*/}"
    if [ -d "$it" ]; then mkdir "$place"; elif [ -e "$it" ]; then : > "$place"; else continue; fi
    mount --rbind "$it" "$place"
  done
fi
shift
exec "$@"
"""


def why_no_hub() -> str | None:
    """Why no Hub can be started here; None where one can."""
    if os.getuid() != 0:
        return "needs root, which starts servers for users"
    if importlib.util.find_spec("jupyterhub") is None:
        return "needs jupyterhub; requirements.lock has it"
    if not PROXY.exists():
        return "needs configurable-http-proxy; `npm install` brings it"
    if any(shutil.which(it) is None for it in ("useradd", "unshare", "nsenter")):
        return "needs useradd, unshare and nsenter"
    done = subprocess.run([*own_view(), "true"], check=False, capture_output=True, text=True)
    return f"needs a mount namespace: {done.stderr.strip()}" if done.returncode else None


def own_view() -> list[str]:
    """In front of a command that is to have a view of the files of its own."""
    ours = (Path(it) for it in (sys.base_prefix, sys.prefix, ROOT))
    around = (it for path in ours for it in reversed(path.parents))
    closed = next((it for it in around if not it.stat().st_mode & stat.S_IXOTH), "")
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", VIEW, "sh", str(closed)]


@contextlib.contextmanager
def accounts(home: Path, *words: str) -> Iterator[list[str]]:
    """Accounts on this machine, named by these words, for as long as the context lasts."""
    names = [f"{it}{os.getpid()}" for it in words]
    made: list[str] = []
    try:
        for name in names:
            options = ["--create-home", "--home-dir", str(home / name), "--shell", "/bin/sh"]
            subprocess.run(["useradd", *options, name], check=True, capture_output=True)
            made.append(name)
        yield names
    finally:
        for name in made:
            _end_all_of(pwd.getpwnam(name).pw_uid)
            subprocess.run(["userdel", "--remove", name], check=True, capture_output=True)


def _end_all_of(uid: int) -> None:
    """Kill what an account of ours still runs, and wait until it is gone."""

    def gone() -> bool:
        own = [it for it in Path("/proc").iterdir() if it.name.isdigit() and _uid_of(it) == uid]
        for it in own:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(it.name), signal.SIGKILL)
        return not own

    eventually(gone)


def _uid_of(process: Path) -> int | None:
    try:
        status = (process / "status").read_text()
    except OSError:
        return None  # it has ended
    return None if "\nState:\tZ" in status else int(re.search(r"\nUid:\t(\d+)", status)[1])


class NodeOfHub(RealSystem):
    """`cellgrant serve --system` where an installed one has its door: in a /run of the test's."""

    def __init__(self, configuration: str, *options: str) -> None:
        super().__init__(*options)
        file = self.home / "cellgrant.yaml"
        file.write_text(configuration)
        self.options = (*options, "--config", str(file))
        # Keeps the view while nothing else is in it.
        command = [*own_view(), "sh", "-c", "echo && exec cat"]
        self._view = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._view.stdout.readline()
        self.run_dir = Path("/proc", str(self._view.pid), "root", "run", "cellgrant")

    def start(self, *prefix: str) -> NodeOfHub:
        super().start(*self.within(), *prefix)
        return self

    def command(self) -> list[str]:
        places = ["--state-dir", str(self.state_dir)]
        return [*CELLGRANT, "serve", "--system", *places, *self.options]

    def within(self) -> list[str]:
        """In front of a command that is to run beside it."""
        return ["nsenter", f"--mount=/proc/{self._view.pid}/ns/mnt", f"--wd={self.home}"]

    def side_of(self, uid: int) -> RealSidecar:
        assert self.knock(uid)["directory"] == f"/run/cellgrant/{uid}"
        return RealSidecar(self.run_dir / str(uid))

    def close(self) -> None:
        super().close()
        self._view.communicate()


class Notebook:
    """A kernel of a user, started and used over the Hub's address."""

    def __init__(self, user: HubUser, name: str, spec: str) -> None:
        self._user = user
        body = {"path": name, "name": name, "type": "notebook", "kernel": {"name": spec}}
        answer = user.ask("/api/sessions", "POST", json.dumps(body).encode())
        assert answer.status == 201, answer
        self._session = answer.body["id"]
        self.id: str = answer.body["kernel"]["id"]

    def run(self, code: str, **hints: Any) -> str:
        """What a cell with these hints prints, its error last."""
        return self._user.run_cell(self.id, code, {"cellgrant": hints} if hints else {}).strip()

    def begin(self, code: str, **hints: Any) -> Future[str]:
        """The same, without waiting for its end."""
        return self._user.threads.submit(self.run, code, **hints)

    def close(self) -> None:
        """Shut the kernel down."""
        assert self._user.ask(f"/api/sessions/{self._session}", "DELETE").status == 204


class HubUser(JupyterApi):
    """A user of the Hub, by the user's own token."""

    def __init__(self, hub: RealHub, name: str) -> None:
        hub.ask(f"/users/{name}", "POST")
        token = hub.ask(f"/users/{name}/tokens", "POST", b"{}").body["token"]
        super().__init__(hub.port, token, f"/user/{name}")
        self.hub = JupyterApi(hub.port, token, "/hub/api")
        self.name, self.uid = name, pwd.getpwnam(name).pw_uid
        self.home = Path(pwd.getpwnam(name).pw_dir)
        self.threads = hub.threads

    def start(self) -> None:
        """Start the user's server, and wait until it and Cellgrant answer."""
        answer = self.hub.ask(f"/users/{self.name}/server", "POST", b"{}")
        assert answer.status in (201, 202), answer
        eventually(lambda: self.api("node").status == 200)

    def stop(self) -> None:
        """Stop the server, and wait until it has ended."""
        self.hub.ask(f"/users/{self.name}/server", "DELETE")
        eventually(lambda: not self.hub.ask(f"/users/{self.name}").body["servers"])

    def notebook(self, name: str, spec: str = "python3") -> Notebook:
        return Notebook(self, name, spec)

    def holders(self) -> list[dict[str, Any]]:
        """The holders of the node, as this user sees them."""
        return self.api("snapshot").body["holders"]

    def claims(self, state: str) -> list[dict[str, Any]]:
        """The claims of the node in this state, as this user sees them."""
        return [it for it in self.api("snapshot").body["claims"] if it["state"] == state]

    def installs(self, name: str, script: str) -> None:
        """Install a kernel in the user's home whose command is this shell script."""
        directory = self.home / ".local/share/jupyter/kernels" / name
        directory.mkdir(parents=True)
        program = directory / "start.sh"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        argv = [str(program), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": name, "language": "python"}
        (directory / "kernel.json").write_text(json.dumps(spec))
        for it in (self.home, *self.home.rglob("*")):
            os.chown(it, self.uid, self.uid, follow_symlinks=False)


class RealHub(JupyterApi):
    """JupyterHub 6 with its proxy; its administrator is a service of the tests'."""

    def __init__(self, node: NodeOfHub, groups: dict[str, list[str]]) -> None:
        super().__init__(free_port(), TOKEN, "/hub/api")
        self._node = node
        self._process: subprocess.Popen[bytes] | None = None
        self.threads = ThreadPoolExecutor(16)
        self.log_path = node.home / "hub.log"
        self._config = node.home / "jupyterhub_config.py"
        self._config.write_text(f"{self._settings(groups)}\n{EXAMPLE.read_text()}")

    @property
    def log(self) -> str:
        """All that the Hub and the servers of its users have logged."""
        return self.log_path.read_text()

    def _settings(self, groups: dict[str, list[str]]) -> str:
        """What differs from an installed Hub: places, ports, who may enter, and quick servers."""
        scopes = ["admin:users", "admin:servers", "admin:groups", "tokens"]
        home = self._node.home
        settings = {
            "JupyterHub.bind_url": f"http://127.0.0.1:{self.port}",
            "JupyterHub.hub_port": free_port(),
            "JupyterHub.db_url": f"sqlite:///{home}/hub.sqlite",
            "JupyterHub.cookie_secret_file": f"{home}/cookie_secret",
            "JupyterHub.cleanup_servers": False,
            "JupyterHub.authenticator_class": "null",
            "Authenticator.allow_all": True,
            "JupyterHub.services": [{"name": "tests", "api_token": TOKEN}],
            "JupyterHub.load_roles": [{"name": "tests", "scopes": scopes, "services": ["tests"]}],
            "JupyterHub.load_groups": {it: {"users": names} for it, names in groups.items()},
            "ConfigurableHTTPProxy.command": [node_path(), str(PROXY)],
            "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{free_port()}",
            "ConfigurableHTTPProxy.pid_file": f"{home}/proxy.pid",
            "Spawner.cmd": [sys.executable, "-m", "jupyterhub.singleuser"],
            "Spawner.args": [WITHOUT_FRONT_ENDS],
            "Spawner.environment": {
                "JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp",
                # Only where the tests' package is not the one that is installed.
                **{it: os.environ[it] for it in ("PYTHONPATH",) if it in os.environ},
            },
        }
        return "\n".join(f"c.{name} = {value!r}" for name, value in settings.items())

    def start(self) -> RealHub:
        """Start it, again where it ran before, and wait until it answers."""
        command = [*self._node.within(), sys.executable, "-m", "jupyterhub", "-f"]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, str(self._config)], stdout=log, stderr=subprocess.STDOUT
            )
        eventually(self._answers)
        return self

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"the Hub ended:\n{self.log}"
        try:
            return self.ask("/users").status == 200
        except OSError:
            return False

    def end(self) -> None:
        """End the Hub and its proxy; the servers of its users stay."""
        self._process.terminate()
        self._process.wait(30)

    def close(self) -> None:
        """End it if it runs."""
        if self._process and self._process.poll() is None:
            self.end()
        self.threads.shutdown()
