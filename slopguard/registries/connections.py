"""Connections to upstreams that outlive a session: those that are made in exactly the same way are shared.

Invariants: what is shared holds no credentials (they go with each request), and is shared only where home, TLS files,
proxies and resolver are the same, so that nobody is sent over a connection that their own settings would not have
made; a connection nobody uses is closed soon; everything belongs to one event loop.

What certificates are checked against is loaded when the first address needs it, and beside the event loop: a bundle of
some hundred authorities takes thirty milliseconds.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import aiohttp

from slopguard.registries.addresses import GuardedResolver

CONNECTIONS = 64
"""To one upstream at once."""
IDLE = 30.0
"""Seconds that an unused connection stays open: shorter than most servers keep theirs."""
UNUSED = 16
"""Upstreams that nobody uses just now and whose connections stay open until they are idle for too long."""


@dataclass(slots=True)
class Connection:
    """The way to one upstream.

    Args:
        http: makes requests; holds no cookies and no credentials.
        resolver: checks where it may lead.
    """

    http: aiohttp.ClientSession
    resolver: GuardedResolver
    users: int = 0


Trust = ssl.SSLContext | bool
"""What certificates are checked against; `True` for aiohttp's own."""
Make = Callable[[], Connection]


class Connections:
    """Every way to an upstream that is or was in use a moment ago."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Connection] = OrderedDict()
        self._trusts: OrderedDict[Hashable, asyncio.Task[Trust]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def take(self, way: Hashable, make: Make) -> Connection:
        """The connection for `way`, made if there is none; to be given back once."""
        found = self._known.get(way)
        if found is None:
            found = self._known[way] = make()
        self._known.move_to_end(way)
        found.users += 1
        return found

    async def give_back(self, way: Hashable) -> None:
        """One user less; too many that nobody uses are closed, the oldest first."""
        if way not in self._known:
            return
        self._known[way].users -= 1
        unused = [other for other, connection in self._known.items() if not connection.users]
        for other in unused[: max(0, len(unused) - UNUSED)]:
            await self._known.pop(other).http.close()

    async def trust(self, whose: Hashable, load: Callable[[], Trust]) -> Trust:
        """What is trusted, loaded once for all whose it is.

        Raises:
            UpstreamError: a certificate file cannot be read.
        """
        task = self._trusts.get(whose)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._trusts[whose] = asyncio.ensure_future(asyncio.to_thread(load))
            if len(self._trusts) > UNUSED:
                self._trusts.popitem(last=False)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Close everything."""
        while self._known:
            _, connection = self._known.popitem()
            await connection.http.close()
