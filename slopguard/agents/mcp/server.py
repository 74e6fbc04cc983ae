"""The MCP server: the tools behind the protocol, and standard input and output as its wire.

Invariants: nothing but the wire is ever written to standard output; at most `AT_ONCE` calls work at a time and
`WAITING` wait, each in a thread, for a call reads files and asks indexes; the end of the input, SIGTERM and SIGINT end
it with 0.

The package `mcp` is imported here and in `mcp.http` only. Its lower server is used, because the upper one answers bad
arguments with what they were.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import redirect_stdout
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import anyio
import mcp_types as types
from anyio import to_thread
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from slopguard import __version__
from slopguard.agents.mcp import tools as mcp_tools
from slopguard.agents.mcp.calls import Said
from slopguard.agents.mcp.schemas import INSTRUCTIONS, TOOLS, Tool

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

    from slopguard.agents.mcp.calls import Serving

AT_ONCE = 8
WAITING = 64
"""Calls that wait; a further one is answered at once that it was not done."""
LONGEST_LINE = 1 << 20
"""Bytes of one message."""
AHEAD = 64
"""Messages read before they are dealt with."""
PATIENCE = 2.0
"""Seconds from a signal to the end, whatever a call still waits for, and if nobody reads what is written."""
LONGEST_CALL = 45.0
"""Seconds from a call to its answer, waiting included; clients give up after 60 and know nothing then."""
SLOW = (
    "slopguard: it took too long, because an index is slow or there were many names, so do not install them yet. "
    "Nothing is wrong with the names; ask once more later, fewer at a time, or tell the user."
)
BUSY = "slopguard: too many calls at once; this one was not done. Ask again."


def build(serving: Serving) -> Server[Any]:
    """The server with its tools."""
    limiter = anyio.CapacityLimiter(AT_ONCE)
    listed = types.ListToolsResult(tools=[_listed(tool) for tool in TOOLS.values()])

    async def list_tools(
        context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return listed

    async def call_tool(
        context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        if limiter.statistics().tasks_waiting >= WAITING:
            return _result(Said(BUSY))
        client = context.session.client_params
        told = client.client_info.name if client is not None else ""
        call, said = partial(mcp_tools.call, params.name, params.arguments or {}, serving, told), Said(SLOW)
        with anyio.move_on_after(LONGEST_CALL):
            said = await to_thread.run_sync(call, limiter=limiter, abandon_on_cancel=True)
        return _result(said)

    return Server(
        "slopguard",
        title="slopguard",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _listed(tool: Tool) -> types.Tool:
    writes = tool.name == "request_review"
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.schema(),
        output_schema=dict(tool.output),
        annotations=types.ToolAnnotations(
            read_only_hint=not writes, destructive_hint=False, idempotent_hint=True, open_world_hint=not writes
        ),
    )


def _result(said: Said) -> types.CallToolResult:
    text = types.TextContent(type="text", text=said.text)
    return types.CallToolResult(content=[text], structured_content=said.data, is_error=said.data is None)


def serve_stdio(serving: Serving) -> None:
    """Serve whoever started us, until their end of the wire is closed or a signal comes."""
    anyio.run(_serve, serving)


async def _serve(serving: Serving) -> None:
    lines = _Lines(_taken(0))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_stop_on_signal, tasks.cancel_scope)
        server = build(serving)
        async with stdio_server(stdin=cast("anyio.AsyncFile[str]", lines)) as (read, write):
            with redirect_stdout(sys.stderr):
                await server.run(read, write, server.create_initialization_options())
        tasks.cancel_scope.cancel()


async def _stop_on_signal(scope: anyio.CancelScope) -> None:
    if sys.platform == "win32":
        return
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            leave()
            scope.cancel()
            return


def leave(*_: object) -> None:
    """See to it that this process ends with 0 within `PATIENCE`: a thread that waits for an index cannot be stopped.

    What it has not written down by then is not answered either.
    """
    last = threading.Timer(PATIENCE, os._exit, (0,))
    last.daemon = True
    last.start()


def _taken(number: int) -> int:
    """A descriptor in another place; what is left in its own leads nowhere, for us and for what we start."""
    taken, nowhere = os.dup(number), os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, number)
    os.close(nowhere)
    return taken


class _Lines:
    """The lines of a descriptor, as they come.

    A thread reads them that nobody waits for: reading a pipe cannot be interrupted, and must not hold up the end. It
    touches no buffer of Python's, for the interpreter locks those when it ends.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._room = threading.BoundedSemaphore(AHEAD)
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[str]:
        while (line := await self._lines.get()) is not None:
            self._room.release()
            yield line.decode("utf-8", "replace")

    def _read(self) -> None:
        """Hand over line after line; of one that is too long nothing but its end, which is no message."""
        kept = b""
        while piece := self._piece():
            *lines, kept = (kept + piece).split(b"\n")
            for line in lines:
                self._hand_over(line if len(line) <= LONGEST_LINE else b"")
            kept = kept[: LONGEST_LINE + 1]
        self._hand_over(None)

    def _piece(self) -> bytes:
        try:
            return os.read(self._descriptor, 1 << 16)
        except OSError:
            return b""

    def _hand_over(self, line: bytes | None) -> None:
        if line is not None:
            self._room.acquire()
        try:
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
        except RuntimeError:  # the loop is closed: nobody reads any more
            return
