"""The event loop of a net's proxy, from its first connection to the end of the command.

Invariant: what goes wrong here ends connections and nothing else; no connection is passed on that was not judged.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slopguard.egress.proxy import Proxy


def serve(listening: socket.socket, woken: socket.socket, made: Callable[[], Proxy]) -> None:
    """Serve a proxy on a listening socket until `woken` becomes readable.

    Args:
        made: gives the proxy.
    """
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(_serve(listening, woken, made()))


async def _serve(listening: socket.socket, woken: socket.socket, proxy: Proxy) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(woken, stop.set)
    await proxy.start(listening)
    try:
        await stop.wait()
    finally:
        await proxy.stop()


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose look-ups of names keep nobody waiting at its end: they run in threads that nobody joins."""

    async def getaddrinfo(self, *args: Any, **options: Any) -> Any:
        """See `asyncio.loop.getaddrinfo`."""
        found = self.create_future()

        def done(set_: Any, value: Any) -> None:
            if not found.done():
                set_(value)

        def look_up() -> None:
            outcome: tuple[Any, Any]
            try:
                outcome = found.set_result, socket.getaddrinfo(*args, **options)
            except Exception as error:
                outcome = found.set_exception, error
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self.call_soon_threadsafe(done, *outcome)

        threading.Thread(target=look_up, name="slopguard-look-up", daemon=True).start()
        return await found
