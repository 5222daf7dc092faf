"""Round trips of a cell that does nothing, on plain and on gated kernels, in turns.

Usage: ``overhead.py BLOCKS LENGTH``; the sidecar is that of ``CELLGRANT_DIR``. Prints one JSON
object: the round trips in ms on a plain kernel (``plain``), on a gated one (``gated``), and on one
whose cell has a hint and so asks for its grant (``asking``), each as a list of blocks. A round trip
is counted from sending the request to the reply's arrival.
Blocks of cells alternate between the kernels, so that whatever else the machine
does meanwhile meets all alike.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import permutations
from typing import Any

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager
from kernels import READY_MAX_S, spec_of

WARM_UP_BLOCKS = 5
ANSWER_MAX_S = 60
# By what is measured: who starts the kernel, and the cell.
KINDS = {
    "plain": ("plain", "pass"),
    "gated": ("cellgrant", "pass"),
    "asking": ("cellgrant", "#| priority: 0\npass"),
}


def start_kernel(provisioner: str) -> tuple[KernelManager, BlockingKernelClient]:
    """A kernel in this environment, and a client that it has answered."""
    manager = KernelManager()
    manager._kernel_spec = spec_of(provisioner, sys.executable)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=READY_MAX_S)
    return manager, client


def round_trip_ms(client: BlockingKernelClient, code: str) -> float:
    """Run one cell; the time until its reply. Returns when the kernel is idle again."""
    began = time.perf_counter()
    message_id = client.execute(code)
    while not answers(client.get_shell_msg(timeout=ANSWER_MAX_S), message_id):
        pass  # what was left of the greeting
    span = time.perf_counter() - began
    while True:
        message = client.get_iopub_msg(timeout=ANSWER_MAX_S)
        if answers(message, message_id) and message["content"].get("execution_state") == "idle":
            return round(span * 1000, 4)


def answers(message: dict[str, Any], message_id: str) -> bool:
    """Whether a message belongs to this request."""
    return message["parent_header"].get("msg_id") == message_id


def measure(
    clients: dict[str, BlockingKernelClient], blocks: int, length: int
) -> dict[str, list[list[float]]]:
    """So many blocks of each kind, in turns, after a warm-up."""
    spans: dict[str, list[list[float]]] = {kind: [] for kind in clients}
    # What one kind leaves to be done meets each of the others alike.
    orders = list(permutations(clients))
    for block in range(-WARM_UP_BLOCKS, blocks):
        for kind in orders[block % len(orders)]:
            code = KINDS[kind][1]
            took = [round_trip_ms(clients[kind], code) for _ in range(length)]
            if block >= 0:
                spans[kind].append(took)
    return spans


def main(blocks: int, length: int) -> None:
    """Start a kernel for each kind, measure, stop."""
    kernels = {kind: start_kernel(provisioner) for kind, (provisioner, _) in KINDS.items()}
    try:
        clients = {kind: client for kind, (_, client) in kernels.items()}
        spans = measure(clients, blocks, length)
    finally:
        for manager, client in kernels.values():
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    sys.stdout.write(f"{json.dumps(spans)}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
