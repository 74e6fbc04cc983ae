"""What the sessions of one gate share: documents, files and connections.

Invariants: nothing here belongs to a session, holds credentials, or decides anything; all of it lives in one event
loop and ends with `close`; without a cache nothing is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from slopguard.cache import Cache
from slopguard.model import NormalizedName
from slopguard.registries.connections import Connections
from slopguard.registries.documents import Documents, Stance
from slopguard.registries.held import Depot
from slopguard.registries.supply import Supply
from slopguard.store.db import account_key

if TYPE_CHECKING:
    from slopguard.config import Settings


class Shared:
    """An async context manager; closed when the gate ends.

    Args:
        cache: where documents and files are kept for longer; `None` for memory only.
        key: a secret that is not in the cache's folder; without one, documents that were fetched with credentials are
            not written to disk.
        clock: seconds since 1970.
    """

    def __init__(self, cache: Cache | None = None, key: bytes = b"", *, clock: Callable[[], float] = time.time) -> None:
        self.cache = cache
        self.files = cache.files if cache is not None else None
        self.documents = Documents(cache.documents if cache is not None else None, key, clock=clock)
        self.connections = Connections()
        self._depot = Depot(self.files) if self.files is not None else None

    @classmethod
    def kept(cls, settings: Settings) -> Self:
        """With the cache in `SLOPGUARD_HOME`; in memory only where the settings want none."""
        if not settings.cache_bytes:
            return cls()
        key = account_key(settings.account or settings.home)
        return cls(Cache.open(settings.home, settings.cache_bytes, key), key)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop what is under way, finish writing, and close every connection."""
        await self.documents.close()
        await self.connections.close()

    def supply(
        self, stance: Callable[[NormalizedName], Stance], before: Callable[[NormalizedName], datetime | None]
    ) -> Supply:
        """What the registries of one session draw on.

        Args:
            stance: what that session may take unasked about a name.
            before: see `Supply`.
        """
        return Supply(self.documents, self._depot, stance, before)
