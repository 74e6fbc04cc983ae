"""Connections on which nothing is asked are closed: anybody can open one, and each holds a handle.

Invariants: one on which an answer is under way is left alone, however long that takes; one that was closed, and
on which nobody takes what was sent before, is cut off in time, too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

LONGEST = 75.0
"""Seconds that a connection may wait for its next whole request head, and the first one too."""
LOOKS = 15.0
"""Seconds between two looks."""


class Silent:
    """What is known about connections.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: WeakKeyDictionary[asyncio.BaseTransport, float] = WeakKeyDictionary()
        self._left: WeakKeyDictionary[asyncio.BaseTransport, tuple[int, float]] = WeakKeyDictionary()
        self._busy: WeakKeyDictionary[asyncio.BaseTransport, int] = WeakKeyDictionary()

    def asked(self, connection: asyncio.BaseTransport | None) -> None:
        """A request came."""
        if connection is not None:
            self._busy[connection] = self._busy.get(connection, 0) + 1

    def answered(self, connection: asyncio.BaseTransport | None) -> None:
        """It was answered."""
        if connection is not None:
            self._busy[connection] = self._busy.get(connection, 1) - 1
            self._since[connection] = self._clock()

    def close(self, connections: Iterable[asyncio.Transport | None]) -> int:
        """Close what waits for too long; how many that were."""
        now, closed = self._clock(), 0
        for connection in connections:
            if connection is None or self._busy.get(connection):
                continue
            if now - self._since.setdefault(connection, now) > LONGEST:
                self._close(connection, now)
                closed += 1
        return closed

    def _close(self, connection: asyncio.Transport, now: float) -> None:
        if not connection.is_closing():
            connection.close()
        left, since = connection.get_write_buffer_size(), now
        if connection in self._left and self._left[connection][0] == left:
            since = self._left[connection][1]
        self._left[connection] = left, since
        if now - since > LONGEST:
            connection.abort()
