"""The gate in kernels that know nothing of it, however they are started and by whomever."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pexpect
import pytest

from .conftest import StartKernel, ipykernel_spec
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar
from .test_gate_order import HALF, hold, release


async def passes_the_gate(
    sidecar: RealSidecar, notebook: NotebookClient, holder: NotebookClient, flag: Path
) -> None:
    """What a gated kernel does that a plain one does not, with nothing lost on the way."""
    assert await notebook.evaluate("'jupyterlab_cellgrant' in __import__('sys').modules") is False
    held = await hold(holder, str(flag))
    waiting, queued = (notebook.submit("print('not me')", HALF) for _ in range(2))
    sidecar.wait_for_claims(running=1, waiting=1)
    await notebook.manager.interrupt_kernel()
    assert (await notebook.reply(waiting))["ename"] == "KeyboardInterrupt"
    assert (await notebook.reply(queued))["status"] == "aborted"
    refused = notebook.submit("print('not me')", {"cpus": -1})
    assert (await notebook.reply(refused))["ename"] == "GrantRefused"
    assert await notebook.evaluate("In[-3:-1]") == ["print('not me')"] * 2
    asking = notebook.submit("print(input())", HALF, allow_stdin=True)
    sidecar.wait_for_claims(running=1, waiting=1)
    release(flag)
    await notebook.input_request()
    notebook.client.input("hello")
    assert (await notebook.reply(asking))["status"] == "ok"
    assert notebook.text(asking) == "hello\n"
    await holder.reply(held)
    assert {it["gated"] for it in sidecar.get("holders")} == {True}


@pytest.mark.parametrize("requirement", ["ipykernel>=7", "ipykernel<7"])
async def test_kernel_of_another_environment(
    sidecar: RealSidecar,
    start_kernel: StartKernel,
    make_venv: Callable[..., str],
    tmp_path: Path,
    requirement: str,
) -> None:
    """A kernel whose environment has ipykernel and nothing of ours is gated all the same."""
    python = make_venv(
        f"ipykernel-{requirement[-1]}-{'new' if '>' in requirement else 'old'}", requirement
    )
    notebook = await start_kernel(ipykernel_spec(python))
    assert await notebook.evaluate("__import__('sys').executable") == python
    await passes_the_gate(sidecar, notebook, await start_kernel(), tmp_path / "go")


WRAPPERS = {
    "exec, quoted": 'exec {python} -m ipykernel "$@"',
    "exec, unquoted": "exec {python} -m ipykernel_launcher $@",
    "stays": '{python} -m ipykernel_launcher "$@"',
    "runs its arguments": 'exec "$@"',
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
async def test_wrapper_script(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path, wrapper: str
) -> None:
    """A script as the kernelspec's command (modules, activation) hands the gate on."""
    script = tmp_path / "kernel.sh"
    script.write_text(f"#!/bin/bash\n{WRAPPERS[wrapper]}\n".format(python=sys.executable))
    script.chmod(0o755)
    program = [sys.executable, "-m", "ipykernel_launcher"] if "arguments" in wrapper else []
    argv = [str(script), *program, "-f", "{connection_file}"]
    notebook = await start_kernel(ipykernel_spec(argv=argv))
    assert await notebook.evaluate("[it for it in dir() if not it.startswith('_')]") == [
        "In", "Out", "exit", "get_ipython", "open", "quit"
    ]  # fmt: skip
    await passes_the_gate(sidecar, notebook, await start_kernel(), tmp_path / "go")


