"""Keeps one sidecar running for this user: its own, or one already running."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from .health import HEALTH_EVERY_S, HUNG_AFTER_S, is_healthy
from .last_words import LastWords
from .node_runtime import NodeMissingError, find_node
from .paths import API_SOCKET, DIRECTORY_ENV
from .settings import Cellgrant
from .sidecar_process import (
    SidecarError,
    command,
    end,
    ensure_private,
    environment,
    first_words,
    is_own,
    served_elsewhere,
    take_lock,
)
from .standing import State, Status
from .system.way import SystemWay

READY_WITHIN_S = 20.0
# How often a system sidecar that went away is looked for.
SYSTEM_EVERY_S = 0.25
# Another sidecar may hold the lock for this many tries, some 2 s, before that is logged.
PATIENCE_TRIES = 4
BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 30.0
# A sidecar that ran this long has proven that it can; its next end counts as the first.
STABLE_AFTER_S = 60.0
LINE_BYTES_MAX = 64 * 1024


class Supervisor:
    """Starts, watches, restarts and stops the sidecar of one directory.

    A running sidecar is joined and watched; when it goes away, the
    supervisor starts its own. If this user's runs in another directory (ENF11), that
    directory is used from then on, also by this server's kernels and terminals. The system's (SYS6)
    takes precedence, at any time. ``run`` ends only when it is cancelled; no failure of
    the sidecar is raised to the caller.
    """

    def __init__(
        self,
        directory: Path,
        settings: Cellgrant,
        *,
        log: logging.Logger,
        hung_after_s: float = HUNG_AFTER_S,
        on_moved: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        """``on_moved`` is called once another sidecar serves, in another directory."""
        self.directory = directory
        self.status = Status("starting", "Cellgrant's sidecar is starting.")
        self._settings = settings
        self._log = log
        self._hung_after_s = hung_after_s
        self._on_moved = on_moved
        self._moved: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._last_words = LastWords(log)
        self._failures = 0
        self._elsewhere: Path | None = None
        self._way = SystemWay(directory, log)

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
                if await self._use_system():
                    continue
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
        """Stop the sidecar started here, gracefully if it listens. Idempotent."""
        self.status = Status("stopped", "Cellgrant's sidecar was stopped with Jupyter.")
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            await end(process)

    async def _use_system(self) -> bool:
        """Use the sidecar of the system while there is one, or may be one again (SYS6, SYS7)."""
        way = self._way
        state, before = await way.find(), self.directory
        if state == "absent":
            if before == way.directory:
                self._move(way.own, "no sidecar of the system runs any more")
                way.leave(before)
            return False
        if state == "served" and way.directory and way.directory != before:
            self._move(way.directory, "it serves every user of this node")
            way.leave(before)
        if await is_healthy(self.directory):
            await self._join()
        await asyncio.sleep(SYSTEM_EVERY_S)
        return True

    async def _join(self) -> None:
        self._become("joined", f"Cellgrant joined the sidecar that serves {self.directory}.")
        self._failures = 0
        while await is_healthy(self.directory) and not await self._way.calls(self.directory):
            await asyncio.sleep(HEALTH_EVERY_S)
        self._become("starting", "The sidecar that Cellgrant had joined is gone.")

    async def _await_other(self) -> None:
        """Someone holds the lock but does not answer: it is starting, or ending."""
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
            # The sidecar has its own copy; if this one stayed open its end would not free the lock.
            os.close(lock)
        self._process = process
        self._last_words.clear()
        logs = asyncio.create_task(self._last_words.relay(process))
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
        if self._way.state == "served":
            return
        elsewhere = self._elsewhere
        # Whether it answers there: in a container that may be another directory of this name.
        if elsewhere and is_own(elsewhere) and await is_healthy(elsewhere):
            self._move(elsewhere, "a user has one sidecar")
        else:
            why = self._last_words.of_end(code, self._settings.failure)
            self._become("away", why, logging.WARNING)
            await self._back_off()

    def _move(self, directory: Path, why: str) -> None:
        """Serve the directory where this user's sidecar runs, here and in child processes."""
        self._log.info("Cellgrant uses %s: %s.", directory, why)
        self._moved = self._on_moved
        self.directory = directory
        # Launchers in this process connect there, and so do kernels, terminals and their children.
        os.environ[DIRECTORY_ENV] = str(directory)

    async def _await_ready(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN_S)
        except asyncio.TimeoutError:
            self._last_words.add(f"it was not ready within {READY_WITHIN_S:g} s")
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
        """Wait for a process to exit, ending it if it hangs or the system has one; returns its
        exit code."""
        silent_s = 0.0
        while silent_s < self._hung_after_s:
            with contextlib.suppress(asyncio.TimeoutError):
                return await asyncio.wait_for(process.wait(), HEALTH_EVERY_S)
            if await self._way.calls(self.directory):
                await end(process)
                return await process.wait()
            silent_s = 0.0 if await is_healthy(self.directory) else silent_s + HEALTH_EVERY_S
        self._last_words.add(f"it did not answer for {self._hung_after_s:g} s")
        process.kill()
        return await process.wait()

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
        if self._moved and self.status.is_up:
            self._telling = asyncio.create_task(self._moved())
            self._moved = None
