"""A forked process speaks for itself, and has what it was granted itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from jupyterlab_cellgrant.client.wire import UNGATED

from .conftest import StartKernel
from .real_sidecar import RealSidecar
from .scripted_sidecar import Message, ScriptedSidecar, grant_everything
from .test_thread_pools import libgomp

FORKS_UNDER_A_GRANT = """
import ctypes, json, os
from jupyterlab_cellgrant.client.client import Client
from jupyterlab_cellgrant.client.holder import Holder

gomp = ctypes.CDLL({libgomp!r})

def seen():
    variable = os.environ.get('PYTHON_CPU_COUNT')
    return gomp.omp_get_max_threads(), sorted(os.sched_getaffinity(0)), variable

found = [seen()]
with Client(Holder('command', 'outer', 'outer', os.getpid())) as outer:
    with outer.claim({{}}, label='narrow').applied():
        found.append(seen())
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            with Client(Holder('cell', 'inner', 'inner', os.getpid(), 'outer')) as inner:
                with inner.claim({{}}, label='wide').applied():
                    found.append(seen())
                found.append(seen())
            os.write(write, json.dumps(found).encode())
            os._exit(0)
        os.waitpid(child, 0)
        found.append(seen())
print(json.dumps([json.loads(os.read(read, 4096)), found]))
"""


def test_a_fork_has_its_own_grant_and_not_its_parents(
    scripted_sidecar: ScriptedSidecar, cpus: list[int]
) -> None:
    """[GATE10] [CPU2] Also where that is larger than the one under which it was forked."""
    wide, every = ",".join(map(str, cpus)), sorted(os.sched_getaffinity(0))
    grants = {
        label: {**UNGATED, "threads": n, "affinity": cpu_list, "env": {"PYTHON_CPU_COUNT": str(n)}}
        for label, n, cpu_list in (("narrow", 1, str(cpus[0])), ("wide", 2, wide))
    }

    def answer(message: Message) -> list:
        if message["type"] != "claim":
            return grant_everything(message)
        return [{"type": "granted", "id": message["id"], "grant": grants[message["label"]]}]

    scripted_sidecar.answer = answer
    script = FORKS_UNDER_A_GRANT.format(libgomp=libgomp())
    env = {it: value for it, value in os.environ.items() if not it.endswith("_NUM_THREADS")}
    ran = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True
    )
    child, parent = json.loads(ran.stdout)
    plain, narrow = [len(every), every, None], [1, cpus[:1], "1"]
    assert parent == [plain, narrow, narrow]
    assert child == [plain, narrow, [2, cpus, "2"], [2, every, None]]


FORKS = """
import os, sys
from multiprocessing import get_context
from _cellgrant_gate.client.client import Client
from _cellgrant_gate.client.holder import Holder
from _cellgrant_gate.kernel.hook import _gates

def own_sockets():
    links = [f'/proc/self/fd/{{it}}' for it in os.listdir('/proc/self/fd')]
    return {{os.readlink(it) for it in links if os.path.exists(it) and 'socket:' in os.readlink(it)}}

def work(pipe, gates):
    left = own_sockets() & gates
    holder = Holder('cell', 'child-of-it', 'a child', os.getpid(), os.environ['CELLGRANT_KERNEL_ID'])
    holder.token = _gates[0].holder.token
    with Client(holder) as client:
        holding = client.claim({hints!r}, label='[child]')
        pipe.send((len(left), holding.grant['memoryBytes']))
        pipe.recv()
        holding.release()

import socket
def gate_sockets():
    found = set()
    for it in map(int, os.listdir('/proc/self/fd')):
        try:
            made = socket.socket(fileno=it)
        except OSError:
            continue  # no socket
        try:
            if str(made.getpeername()).endswith('gate.sock'):
                found.add(os.readlink(f'/proc/self/fd/{{it}}'))
        except OSError:
            pass  # not connected
        finally:
            made.detach()
    return found

context = get_context('fork')
ours, theirs = context.Pipe()
gates = gate_sockets()
child = context.Process(target=work, args=(theirs, gates))
child.start()
print(len(gates), *ours.recv(), flush=True)
input()
ours.send(None)
child.join()
print(child.exitcode)
"""


async def test_a_forked_child_speaks_for_itself(
    sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[GATE10] Its claim is its own, over a connection of its own; its parent's is closed in it."""
    notebook = await start_kernel()
    small = {"memory": "256 MiB"}
    running = notebook.submit(FORKS.format(hints=small), {"memory": "512 MiB"}, allow_stdin=True)
    await notebook.input_request()
    claims = {it["label"]: it for it in sidecar.wait_for_claims(running=2)["claims"]}
    assert claims["[child]"]["holderId"] == "child-of-it"
    assert claims["[1]"]["holderId"] == notebook.manager.kernel_id
    notebook.client.input("")
    assert (await notebook.reply(running))["status"] == "ok"
    assert notebook.text(running).split() == ["1", "0", str(256 << 20), "0"]
    done = sidecar.wait_for_claims(running=0, done=2)["claims"]
    assert [it["outcome"] for it in done] == ["ok", "ok"]
