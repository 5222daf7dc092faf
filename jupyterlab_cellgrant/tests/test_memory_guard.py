"""The memory guard, on real kernels in real cgroups."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import StartKernel
from .notebook_client import NotebookClient
from .real_sidecar import RealSidecar

MIB = 1 << 20

STEPS = """
import time
kept = "kept"
chunks = []
while True:
    chunks.append(bytearray(b"x") * (4 << 20))
    time.sleep(0.02)
"""

HASTY_STEPS = STEPS.replace("    time.sleep(0.02)\n", "")

AT_ONCE = "everything = bytearray(b'x') * (2 << 30)"


@pytest.fixture(autouse=True)
def limited_sidecar(sidecar: RealSidecar) -> RealSidecar:
    """Skips where memory cannot be limited."""
    tier = sidecar.get("node")["tier"]
    if "memory" not in tier["enforced"]:
        pytest.skip(f"memory is not enforced here: {tier['reason']}")
    return sidecar


async def until_dead(notebook: NotebookClient) -> None:
    """Wait until the kernel's process is gone."""
    while await notebook.manager.is_alive():
        await asyncio.sleep(0.05)


def done_claim(sidecar: RealSidecar, *outcomes: str) -> dict[str, Any]:
    """The one claim that ended like this, once there is one."""
    snapshot = sidecar.wait_for(
        lambda it: any(claim.get("outcome") in outcomes for claim in it["claims"])
    )
    (claim,) = [it for it in snapshot["claims"] if it.get("outcome") in outcomes]
    return claim


