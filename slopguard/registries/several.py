"""The facts on several names at once, from the indexes of one client.

Invariant: an internal name is asked of a private index where there is one; whatever goes wrong is a fact (`DOWN`,
`AUTH`), never an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from slopguard.model import OFFLINE, Facts, Request

if TYPE_CHECKING:
    from slopguard.registries.pool import Upstreams

AT_ONCE = 16
"""Names asked about at the same time."""


async def facts_on(
    requests: Sequence[Request], upstreams: Upstreams, done: Callable[[], None] = lambda: None
) -> list[Facts]:
    """The facts on each request, in their order.

    Args:
        upstreams: entered.
        done: called after each answer, for a progress display.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(request: Request) -> Facts:
        if request.name is None:
            return OFFLINE
        routes = [i for i in upstreams.indexes if i.private and i.ecosystem is request.ecosystem]
        route = routes[0] if request.source.private and routes else None
        async with gate:
            facts = await upstreams.facts(request.ecosystem, request.name, route=route)
        done()
        return facts

    return list(await asyncio.gather(*(one(request) for request in requests)))
