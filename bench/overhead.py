"""What the gate adds to a cell: the same cell on a plain and on gated kernels, in turns.

Prints one JSON object: ``n`` round trips of each kind, and their quantiles in
ms: on a plain kernel, on a gated one, and on one whose cell has a hint and so
asks for its grant. A round trip is counted from sending the request to the
reply's arrival.
Blocks of cells alternate between the kernels, so that whatever else the machine
does meanwhile meets both alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from jupyterlab_cellgrant.sidecar_process import program

BLOCK = 10
ANSWER_MAX_S = 60
CODES = ("pass", "pass", "#| priority: 0\npass")


def start_kernel(provisioner: str) -> tuple[KernelManager, BlockingKernelClient]:
    """A kernel in this environment, and a client that it has answered."""
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name=provisioner,
        language="python",
        metadata={"kernel_provisioner": {"provisioner_name": provisioner}},
    )
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=ANSWER_MAX_S)
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
            return span * 1000


def answers(message: dict[str, Any], message_id: str) -> bool:
    """Whether a message belongs to this request."""
    return message["parent_header"].get("msg_id") == message_id


def measure(kinds: list[tuple[BlockingKernelClient, str]], n: int) -> list[list[float]]:
    """``n`` round trips of each, in alternating blocks, after a warm-up."""
    spans: list[list[float]] = [[] for _ in kinds]
    for kind in kinds:
        for _ in range(BLOCK * 5):
            round_trip_ms(*kind)
    for block in range(0, n, BLOCK):
        # Each goes first in its turn.
        first = block // BLOCK % len(kinds)
        for which in [*range(first, len(kinds)), *range(first)]:
            spans[which] += [round_trip_ms(*kinds[which]) for _ in range(BLOCK)]
    return spans


def quantiles(spans: list[float]) -> dict[str, float]:
    """The two figures that the report gives."""
    percentiles = statistics.quantiles(spans, n=100, method="inclusive")
    return {"p50": round(percentiles[49], 3), "p99": round(percentiles[98], 3)}


def report(plain: list[float], gated: list[float], asking: list[float]) -> dict[str, object]:
    """The report; what is added is the difference of the quantiles."""
    plain_ms, gated_ms, asking_ms = quantiles(plain), quantiles(gated), quantiles(asking)

    def added(to: dict[str, float]) -> dict[str, float]:
        return {name: round(to[name] - plain_ms[name], 3) for name in plain_ms}

    return {
        "n": len(plain),
        "plainMs": plain_ms,
        "gatedMs": gated_ms,
        "addedMs": added(gated_ms),
        "askingMs": asking_ms,
        "addedByAskingMs": added(asking_ms),
    }


def main() -> None:
    """Measure with a sidecar of our own, and print the report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("-n", type=int, default=1000, help="round trips of each kind")
    arguments.add_argument("--node", default="node", help="the Node to run the sidecar with")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="cg-") as directory:
        # Of its own, whatever sidecar this user has (ENF11).
        os.environ["CELLGRANT_DIR"] = os.environ["CELLGRANT_SCOPE"] = directory
        command = [*program(options.node), "--dir", directory, "--with-parent"]
        sidecar = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        sidecar.stdout.readline()
        kernels = [start_kernel(it) for it in ("local-provisioner", "cellgrant", "cellgrant")]
        try:
            clients = [client for _, client in kernels]
            spans = measure(list(zip(clients, CODES, strict=True)), options.n)
        finally:
            for manager, client in kernels:
                client.stop_channels()
                manager.shutdown_kernel(now=True)
            sidecar.communicate()
    sys.stdout.write(f"{json.dumps(report(*spans))}\n")


if __name__ == "__main__":
    main()
