"""The sidecar of the system as a child, and the door beside it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..health import HUNG_AFTER_S, hung
from ..sidecar_process import environment, first_words
from .door import Answer, Door
from .place import DOOR

# Its own limit is 10 s; one that hangs must not keep a machine from its end.
STOP_WITHIN_S = 15.0
# Exit codes after which trying again helps nobody: it was told to end, its command line is wrong,
# another one serves.
FINAL = (0, 2, 3)
# Between crashes: none the first time, then ever longer, until one has shown that it can.
PAUSE_FIRST_S = 0.5
PAUSE_MAX_S = 30.0
STABLE_AFTER_S = 60.0


LookUp = Callable[[int, int], None]


class Program:
    """The sidecar's program, which is told whom to serve line by line (server/users/knocks.ts)."""

    def __init__(self, process: asyncio.subprocess.Process, look_up: LookUp) -> None:
        self._process = process
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._look_up = look_up
        self.is_over = False

    @classmethod
    async def start(cls, command: Sequence[str], lock: int, look_up: LookUp) -> Program:
        """Start it. The lock lives as long as it does; ``look_up`` is called with each user whom it
        wants to be named again, by uid and gid."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment(),
            pass_fds=(lock,),
            # Control-C in the terminal is for us: we stop it gracefully.
            start_new_session=True,
        )
        return cls(process, look_up)

    async def ready(self) -> dict[str, Any]:
        """What it says first; empty where it ended instead, and said why on stderr."""
        assert self._process.stdout is not None
        return first_words(await self._process.stdout.readline())

    async def serve(self, user: dict[str, Any]) -> Answer:
        """Let it serve a user; what it answers. OSError where it ends meanwhile."""
        assert self._process.stdin is not None
        if self.is_over:
            raise ConnectionResetError("the sidecar has ended, and starts again")
        uid = user["uid"]
        answer = self._answers[uid] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps(user).encode() + b"\n")
        return await answer

    async def run(self) -> int:
        """Hand on its answers until it ends; its exit code, as a shell has it."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            words = first_words(line)
            for user in words.get("lookUp", ()):
                self._look_up(user["uid"], user["gid"])
            answer = self._answers.pop(words.get("uid", -1), None)
            if answer and not answer.done():
                answer.set_result(words)
        self.is_over = True
        for left in self._answers.values():
            if not left.done():
                left.set_exception(ConnectionResetError("the sidecar has ended"))
        code = await self._process.wait()
        return code if code >= 0 else 128 - code

    def reload(self) -> None:
        """Let it read its configuration again."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Let it undo everything, and end. Idempotent."""
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.close()
            asyncio.get_running_loop().call_later(STOP_WITHIN_S, self.kill)

    def kill(self) -> None:
        """End it as a crash would. Idempotent."""
        if self._process.returncode is None:
            self._process.kill()


class Service:
    """Keeps the sidecar of the system running, and its door open.

    One that crashes is started again from here, and not by what started us: on cgroup v2 no
    process can be started into the cgroup below which kernels are held, but we are beside them.
    """

    def __init__(
        self,
        run_dir: Path,
        command: Sequence[str],
        lock: int,
        log: Callable[[str], None],
        hung_after_s: float = HUNG_AFTER_S,
    ) -> None:
        """The lock is that of ``run_dir``."""
        self._log = log
        self._hung_after_s = hung_after_s
        self._command = command
        self._lock = lock
        self._path = run_dir / DOOR
        self._door = Door(self._path, self._serve)
        self._program: Program | None = None
        self._stopping = asyncio.Event()

    async def run(self) -> int:
        """Serve until a signal ends it, or until there is no use in trying again; the exit code."""
        loop = asyncio.get_running_loop()
        for it in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(it, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        pause_s = 0.0
        while True:
            began = loop.time()
            code = await self._run_once()
            if self._stopping.is_set() or code in FINAL:
                self._door.close()
                return code
            pause_s = 0.0 if loop.time() - began > STABLE_AFTER_S else pause_s
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause_s)
                return code
            pause_s = min(max(2 * pause_s, PAUSE_FIRST_S), PAUSE_MAX_S)

    async def _run_once(self) -> int:
        program = self._program = await Program.start(self._command, self._lock, self._door.renew)
        if self._stopping.is_set():
            program.stop()
        words = await program.ready()
        if not words:
            return await program.run()
        await self._door.open()
        sys.stdout.write(json.dumps({**words, "door": str(self._path)}) + "\n")
        sys.stdout.flush()
        watch = asyncio.create_task(self._end_if_hung(program))
        try:
            return await program.run()
        finally:
            watch.cancel()

    async def _end_if_hung(self, program: Program) -> None:
        """One that lives but does not answer serves nobody, and nobody else would notice."""
        asked = self._door.answer_to(os.getuid(), os.getgid())
        with suppress(asyncio.TimeoutError):
            own = await asyncio.wait_for(asked, self._hung_after_s)
            if "directory" not in own:
                return  # it said why, and lives
            await hung(Path(own["directory"]), self._hung_after_s)
        self._log(f"it did not answer for {self._hung_after_s:g} s, and is started again")
        program.kill()

    async def _serve(self, user: dict[str, Any]) -> Answer:
        assert self._program is not None
        return await self._program.serve(user)

    def _reload(self) -> None:
        if self._program:
            self._program.reload()

    def _stop(self) -> None:
        self._stopping.set()
        self._door.close()  # who finds none does not wait for another one
        if self._program:
            self._program.stop()
