"""What a real kernel is granted for the ``#|`` lines of its cells, whatever tools they are for."""

from __future__ import annotations

import pytest

from .conftest import StartKernel
from .real_sidecar import RealSidecar

CAPTION = """\
#| fig-cap: |
#|   Loss by epoch
#|   time: wall clock
#| fig-subcap:
#|   - "time: short runs"
#| lst-cap: Speed, priority=1e3
"""

# Each asks for one CPU; some lose it, some are refused, where their lines are not read as meant.
CELLS = {
    "quarto": CAPTION + "#| cpus: 1\nprint('ran')",
    "black": "# | cpus: 1\nprint('ran')",
    "magics": "\n%%time\n%%capture --no-stdout\n\n#| cpus: 1\nprint('ran')",
    "shell": "%%bash\n  #| cpus: 1\necho ran",
    "nbdev": "#|export\n#| default_exp core\n#| cpus: 1\nprint('ran')",
}


@pytest.fixture
def asks_of(sidecar: RealSidecar):
    """What each cell that is done asked for, by its label."""
    return lambda: {it["label"]: it["ask"]["cpus"] for it in sidecar.claims("done")}


async def test_dialects(start_kernel: StartKernel, asks_of) -> None:
    """[ADM12] A cell with options of other tools runs, and is granted what it asks among them."""
    notebook = await start_kernel()
    for count, (dialect, code) in enumerate(CELLS.items(), 1):
        message_id = notebook.submit(code)
        assert (await notebook.reply(message_id))["status"] == "ok", dialect
        assert notebook.text(message_id).startswith("ran"), dialect
        assert asks_of()[f"[{count}]"] == {"kind": "fixed", "n": 1}, dialect


async def test_what_is_not_ours(start_kernel: StartKernel, asks_of) -> None:
    """[ADM12, ADM13] Neither another tool's text nor a name that is nearly ours refuses a cell."""
    notebook = await start_kernel()
    for code in [CAPTION, "#| memroy: lots", "%%html\n#| cpus: many", "#| time: 3 x"]:
        reply = await notebook.run(f"{code}\nx = 1")
        assert reply["status"] == ("error" if code == "#| time: 3 x" else "ok")
    assert asks_of()["[1]"] == {"kind": "auto"}
