"""How soon a waiting cell runs after the one that it waits for has ended or was killed.

Usage: ``release.py ROUNDS KILLS``. Two kernels whose cells want more than half of the node's
memory, so that one waits for the other; the sidecar is that of ``CELLGRANT_DIR``. Prints
``{"releaseMs": [...], "killReleaseMs": [...]}``.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time

from kernels import READY_MAX_S, Kernel

CLAIM = "#| memory: 3 GiB\n"
HOLD_S = 0.1
HOLDING = f"{CLAIM}import time; print('runs', flush=True); time.sleep({HOLD_S})"
HOLDING_ON = f"{CLAIM}import time; print('runs', flush=True); time.sleep(60)"
WAITING = f"{CLAIM}import time; began = time.time()"


async def begin(kernel: Kernel, code: str) -> asyncio.Task[float]:
    """Send a cell, wait until it runs; the task ends with its reply, and tells when that came."""

    async def reply() -> float:
        await kernel.run(code, "None")
        return time.time()

    task = asyncio.create_task(reply())
    while (await kernel.client.get_iopub_msg(timeout=None))["msg_type"] != "stream":
        pass
    return task


async def after_release(holder: Kernel, waiter: Kernel) -> float:
    """From the reply of a cell to the start of the one that waited for it."""
    replied = await begin(holder, HOLDING)
    waited = asyncio.create_task(waiter.run(WAITING, "began"))
    return 1000 * (await waited - await replied)


async def after_kill(holder: Kernel, waiter: Kernel) -> float:
    """From the kill of a kernel to the start of the cell that waited for it."""
    lost = await begin(holder, HOLDING_ON)
    waited = asyncio.create_task(waiter.run(WAITING, "began"))
    await asyncio.sleep(HOLD_S)
    lost.cancel()
    killed = time.time()
    os.kill(holder.manager.provisioner.pid, signal.SIGKILL)
    began = await waited
    await holder.manager.restart_kernel(now=True)
    await holder.client.wait_for_ready(timeout=READY_MAX_S)
    return 1000 * (began - killed)


async def main(rounds: int, kills: int) -> None:
    """Start two kernels, measure, stop."""
    kernels = [await Kernel().start("cellgrant", sys.executable) for _ in range(2)]
    try:
        releases = [await after_release(*kernels) for _ in range(rounds)]
        killings = [await after_kill(*kernels) for _ in range(kills)]
        report = {"releaseMs": releases, "killReleaseMs": killings}
        sys.stdout.write(f"{json.dumps(report)}\n")
    finally:
        for it in kernels:
            await it.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
