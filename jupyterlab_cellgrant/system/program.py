"""The sidecar of the system as a child, and the door beside it."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..sidecar_process import environment, first_words
from .door import Answer, Door
from .place import DOOR

# Its own limit is 10 s; one that hangs must not keep a machine from its end.
STOP_WITHIN_S = 15.0


class Program:
    """The sidecar's program, which is told whom to serve line by line (server/users/knocks.ts)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._answers: dict[int, asyncio.Future[Answer]] = {}

    @classmethod
    async def start(cls, command: Sequence[str], lock: int) -> Program:
        """Start it. The lock lives as long as it does."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment(),
            pass_fds=(lock,),
            # Control-C in the terminal is for us: we stop it gracefully.
            start_new_session=True,
        )
        return cls(process)

    async def ready(self) -> dict[str, Any]:
        """What it says first; empty where it ended instead, and said why on stderr."""
        assert self._process.stdout is not None
        return first_words(await self._process.stdout.readline())

    async def serve(self, user: dict[str, Any]) -> Answer:
        """Let it serve a user; what it answers. OSError where it ends meanwhile."""
        assert self._process.stdin is not None
        uid = user["uid"]
        answer = self._answers[uid] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps(user).encode() + b"\n")
        return await answer

    async def run(self) -> int:
        """Hand on its answers until it ends; its exit code, as a shell has it."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            words = first_words(line)
            answer = self._answers.pop(words.get("uid", -1), None)
            if answer and not answer.done():
                answer.set_result(words)
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
            asyncio.get_running_loop().call_later(STOP_WITHIN_S, self._kill)

    def _kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()


async def serve(run_dir: Path, command: Sequence[str], lock: int) -> int:
    """Serve until a signal ends it, or the sidecar itself; its exit code.

    Where it was told to end there is no door any more. One that ends by itself leaves it: it
    is about to be started again, and who finds a door waits for that.
    """
    program = await Program.start(command, lock)
    door = Door(run_dir / DOOR, program.serve)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        door.close()
        program.stop()

    for it in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(it, stop)
    loop.add_signal_handler(signal.SIGHUP, program.reload)
    if words := await program.ready():
        await door.open()
        sys.stdout.write(json.dumps({**words, "door": str(run_dir / DOOR)}) + "\n")
        sys.stdout.flush()
    return await program.run()
