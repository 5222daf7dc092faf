"""A client that speaks to a kernel as a notebook does, and files what comes back."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager

Message = dict[str, Any]

PATIENCE_S = 30


class NotebookClient:
    """Sends cells and keeps every answer by the request that it belongs to."""

    def __init__(self, manager: AsyncKernelManager) -> None:
        self.manager = manager
        # Not manager.client(): its session would be shared, and replies go by session.
        self.client = AsyncKernelClient(parent=manager)
        self.client.load_connection_info(manager.get_connection_info())
        self._iopub: dict[str, list[Message]] = defaultdict(list)
        self._replies: dict[str, Message] = {}
        self._input_requests: list[Message] = []
        self._news = asyncio.Condition()
        self._pumps: list[asyncio.Task] = []
        self._cells = 0

    async def open(self) -> NotebookClient:
        """Connect and wait until the kernel is ready."""
        self.client.start_channels()
        await self.client.wait_for_ready(timeout=60)
        channels = ["iopub", "shell", "control", "stdin"]
        self._pumps = [asyncio.create_task(self._pump(it)) for it in channels]
        return self

    async def close(self) -> None:
        """Leave; the kernel goes on."""
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        self.client.stop_channels()

    def submit(self, code: str, hints: Any = None, **options: Any) -> str:
        """Send a cell; returns its message id. ``options`` go into the request's content,
        except ``metadata`` and ``subshell_id``."""
        self._cells += 1
        metadata = {"cellId": f"cell-{self._cells}", **options.pop("metadata", {})}
        if hints is not None:
            metadata["cellgrant"] = hints
        subshell_id = options.pop("subshell_id", None)
        content = {"silent": False, "allow_stdin": False, "stop_on_error": True, **options}
        content.setdefault("store_history", not content["silent"])
        content.setdefault("user_expressions", {})
        message = self.client.session.msg(
            "execute_request", {"code": code, **content}, metadata=metadata
        )
        if subshell_id is not None:
            message["header"]["subshell_id"] = subshell_id
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    async def run(self, code: str, hints: Any = None, **options: Any) -> Message:
        """Send a cell and wait for its reply's content."""
        return await self.reply(self.submit(code, hints, **options))

    async def reply(self, message_id: str) -> Message:
        """The reply's content, once the cell is over and its outputs are here."""
        await self._until(lambda: message_id in self._replies and self._is_idle(message_id))
        return self._replies[message_id]["content"]

    async def control(self, message_type: str, **content: Any) -> Message:
        """Send a request on the control channel and wait for its reply's content."""
        message = self.client.session.msg(message_type, content)
        self.client.control_channel.send(message)
        message_id = message["header"]["msg_id"]
        await self._until(lambda: message_id in self._replies)
        return self._replies[message_id]["content"]

    async def input_request(self) -> Message:
        """The next request for input."""
        await self._until(lambda: self._input_requests)
        return self._input_requests.pop(0)

    async def until_output(self, message_id: str, text: str) -> None:
        """Wait until a running cell has printed this."""
        await self._until(lambda: text in self.text(message_id))

    async def until_published(self, message_id: str, kind: str) -> None:
        """Wait until a message of this type has come for a request."""
        await self._until(lambda: kind in self.kinds(message_id))

    def outputs(self, message_id: str, kind: str | None = None) -> list[Message]:
        """The outputs of a cell as the kernel published them."""
        kinds = {kind} if kind else {"stream", "error", "display_data", "execute_result"}
        return [it["content"] for it in self._iopub[message_id] if it["msg_type"] in kinds]

    def kinds(self, message_id: str) -> list[str]:
        """The types of everything published for a request, in order."""
        return [it["msg_type"] for it in self._iopub[message_id]]

    def text(self, message_id: str) -> str:
        """What a cell has printed, both streams."""
        return "".join(it["text"] for it in self.outputs(message_id, "stream"))

    def error(self, message_id: str) -> Message:
        """The one error that a cell published."""
        (error,) = self.outputs(message_id, "error")
        return error

    async def evaluate(self, expression: str, hints: Any = None) -> Any:
        """The value of an expression of literals, from a cell of its own."""
        import ast

        message_id = self.submit(f"print(repr({expression}))", hints)
        reply = await self.reply(message_id)
        assert reply["status"] == "ok", reply
        return ast.literal_eval(self.text(message_id))

    async def _until(self, condition: Any) -> None:
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(condition), PATIENCE_S)

    def _is_idle(self, message_id: str) -> bool:
        return any(it["content"].get("execution_state") == "idle" for it in self._iopub[message_id])

    async def _pump(self, channel: str) -> None:
        receive = getattr(self.client, f"get_{channel}_msg")
        while True:
            try:
                # Not forever: jupyter_client sends past the event loop's view of a socket, which
                # can swallow the wake-up for what arrives meanwhile.
                message = await receive(timeout=0.1)
            except Empty:
                continue
            message_id = message["parent_header"].get("msg_id", "")
            async with self._news:
                if channel == "iopub":
                    self._iopub[message_id].append(message)
                elif channel == "stdin":
                    self._input_requests.append(message)
                else:
                    self._replies[message_id] = message
                self._news.notify_all()
