"""A router on two servers, opened: what `slopguard forecast run --route` asks through.

Invariant: what the servers are is asked before the first request; where they are not what the table is about, all of it
goes to the plain server, and why is said.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from slopguard.forecast.engines.model import EngineModel
from slopguard.forecast.measuring.bench import Pair
from slopguard.forecast.measuring.results import Results, now
from slopguard.forecast.measuring.servers import Wanted, opened
from slopguard.forecast.routing.router import Router, SliceOf, of_campaign
from slopguard.forecast.routing.table import Table


@asynccontextmanager
async def routed(results: Results, wanted: Wanted, at: datetime | None = None) -> AsyncIterator[tuple[Router, str]]:
    """A router over the servers named, and why it routes nothing (empty if it does).

    Args:
        results: of a bench (`results.read`).
        wanted: the servers; `wanted.manners.at_once` is the concurrency that the table is asked for.
        at: the time; now by default.

    Raises:
        UsageError, UpstreamError: as `servers.opened`.
    """
    async with opened(wanted) as pair:
        table, why = held(results, pair, at or now())
        yield router(pair, table, wanted.manners.at_once), why


def held(results: Results, pair: Pair, at: datetime) -> tuple[Table | None, str]:
    """The table, if it is about these servers and not stale; else why not."""
    table = Table.of(results)
    why = table.void(pair.plain_identity, pair.other_identity, at)
    return (None if why else table), why


def router(pair: Pair, table: Table | None, concurrency: int, of: SliceOf = of_campaign) -> Router:
    """A router over two open servers."""
    speculating = EngineModel(pair.other.server, pair.other.model, pair.other.engine)
    return Router(speculating, plain(pair), table, pair.other.engine.speculation, of, concurrency)


def plain(pair: Pair) -> EngineModel:
    """The plain side of two open servers: of one URL, the same server asked not to speculate."""
    return EngineModel(pair.plain.server, pair.plain.model, pair.plain.engine, plain=pair.one)
