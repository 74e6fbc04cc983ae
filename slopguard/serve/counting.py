"""What the sessions of a worker share (documents, files, connections), counted for `/metrics`.

Invariant: counting changes nothing; no label says which index, package or caller it was.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeVar

import aiohttp

from slopguard.cache import Cache
from slopguard.registries.connections import Connection, Connections, Make
from slopguard.registries.documents import ASK, Documents, Stance
from slopguard.registries.held import Depot
from slopguard.registries.http import Upstream
from slopguard.registries.interface import FileStream
from slopguard.registries.shared import Shared
from slopguard.registries.shelf import Sought
from slopguard.registries.wanted import Wanted
from slopguard.serve import metrics

D = TypeVar("D")


class CountedShared(Shared):
    """As `Shared`, counted."""

    def __init__(self, cache: Cache | None = None, key: bytes = b"", **more: Any) -> None:
        super().__init__(cache, key, **more)
        self.documents = _CountedDocuments(cache.documents if cache else None, key, **more)
        self.connections = _CountedConnections()
        self._depot = _CountedDepot(cache.files) if cache else None


class _CountedDocuments(Documents):
    async def get(self, upstream: Upstream, sought: Sought[D], stance: Stance = ASK) -> D:
        metrics.DOCUMENTS.inc()
        return await super().get(upstream, sought, stance)


class _CountedDepot(Depot):
    async def find(self, wanted: Wanted, byte_range: str | None = None, *, head: bool = False) -> FileStream | None:
        found = await super().find(wanted, byte_range, head=head)
        metrics.FILES.labels("cache" if found is not None else "upstream").inc()
        if found is not None and not head:
            metrics.SPARED.inc(int(found.headers["Content-Length"]))
        return found


class _CountedConnections(Connections):
    def take(self, way: Any, make: Make) -> Connection:
        return super().take(way, lambda: _traced(make()))


def _traced(made: Connection) -> Connection:
    traces = aiohttp.TraceConfig()
    traces.on_request_end.append(_answered)
    traces.on_request_exception.append(_failed)
    traces.freeze()
    made.http.trace_configs.append(traces)
    return made


async def _answered(
    http: aiohttp.ClientSession, context: SimpleNamespace, about: aiohttp.TraceRequestEndParams
) -> None:
    metrics.UPSTREAM.labels(str(about.response.status)).inc()


async def _failed(
    http: aiohttp.ClientSession, context: SimpleNamespace, about: aiohttp.TraceRequestExceptionParams
) -> None:
    metrics.UPSTREAM.labels("none").inc()
