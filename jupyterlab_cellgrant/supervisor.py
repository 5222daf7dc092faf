"""Keeps one sidecar running for this user: its own, or one that runs already."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import deque
from pathlib import Path

from .health import is_healthy
from .node_runtime import NodeMissingError, find_node
from .paths import API_SOCKET, DIRECTORY_ENV
from .settings import Cellgrant
from .sidecar_process import (
    SidecarError,
    command,
    ensure_private,
    environment,
    first_words,
    is_own,
    served_elsewhere,
    take_lock,
)
from .standing import State, Status

READY_WITHIN_S = 20.0
HEALTH_EVERY_S = 1.0
# A sidecar that is alive but answers nobody for this long is ended, and so restarted.
HUNG_AFTER_S = 30.0
# Another sidecar may hold the lock for this many tries, some 2 s, before that is worth a word.
PATIENCE_TRIES = 4
STOP_WITHIN_S = 5.0
BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 30.0
# After running this long a sidecar has shown that it can; its next end is a first one.
STABLE_AFTER_S = 60.0
LAST_WORDS_LINES = 3
LINE_BYTES_MAX = 64 * 1024
LEVELS = {"warning:": logging.WARNING, "error:": logging.ERROR}


class Supervisor:
    """Starts, watches, restarts and stops the sidecar of one directory.

    A sidecar that runs already is joined and watched; when it goes away, the
    supervisor starts its own. Where this user's runs in another directory (ENF11), that
    is the one from then on: for this server's kernels and terminals, too. ``run`` ends only
    when it is cancelled; nothing that goes wrong with the sidecar is an exception outside.
    """

    def __init__(
        self,
        directory: Path,
        settings: Cellgrant,
        *,
        log: logging.Logger,
        hung_after_s: float = HUNG_AFTER_S,
    ) -> None:
        self.directory = directory
        self.status = Status("starting", "Cellgrant's sidecar is starting.")
        self._settings = settings
        self._log = log
        self._hung_after_s = hung_after_s
        self._process: asyncio.subprocess.Process | None = None
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS_LINES)
        self._failures = 0
        self._elsewhere: Path | None = None

    @property
    def api_socket(self) -> Path:
        """The socket of the sidecar's API."""
        return self.directory / API_SOCKET

    @property
    def pid(self) -> int | None:
        """The pid of the sidecar started here, while it runs."""
        return self._process.pid if self._process else None

    async def run(self) -> None:
        """Keep a sidecar running until cancelled."""
        while True:
            try:
                ensure_private(self.directory)
                if await is_healthy(self.directory):
                    await self._join()
                elif (lock := take_lock(self.directory)) is not None:
                    await self._run_own(lock)
                else:
                    await self._await_other()
            except (NodeMissingError, SidecarError, OSError) as error:
                self._become("away", f"Cellgrant is off: {error}", logging.ERROR)
                await self._back_off()

    async def stop(self) -> None:
        """Stop the sidecar started here, gracefully where it listens. Idempotent."""
        self.status = Status("stopped", "Cellgrant's sidecar was stopped with Jupyter.")
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin:
            process.stdin.close()
        for hurry in (process.terminate, process.kill):
            try:
                await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
                break
            except asyncio.TimeoutError:
                hurry()

    async def _join(self) -> None:
        self._become("joined", f"Cellgrant joined the sidecar that serves {self.directory}.")
        self._failures = 0
        while await is_healthy(self.directory):
            await asyncio.sleep(HEALTH_EVERY_S)
        self._become("starting", "The sidecar that Cellgrant had joined is gone; starting one.")

    async def _await_other(self) -> None:
        """Someone holds the lock but does not answer: it starts, or it ends."""
        if self._failures > PATIENCE_TRIES:
            sentence = f"Another sidecar holds the lock of {self.directory} but does not answer."
            self._become("away", sentence, logging.WARNING)
        self._failures += 1
        await asyncio.sleep(min(0.1 * 2**self._failures, HEALTH_EVERY_S))

    async def _run_own(self, lock: int) -> None:
        its = self._settings
        try:
            node = await asyncio.get_running_loop().run_in_executor(None, find_node, its.node)
            arguments = [*command(node.path, self.directory, its.arguments()), "--with-parent"]
            process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environment(),
                pass_fds=(lock,),
                limit=LINE_BYTES_MAX,
                # Control-C in the terminal is for Jupyter: the sidecar ends after the kernels.
                start_new_session=True,
            )
        finally:
            # The sidecar has its own copy; with this one open its end would not free the lock.
            os.close(lock)
        self._process = process
        self._last_words.clear()
        logs = asyncio.create_task(self._relay_logs(process))
        started = asyncio.get_running_loop().time()
        try:
            await self._await_ready(process)
            code = await self._watch(process)
            await logs
        finally:
            logs.cancel()
            # On cancellation it still runs: stop() ends it gracefully.
            if process.returncode is not None:
                self._process = None
        if asyncio.get_running_loop().time() - started > STABLE_AFTER_S:
            self._failures = 0
        elsewhere = self._elsewhere
        # Whether it answers there: in a container that may be another directory of this name.
        if elsewhere and is_own(elsewhere) and await is_healthy(elsewhere):
            self._move(elsewhere)
        else:
            self._become("away", self._why_ended(code), logging.WARNING)
            await self._back_off()

    def _move(self, directory: Path) -> None:
        """Serve, and let serve, the directory where this user's sidecar runs."""
        self._log.info("Cellgrant uses %s: a user has one sidecar.", directory)
        self.directory = directory
        # Launchers in this process ask there, and so do kernels, terminals and what they run.
        os.environ[DIRECTORY_ENV] = str(directory)

    async def _await_ready(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN_S)
        except asyncio.TimeoutError:
            self._last_words.append(f"it was not ready within {READY_WITHIN_S:g} s")
            process.kill()
            return
        words = first_words(line)
        self._elsewhere = served_elsewhere(words, self._settings.failure)
        if words.get("ready"):
            self._become(
                "own",
                f"Cellgrant's sidecar runs (pid {process.pid}, enforcement tier {words['tier']}).",
            )

    async def _watch(self, process: asyncio.subprocess.Process) -> int:
        """Wait for the end of a process, and end it if it hangs; returns its exit code."""
        silent_s = 0.0
        while silent_s < self._hung_after_s:
            with contextlib.suppress(asyncio.TimeoutError):
                return await asyncio.wait_for(process.wait(), HEALTH_EVERY_S)
            silent_s = 0.0 if await is_healthy(self.directory) else silent_s + HEALTH_EVERY_S
        self._last_words.append(f"it did not answer for {self._hung_after_s:g} s")
        process.kill()
        return await process.wait()

    async def _relay_logs(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while True:
            try:
                line = await process.stderr.readline()
            except ValueError:
                continue  # longer than any log line: dropped
            if not line:
                return
            text = line.decode(errors="replace").rstrip()
            self._last_words.append(text)
            # As server/daemon/log.ts writes it: the time, the name, the level.
            word = text.split(" ", 3)[2:3]
            level = LEVELS.get(word[0], logging.INFO) if word else logging.INFO
            self._log.log(level, "Cellgrant sidecar: %s", text)

    def _why_ended(self, code: int) -> str:
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        words = " / ".join(word for word in self._last_words if word)
        consequence = "run ungated" if self._settings.failure == "open" else "do not run"
        return f"Cellgrant's sidecar ended ({how}); cells {consequence} until it is back." + (
            f" Its last output: {words[:500]}" if words and code else ""
        )

    async def _back_off(self) -> None:
        """Wait before the next try: not at all the first time, then ever longer."""
        self._failures += 1
        if self._failures > 1:
            delay_s = min(BACKOFF_FIRST_S * 2 ** (self._failures - 2), BACKOFF_MAX_S)
            self._log.info("Cellgrant will try to start its sidecar again in %g s.", delay_s)
            await asyncio.sleep(delay_s)

    def _become(self, state: State, sentence: str, level: int = logging.INFO) -> None:
        if sentence != self.status.sentence:
            self._log.log(level, sentence)
        self.status = Status(state, sentence)
