"""How a cell ends that did not run: as any failed cell does, in history and output."""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import Any, Iterator

_REJECTION: ContextVar[Rejection | None] = ContextVar("cellgrant_rejection", default=None)


class Rejection:
    """Why a cell does not run."""

    def __init__(self, name: str, sentence: str) -> None:
        self.name = name
        self.sentence = sentence

    def lines(self) -> list:
        """Its traceback: one line, since there is no stack to show."""
        return [f"\x1b[31m{self.name}\x1b[39m: {self.sentence}"]


def interrupted(wanted: str) -> Rejection:
    """The user interrupted the cell while it waited."""
    return Rejection("KeyboardInterrupt", f"interrupted while it waited{wanted}. It did not run.")


def refused(sentence: str) -> Rejection:
    """The sidecar refused the claim."""
    return Rejection("GrantRefused", sentence)


class _Rejecter:
    """An AST transformer that rejects: IPython's own way to refuse a cell.

    IPython then does for it what it does for any cell that fails: it counts,
    stores the history, calls the hooks, publishes the error. The context
    variable keeps it away from cells that other threads compile meanwhile.
    """

    def visit(self, node: Any) -> Any:
        rejection = _REJECTION.get()
        if rejection is None:
            return node
        from IPython.core.error import InputRejected

        members = {"_render_traceback_": lambda self: rejection.lines(), "__module__": "builtins"}
        raise type(rejection.name, (InputRejected,), members)(rejection.sentence)


def shell_of(kernel: Any) -> Any:
    """The kernel's IPython shell, or None."""
    shell = getattr(kernel, "shell", None)
    return shell if isinstance(getattr(shell, "ast_transformers", None), list) else None


@contextlib.contextmanager
def rejecting(shell: Any, rejection: Rejection) -> Iterator[None]:
    """In this context, whatever cell the shell is given is rejected."""
    rejecter = _Rejecter()
    shell.ast_transformers.insert(0, rejecter)
    token = _REJECTION.set(rejection)
    try:
        yield
    finally:
        _REJECTION.reset(token)
        shell.ast_transformers.remove(rejecter)


def rejection_reply(kernel: Any, rejection: Rejection) -> dict[str, Any]:
    """Publish the error and make the reply, for a kernel without an IPython shell."""
    error = {
        "ename": rejection.name,
        "evalue": rejection.sentence,
        "traceback": rejection.lines(),
    }
    kernel.send_response(kernel.iopub_socket, "error", error)
    return {"status": "error", "execution_count": kernel.execution_count, **error}
