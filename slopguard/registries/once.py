"""Each answer is fetched once: concurrent askers share it, later ones get it remembered for a while.

Invariants: one asker giving up does not take the answer from the others; a failure is remembered too, but shortly, so
that one broken index does not cost every asker the whole time-out; nothing outlives `close`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

REMEMBERED = 600.0
"""Seconds that an answer counts."""
FAILED = 20.0
"""Seconds that a failure counts."""


@dataclass(slots=True)
class _Entry(Generic[V]):
    task: asyncio.Task[V]
    until: float = float("inf")


class Once(Generic[K, V]):
    """A single-flight cache.

    Args:
        lasting: errors that are answers ("no such package") and remembered as long as any.
        clock: monotonic seconds.
    """

    def __init__(
        self, lasting: tuple[type[BaseException], ...] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._entries: dict[K, _Entry[V]] = {}
        self._lasting = lasting
        self._clock = clock

    async def get(self, key: K, make: Callable[[], Awaitable[V]]) -> V:
        """The answer for `key`, made by `make` unless it is known or under way. Its errors are raised to all askers."""
        entry = self._entries.get(key)
        if entry is None or entry.until <= self._clock() or entry.task.cancelled():
            entry = self._entries[key] = _Entry(asyncio.ensure_future(self._made(make)))
            entry.task.add_done_callback(partial(self._settle, entry))
        return await asyncio.shield(entry.task)

    async def _made(self, make: Callable[[], Awaitable[V]]) -> V:
        return await make()

    def _settle(self, entry: _Entry[V], task: asyncio.Task[V]) -> None:
        error = None if task.cancelled() else task.exception()
        short = error is not None and not isinstance(error, self._lasting)
        entry.until = self._clock() + (FAILED if short else REMEMBERED)

    async def close(self) -> None:
        """Forget everything and stop what is under way."""
        tasks = [entry.task for entry in self._entries.values() if not entry.task.done()]
        self._entries.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
