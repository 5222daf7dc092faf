"""Puts the gate in front of a kernel's ``do_execute``."""

from __future__ import annotations

import asyncio
import functools
import importlib.abc
import importlib.util
import inspect
import sys
from typing import Any, Awaitable, Callable

from .gate import Gate, gate_from_environment
from .rejection import rejecting, rejection_reply, shell_of
from .turn import Attendance, Turn

KERNELBASE = "ipykernel.kernelbase"

_gates: list[Gate | None] = []


def _gate() -> Gate | None:
    """One for the process, made with its first kernel."""
    if not _gates:
        _gates.append(gate_from_environment())
    return _gates[0]


def gate_kernel(kernel: Any) -> None:
    """Let every execution of this kernel pass the gate. Idempotent.

    ``do_execute`` is where every kernel built on ipykernel's base class takes
    its cells, whatever the version; one that is synchronous stays so, for its
    own code may call it.
    """
    original = kernel.do_execute
    gate = _gate()
    if gate is None or getattr(original, "is_gated", False):
        return
    wrap = _awaiting if inspect.iscoroutinefunction(original) else _blocking
    gated = wrap(kernel, original, gate)
    gated.is_gated = True  # type: ignore[attr-defined]
    kernel.do_execute = gated


def _awaiting(kernel: Any, original: Callable, gate: Gate) -> Callable:
    @functools.wraps(original)
    async def do_execute(*args: Any, **kwargs: Any) -> Any:
        turn = gate.turn(kernel, *_code_and_silent(args, kwargs))
        if turn is None:
            return await original(*args, **kwargs)
        _attendance = turn.attend()
        reply = None
        try:
            with turn.shield:
                turn.begin()
                if not turn.settled and kernel.eventloop is not None:
                    turn.wait()  # a GUI's event loop would never let ours run
                if not turn.settled:
                    await turn.settle()
                if turn.rejection is not None:
                    return await _reject(kernel, turn, lambda: original(*args, **kwargs))
            reply = await original(*args, **kwargs)
            return reply
        finally:
            turn.stop(reply)
            _after_reply(kernel, turn)

    return do_execute


def _after_reply(kernel: Any, turn: Turn) -> None:
    """To wake the sidecar takes time, and ipykernel sends the reply before it yields to its loop.

    Should the next cell begin before that, its gate sees to the order.
    """
    if turn.is_foreign:
        return  # a forked child, which has no running loop: what follows is ipykernel's to say
    if kernel.eventloop is not None:
        turn.leave()  # a GUI's event loop may never let ours run
    else:
        asyncio.get_running_loop().call_soon(turn.leave)


async def _reject(kernel: Any, turn: Turn, execute: Callable[[], Awaitable[Any]]) -> Any:
    shell = shell_of(kernel)
    if shell is None:
        return rejection_reply(kernel, turn.rejection)
    with rejecting(shell, turn.rejection):
        return await execute()


def _blocking(kernel: Any, original: Callable, gate: Gate) -> Callable:
    @functools.wraps(original)
    def do_execute(*args: Any, **kwargs: Any) -> Any:
        turn = gate.turn(kernel, *_code_and_silent(args, kwargs))
        if turn is None:
            return original(*args, **kwargs)
        attendance = turn.attend()
        reply = None
        try:
            with turn.shield:
                turn.begin()
                turn.wait()
                if turn.rejection is not None:
                    return rejection_reply(kernel, turn.rejection)
            reply = original(*args, **kwargs)
            return _end_after(reply, turn, attendance) if inspect.isawaitable(reply) else reply
        finally:
            if not inspect.isawaitable(reply):
                turn.end(reply)

    return do_execute


async def _end_after(reply: Awaitable[Any], turn: Turn, _attendance: Attendance) -> Any:
    result = None
    try:
        result = await reply
        return result
    finally:
        turn.end(result)


def _code_and_silent(args: tuple, kwargs: dict) -> tuple:
    """The first two arguments of ``do_execute``, however they were passed."""
    code = args[0] if args else kwargs.get("code", "")
    return code, args[1] if len(args) > 1 else kwargs.get("silent", False)


class _AfterImport(importlib.abc.MetaPathFinder):
    """Gates every kernel once ipykernel has been imported, by whoever imports it.

    Until then nothing of the kernel's is imported: the program finds what it would have found
    without us.
    """

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != KERNELBASE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    """Loads as another loader does, then patches the class of kernels."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        gate_class(module.Kernel)


def gate_class(kernel_class: Any) -> None:
    """Gate every kernel of this class as soon as it is made."""
    initialise = kernel_class.__init__

    @functools.wraps(initialise)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        try:
            gate_kernel(self)
        except Exception:
            self.log.warning("Cellgrant: this kernel runs ungated", exc_info=True)

    kernel_class.__init__ = __init__


def watch_imports() -> None:
    """Gate the kernels of whatever program runs next in this process."""
    sys.meta_path.insert(0, _AfterImport())
