"""Cells inside of cells: what the inner ones ask for comes out of what the outer ones hold."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from .conftest import StartKernel, ipykernel_spec
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar
from .test_gate_order import HALF, release

ALONE = {"exclusive": True, "cpus": 1}

TAKE_UP = """
import asyncio, os
print('outer')
while 'inner' not in globals():
    await get_ipython().kernel.do_one_iteration()
    await asyncio.sleep(.01)
while not os.path.exists({flag!r}):
    await asyncio.sleep(.01)
"""

CLIENTS = {
    "in the kernel": """
        import nbclient, nbformat
        nbclient.NotebookClient(nbformat.read({path!r}, 4), kernel_name='python3').execute()
    """,
    "in a process of its own": """
        import subprocess, sys
        subprocess.run([sys.executable, '-m', 'jupyter', 'execute', {path!r}], check=True)
    """,
}


async def start_outer(start_kernel: StartKernel) -> NotebookClient:
    """A kernel whose own cells start kernels that are gated, as those of a Jupyter server do."""
    return await start_kernel(env={**os.environ, "JUPYTER_DEFAULT_PROVISIONER_NAME": "cellgrant"})


def write_notebook(path: Path, *sources: str) -> str:
    """A notebook of these cells."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return str(path)


def wait_for(flag: Path) -> str:
    """Code that waits for a file."""
    return f"import os, time\nwhile not os.path.exists({str(flag)!r}): time.sleep(.01)"


async def test_cell_that_takes_up_another(
    sidecar: RealSidecar,
    start_kernel: StartKernel,
    make_venv: Callable[..., str],
    tmp_path: Path,
) -> None:
    """[GATE2] [GATE4] [ADM10] The outer cell keeps its claim, and the inner one draws on it."""
    python = make_venv("ipykernel-7-old", "ipykernel<7")
    notebook, other = await start_kernel(ipykernel_spec(python)), await start_kernel()
    outer = notebook.submit(TAKE_UP.format(flag=str(tmp_path / "go")), {**HALF, **ALONE})
    await notebook.until_output(outer, "outer")
    inner = notebook.submit("inner = 1", {**HALF, **ALONE})
    assert (await notebook.reply(inner))["status"] == "ok"
    (done,) = sidecar.wait_for_claims(running=1, done=1)["claims"][1:]
    (held,) = sidecar.claims("running")
    assert (held["label"], done["label"]) == ("[1]", "[2]")
    assert done["grant"]["cpus"] == held["grant"]["cpus"]
    # Nobody else has what the outer cell still holds.
    waiting = other.submit("1", ALONE)
    sidecar.wait_for_claims(running=1, waiting=1)
    release(tmp_path / "go")
    assert (await other.reply(waiting))["status"] == "ok"
    done = sidecar.wait_for_claims(running=0, waiting=0, done=3)["claims"]
    assert {it["outcome"] for it in done} == {"ok"}


@pytest.mark.parametrize("client", CLIENTS)
async def test_cell_that_runs_a_notebook(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path, client: str
) -> None:
    """[ADM10] [ENF4] It does not wait for itself, whoever runs it, also over a restart."""
    hints = "#| memory: 2500 MiB, exclusive: true, cpus: 1\n"
    first = (
        hints + "import os; print(sorted(os.sched_getaffinity(0)))\n" + wait_for(tmp_path / "go")
    )
    path = write_notebook(tmp_path / "inner.ipynb", first, hints + wait_for(tmp_path / "go"))
    code = "\n".join(line.strip() for line in CLIENTS[client].format(path=path).split("\n"))
    notebook = await start_outer(start_kernel)
    outer = notebook.submit(code, {**HALF, **ALONE})
    before = sidecar.wait_for_claims(running=2)
    cpus = {it["grant"]["cpus"] for it in before["claims"] if it["state"] == "running"}
    assert len(cpus) == 1
    sidecar.kill()
    sidecar.start()
    after = sidecar.wait_for_claims(running=2)
    names = {it["parentHolderId"] for it in after["holders"]}
    assert len(names) == 2
    assert names - {None} <= {it["id"] for it in after["holders"]}
    # Each is held to the CPU of the tree, which counts once.
    assert after["node"]["cpusGranted"] == 1
    assert after["node"]["memoryGrantedBytes"] < 3000 * 2**20
    release(tmp_path / "go")
    reply = await notebook.reply(outer)
    assert reply["status"] == "ok", notebook.text(outer)
    done = sidecar.wait_for_claims(running=0, waiting=0, done=3)["claims"]
    assert {it["outcome"] for it in done} == {"ok"}


async def test_notebooks_that_would_wait_in_a_circle(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[ADM10] Two cells whose notebooks need what the other cell holds: one is refused."""
    path = write_notebook(tmp_path / "inner.ipynb", "#| memory: 3000 MiB\nprint('ran')")
    client = CLIENTS["in the kernel"].format(path=path)
    code = "\n".join(line.strip() for line in f"{wait_for(tmp_path / 'go')}\n{client}".split("\n"))
    notebooks = [await start_outer(start_kernel) for _ in range(2)]
    cells = [it.submit(code, {"memory": "1500 MiB"}) for it in notebooks]
    sidecar.wait_for_claims(running=2)
    release(tmp_path / "go")
    replies = [await it.reply(cell) for it, cell in zip(notebooks, cells)]
    assert sorted(it["status"] for it in replies) == ["error", "ok"]
    (refused,) = [it for it in replies if it["status"] == "error"]
    assert "runs inside a cell of" in refused["evalue"]
    sidecar.wait_for_claims(running=0, waiting=0)
