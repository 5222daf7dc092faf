"""``cellgrant profile``: what the cells of notebooks need, found out by running them alone."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import api
from .amounts import measured, number
from .exchange import exchange, query_of
from .failure import Failure, say
from .options import setting, settings_of
from .output import json_option, print_json, show, table

if TYPE_CHECKING:
    from nbclient import NotebookClient

LOOK_EVERY_S = 1.0
# An execution is stored within a second of its end (HIST2).
STORED_WITHIN_S = 10.0


@click.command()
@click.argument("notebooks", nargs=-1, required=True, metavar="NOTEBOOK...")
@click.option(
    "--out",
    metavar="DIRECTORY",
    help="Where traces are written; beside each notebook if absent.",
)
@click.option("--runs", type=click.IntRange(1, 100), default=1, help="How often each is run.")
@click.option(
    "--cell-timeout",
    type=click.IntRange(1),
    metavar="SECONDS",
    help="Interrupt a cell that runs longer; without this, for as long as it runs.",
)
@click.option(
    "--beside-others",
    is_flag=True,
    help="Do not wait until no other cell runs: the figures are of a shared node then.",
)
@setting("node")
@json_option
def profile(notebooks: tuple[str, ...], runs: int, as_json: bool, **said: Any) -> int:
    """Run notebooks without a person, alone on the node, and write a trace of what each cell used.

    The notebooks themselves are not changed. What their cells used is remembered, so that the next
    run needs no hints; a trace teaches the same to another node (cellgrant history import), and
    cellgrant replay shows what other policies would have done with it.

    \b
    Examples:
      cellgrant profile analysis.ipynb         writes analysis.trace.json
      cellgrant profile --runs 3 course/*.ipynb
    """
    node = settings_of(said).node
    books = [_Book(Path(it), said["out"], said["cell_timeout"], node) for it in notebooks]
    _refuse_same_traces(books)
    api.get("snapshot")  # before anything runs: somebody has to measure it
    failed = False
    for book in books:
        for _ in range(runs):
            said["beside_others"] or _wait_until_alone()
            failed = asyncio.run(book.run()) or failed
            if book.is_interrupted:
                break
        book.write()
        if book.is_interrupted:
            break
    if as_json:
        print_json([{"notebook": str(it.path), "trace": str(it.trace)} for it in books])
    else:
        show(*(it.shown() for it in books))
    return 1 if failed else 0


def _refuse_same_traces(books: list[_Book]) -> None:
    """Of two notebooks whose traces would be one file, nobody would see which was lost."""
    first: dict[Path, _Book] = {}
    for book in books:
        other = first.setdefault(book.trace, book)
        if other.path != book.path:
            raise Failure(
                f"{other.path} and {book.path} would both write {book.trace}: "
                "profile them one after the other, each with an --out of its own."
            )


class _Book:
    """A notebook, and what its runs came to."""

    def __init__(self, path: Path, out: str | None, timeout_s: int | None, node: str) -> None:
        import nbformat

        self.path = path
        self._timeout_s = timeout_s
        self._node = node
        self.trace = Path(out or path.parent) / f"{path.stem}.trace.json"
        self.is_interrupted = False
        self._rows: list[dict[str, Any]] = []
        if not os.access(self.trace.parent, os.W_OK | os.X_OK):
            raise Failure(f"{self.trace.parent} is no directory that can be written to.")
        try:
            self._notebook = nbformat.read(path, as_version=4)
        except FileNotFoundError as error:
            raise Failure(f"{path} does not exist.") from error
        except (OSError, ValueError, nbformat.ValidationError) as error:
            raise Failure(f"{path} is no notebook that can be read: {error}") from error

    async def run(self) -> bool:
        """Run all cells in a kernel of their own; whether one of them failed."""
        client = self._client()
        manager = client.km
        await client.async_start_new_kernel(cwd=str(self.path.parent or "."), env=self._env())
        await client.async_start_new_kernel_client()
        sources: list[str] = []
        running = asyncio.ensure_future(self._run_cells(client, sources))

        def interrupt() -> None:
            self.is_interrupted = True
            running.cancel()

        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
        failed = True
        try:
            failed = await running
        except asyncio.CancelledError:
            pass  # nbclient takes most of them for the death of the kernel
        finally:
            client.kc.stop_channels()
            await manager.shutdown_kernel()
        if self.is_interrupted:
            say(f"{self.path}: interrupted; the trace goes as far as this.")
        self._rows += await _stored(self._node, manager.kernel_id, sources)
        return failed

    async def _run_cells(self, client: NotebookClient, sources: list[str]) -> bool:
        from nbclient.exceptions import CellControlSignal, DeadKernelError

        cells = [(at, it) for at, it in enumerate(client.nb.cells) if it.cell_type == "code"]
        for done, (at, cell) in enumerate(cells, 1):
            say(f"{self.path}: cell {done} of {len(cells)}")
            cell.source.strip() and sources.append(cell.source)
            try:
                await client.async_execute_cell(cell, at)
            except (CellControlSignal, DeadKernelError) as error:
                why = str(error).strip().splitlines()[-1]
                self.is_interrupted or say(
                    f"{self.path}: cell {done} failed ({why}); the trace goes as far as this cell."
                )
                return True
        return False

    def _client(self) -> NotebookClient:
        try:
            from nbclient import NotebookClient
        except ImportError as error:
            raise Failure("profile needs nbclient: pip install nbclient") from error
        import copy

        from jupyter_client.kernelspec import NoSuchKernel
        from jupyter_client.manager import AsyncKernelManager

        name = self._notebook.metadata.get("kernelspec", {}).get("name", "python3")
        manager = AsyncKernelManager(kernel_name=name)
        try:
            spec = manager.kernel_spec
        except NoSuchKernel as error:
            raise Failure(
                f"{self.path} wants the kernel {name!r}, which is not installed."
            ) from error
        assert spec is not None
        spec.metadata["kernel_provisioner"] = {"provisioner_name": "cellgrant"}
        return NotebookClient(copy.deepcopy(self._notebook), km=manager, timeout=self._timeout_s)

    def _env(self) -> dict[str, str]:
        return {**os.environ, "JPY_SESSION_NAME": str(self.path.absolute())}

    def write(self) -> None:
        """The trace, whole or not at all."""
        lines = ",\n".join(json.dumps(it) for it in self._rows)
        half = self.trace.with_name(f".{self.trace.name}.part")
        half.write_text(f"[\n{lines}\n]\n")
        half.replace(self.trace)

    def shown(self) -> Any:
        """What the cells used, as a table."""
        return table(f"{self.path}, in {self.trace}", [_row(it) for it in self._rows])


def _row(it: dict[str, Any]) -> dict[str, str]:
    began, ended = (_time(it[name] or it["ended"]) for name in ("granted", "ended"))
    return {
        "CELL": it["label"] or "-",
        "RAN": f"{(ended - began).total_seconds():.1f} s",
        "CPUS": number(it["cpusPeak"]),
        "CPU TIME": f"{number(it['cpuSeconds'])} s",
        "MEMORY": measured(it["memoryPeakBytes"]),
        "GPU MEMORY": measured(it["gpuMemoryPeakBytes"]),
        "OUTCOME": it["outcome"],
    }


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def _wait_until_alone() -> None:
    """Until no cell runs: what a cell needs shows only if it gets it."""
    told = ""
    while running := [it for it in api.get("snapshot")["claims"] if it["state"] == "running"]:
        names = ", ".join(sorted({it["holderName"] for it in running}))
        if names != told:
            told = names
            say(f"waiting until nothing else runs: {names}. --beside-others does not wait.")
        time.sleep(LOOK_EVERY_S)


async def _stored(node: str, holder_id: str, sources: list[str]) -> list[dict[str, Any]]:
    """The rows of a kernel, as files have them, with the hash of each source."""
    query = query_of({"holderId": holder_id})
    until = time.monotonic() + STORED_WITHIN_S
    while len(api.get(f"history?{query}")["executions"]) < len(sources):
        if time.monotonic() > until:
            break
        await asyncio.sleep(0.2)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        exchange(node, ["export", str(api.socket_path()), str(file), query])
        rows: list[dict[str, Any]] = json.loads(file.read_text())
    # The sidecar tells nobody its hashes, and another one would have another key (HIST3).
    hashes = {
        f"[{count}]": hashlib.sha256(it.encode("utf-8", "surrogatepass")).hexdigest()
        for count, it in enumerate(sources, 1)
    }
    return [{**it, "sourceSha256": hashes.get(it["label"])} for it in rows]