async def test_a_cell_near_its_limit_is_interrupted_and_told_why(
    sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[MEM3] [MEM6] In its author's unit; the kernel lives on, with its variables."""
    notebook = await start_kernel()
    await notebook.run("hoard = bytearray(b'x') * (200 << 20)")
    message_id = notebook.submit(STEPS, {"memory": "500 MB"})
    reply = await notebook.reply(message_id)
    assert reply["ename"] == "KeyboardInterrupt"
    text = notebook.text(message_id)
    assert "This cell was interrupted" in text
    assert re.search(r"uses \d{3} MB of the 500 MB granted\. .* from 438 MB on", text)
    assert re.search(r"Its kernel kept 2\d\d MB from earlier cells\.", text)
    assert 'Raise "memory"' in text
    assert text.count("This cell was interrupted") == 1
    assert await notebook.evaluate("kept") == "kept"
    assert done_claim(sidecar, "interrupted")["message"] in text


async def test_a_cell_that_allocates_as_fast_as_it_can_is_told_why_it_ended(
    sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[MEM3] Nearly always by the interrupt; on a busy machine the limit may be faster."""
    notebook = await start_kernel()
    notebook.submit(HASTY_STEPS, {"memory": "2 GiB"})
    claim = done_claim(sidecar, "interrupted", "died")
    assert "of the 2 GiB granted" in claim["message"] or "the 2 GiB of" in claim["message"]


async def test_a_kernel_that_kept_much_can_free_it(
    sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[MEM3] What was there before the cell is no reason to interrupt it."""
    notebook = await start_kernel()
    await notebook.run("hoard = bytearray(b'x') * (500 << 20)")
    freed = "import time\nfor _ in range(20): time.sleep(0.02)\ndel hoard"
    reply = await notebook.run(freed, {"memory": "400 MiB"})
    assert reply["status"] == "ok"


async def test_a_killed_kernel_is_explained_and_no_other_notices(
    sidecar: RealSidecar, start_kernel: StartKernel, caplog: pytest.LogCaptureFixture
) -> None:
    """[MEM3] [MEM4] Claim and log name the cause; another kernel's cell runs to its end."""
    other = await start_kernel()
    notebook = await start_kernel()
    waiting = "print('began')\nanswer = input()\nprint('ended', answer)"
    other_id = other.submit(waiting, {"memory": "400 MiB"}, allow_stdin=True)
    await other.until_output(other_id, "began")
    await other.input_request()
    notebook.submit(AT_ONCE, {"memory": "400 MiB"})
    await asyncio.wait_for(until_dead(notebook), 30)
    claim = done_claim(sidecar, "died")
    assert "it reached the 400 MiB of memory granted" in claim["message"]
    assert claim["holderId"] == notebook.manager.kernel_id
    assert claim["memoryPeakBytes"] > 0
    with caplog.at_level("ERROR"):
        await notebook.manager.cleanup_resources()
    (told,) = [it.getMessage() for it in caplog.records if "killed" in it.getMessage()]
    assert claim["message"] in told
    other.client.input("well")
    assert (await other.reply(other_id))["status"] == "ok"
    assert "ended well" in other.text(other_id)


async def test_what_a_short_cell_had_is_known_though_it_is_free_again(
    sidecar: RealSidecar, start_kernel: StartKernel
) -> None:
    """[HIST1] The peak is no sample; the cell after it does not inherit it, nor its CPU time."""
    notebook = await start_kernel()
    await notebook.run("a = 1")
    await notebook.run("del a; hoard = bytearray(b'x') * (200 << 20); del hoard")
    busy = done_claim(sidecar, "ok")
    await notebook.run("b = 1")
    idle = done_claim(sidecar, "ok")
    assert 150 * MIB < busy["memoryPeakBytes"] - idle["memoryPeakBytes"] < 260 * MIB
    assert idle["cpuSeconds"] < busy["cpuSeconds"]


WRITE = """
with open(PATH, "wb", buffering=0) as file:
    block = b"x" * (16 << 20)
    for _ in range(56):
        file.write(block)
"""

READ_AGAIN = """
for _ in range(4):
    with open(PATH, "rb", buffering=0) as file:
        while file.read(16 << 20):
            pass
"""


async def test_what_the_system_can_write_back_or_drop_is_not_held(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path
) -> None:
    """[MEM5] A file larger than the limit is written and read; then nobody waits for its pages."""
    path = f"PATH = {str(tmp_path / 'written')!r}\n"
    notebook = await start_kernel()
    reply = await notebook.run(path + WRITE, {"memory": "400 MiB"})
    assert reply["status"] == "ok"
    claim = done_claim(sidecar, "ok")
    assert claim["memoryPeakBytes"] < 300 * MIB
    await notebook.run(READ_AGAIN)
    ended = await notebook.run("done = True")
    assert ended["status"] == "ok"
    sidecar.wait_for(lambda it: it["holders"][0]["state"] == "idle")
    snapshot = sidecar.wait_for(lambda it: 0 < it["holders"][0]["memoryBytes"] < 300 * MIB)
    assert snapshot["node"]["memoryGrantedBytes"] < 300 * MIB


@pytest.mark.parametrize(
    "hold",
    [
        pytest.param(
            "file = open('/dev/shm/' + NAME, 'wb', buffering=0)\n"
            "os.unlink('/dev/shm/' + NAME)\n"
            "while True: file.write(b'x' * (4 << 20)); time.sleep(0.02)",
            id="a file in memory",
        ),
        pytest.param(
            "file = open(PATH, 'wb+', buffering=0)\n"
            "file.truncate(1 << 30)\n"
            "pages = mmap.mmap(file.fileno(), 1 << 30)\n"
            "start = ctypes.addressof(ctypes.c_char.from_buffer(pages))\n"
            "lock = ctypes.CDLL(None, use_errno=True).mlock\n"
            "for at in range(0, 1 << 30, 4 << 20):\n"
            "    assert lock(ctypes.c_void_p(start + at), ctypes.c_size_t(4 << 20)) == 0\n"
            "    time.sleep(0.02)",
            id="locked pages of a file",
        ),
    ],
)
async def test_what_the_system_cannot_drop_is_held(
    sidecar: RealSidecar, start_kernel: StartKernel, tmp_path: Path, hold: str
) -> None:
    """[MEM5] [MEM3] It interrupts like a process's own memory."""
    path = tmp_path / "held"
    names = f"PATH, NAME = {str(path)!r}, {f'cellgrant-{tmp_path.name}'!r}\n"
    notebook = await start_kernel()
    reply = await notebook.run(
        f"import ctypes, mmap, os, time\n{names}{hold}", {"memory": "400 MiB"}
    )
    assert reply["ename"] == "KeyboardInterrupt"
    assert "of the 400 MiB" in done_claim(sidecar, "interrupted")["message"]