async def test_command_of_code(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """A kernelspec may start ipykernel by ``-c``."""
    code = "from ipykernel.kernelapp import launch_new_instance as it; it()"
    argv = [sys.executable, "-c", code, "-f", "{connection_file}"]
    notebook = await start_kernel(ipykernel_spec(argv=argv))
    await passes_the_gate(sidecar, notebook, await start_kernel(), tmp_path / "go")


KERNEL = """
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

class Echo(Kernel):
    implementation = banner = "Echo"
    implementation_version = "1"
    language_info = {"name": "text", "mimetype": "text/plain", "file_extension": ".txt"}

    def do_execute(self, code, silent, store_history=True, user_expressions=None,
                   allow_stdin=False):
        if code.startswith("twice "):
            self.do_execute(code[6:], silent)
            return self.do_execute(code[6:], silent)
        if not silent:
            self.send_response(self.iopub_socket, "stream", {"name": "stdout", "text": code})
        return {"status": "ok", "execution_count": self.execution_count, "payload": [],
                "user_expressions": {}}

if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=Echo)
"""


async def test_kernel_of_another_language(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """Any kernel on ipykernel's base class is gated, a synchronous one too."""
    (tmp_path / "echo_kernel.py").write_text(KERNEL)
    argv = [sys.executable, "-m", "echo_kernel", "-f", "{connection_file}"]
    notebook, holder = await start_kernel(ipykernel_spec(argv=argv)), await start_kernel()
    held = await hold(holder, str(tmp_path / "go"))
    waiting, queued = (notebook.submit("not me", HALF) for _ in range(2))
    sidecar.wait_for_claims(running=1, waiting=1)
    await notebook.manager.interrupt_kernel()
    assert (await notebook.reply(waiting))["ename"] == "KeyboardInterrupt"
    assert notebook.error(waiting)["ename"] == "KeyboardInterrupt"
    assert (await notebook.reply(queued))["status"] == "aborted"
    twice = notebook.submit("twice hello", HALF)
    sidecar.wait_for_claims(running=1, waiting=1)
    release(tmp_path / "go")
    assert (await notebook.reply(twice))["status"] == "ok"
    assert notebook.text(twice) == "hellohello"
    await holder.reply(held)
    sidecar.wait_for_claims(running=0, waiting=0)


async def test_command_that_is_left_alone(sidecar: RealSidecar, start_kernel: StartKernel) -> None:
    """A command that nothing is known of starts as it is; the kernel is confined, and so shown."""
    code = "import sys; sys.argv[1:1] = ['-f']; from ipykernel.kernelapp import main; main()"
    argv = ["/usr/bin/env", sys.executable, "-c", code, "{connection_file}"]
    notebook = await start_kernel(ipykernel_spec(argv=argv))
    assert await notebook.evaluate("1 + 1", HALF) == 2
    (kernel,) = sidecar.get("holders")
    assert kernel["gated"] is False
    assert sidecar.claims("done") == []


async def test_kernel_whose_gate_never_speaks(
    sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[ENF7] What its launcher expects makes no kernel gated: some are programs of their own, as
    xeus-python is, and no cell of theirs asks."""
    code = (
        "import sys; sys.meta_path[:] = [it for it in sys.meta_path if 'cellgrant' not in repr(it)]\n"
        "from ipykernel.kernelapp import main; main()"
    )
    argv = [sys.executable, "-c", code, "-f", "{connection_file}"]
    notebook = await start_kernel(ipykernel_spec(argv=argv))
    assert await notebook.evaluate("1 + 1", HALF) == 2
    snapshot = sidecar.wait_for(lambda it: len(it["holders"]) == 1)
    assert snapshot["holders"][0]["gated"] is False
    assert sidecar.claims("done") == []
    gated = await start_kernel()
    kernels = {it["id"]: it["gated"] for it in sidecar.get("holders")}
    assert kernels[gated.manager.kernel_id] is True


def environment() -> dict[str, str]:
    """What a terminal of the user's Jupyter server has."""
    return {**os.environ, "JUPYTER_DEFAULT_PROVISIONER_NAME": "cellgrant"}


async def test_nbclient(sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path) -> None:
    """A client that sends no metadata asks by a directive, waits, and saves a clean notebook."""
    holder = await start_kernel()
    held = await hold(holder, str(tmp_path / "go"))
    source = "#| memory: 2500 MiB\nprint('ran')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for _ in range(2)])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    command = [sys.executable, "-m", "jupyter", "execute", "--inplace", "a.ipynb"]
    process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=environment())
    sidecar.wait_for_claims(running=1, waiting=1)
    release(tmp_path / "go")
    assert await process.wait() == 0
    await holder.reply(held)
    cells = nbformat.read(tmp_path / "a.ipynb", 4).cells
    outputs = [[it["text"] for it in cell["outputs"]] for cell in cells]
    assert outputs == [["ran\n"], ["ran\n"]]
    sidecar.wait_for(lambda it: len(it["holders"]) == 1)


async def test_console(sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path) -> None:
    """jupyter console: Ctrl-C gives a waiting cell up, and the prompt comes back."""
    holder = await start_kernel()
    held = await hold(holder, str(tmp_path / "go"))
    arguments = ["-m", "jupyter", "console", "--simple-prompt", "--kernel", "python3"]
    console = pexpect.spawn(sys.executable, arguments, env=environment(), timeout=60)
    try:
        console.expect_exact("In [1]:")
        console.sendline("#| memory: 2500 MiB\n")
        sidecar.wait_for_claims(running=1, waiting=1)
        console.sendintr()
        console.expect_exact("KeyboardInterrupt")
        console.expect_exact("In [2]:")
        console.sendline("6 * 7\n")
        console.expect_exact("42")
    finally:
        console.close(force=True)
    release(tmp_path / "go")
    await holder.reply(held)
