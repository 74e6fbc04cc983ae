"""Who still needs the daemon, and when it is over.

Invariants: one connection is one lease; while one is open nothing ends by itself; a daemon that drains takes no new
session, and is over when its last one ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

IDLE, DRAINED, STOPPED = "idle", "drained", "stopped"
"""Why a daemon ended."""


class Leases:
    """The open connections and sessions of one daemon; used in its event loop only.

    Args:
        idle: seconds without a session after which it ends; 0: it does not.
    """

    def __init__(self, idle: float) -> None:
        self.idle = idle
        self.connections = self.sessions = 0
        self.draining = self.stopped = False
        self._changed = asyncio.Event()
        self._since = asyncio.get_running_loop().time()

    @contextmanager
    def connection(self) -> Iterator[None]:
        """A command is connected while the block runs."""
        self.connections += 1
        self._changed.set()
        try:
            yield
        finally:
            self.connections -= 1
            self._changed.set()

    def opened(self) -> None:
        """A session is being opened."""
        self.sessions += 1
        self._changed.set()

    def closed(self) -> None:
        """A session has ended."""
        self.sessions -= 1
        self._since = asyncio.get_running_loop().time()
        self._changed.set()

    def drain(self) -> None:
        """Take no new session."""
        self.draining = True
        self._changed.set()

    def stop(self) -> None:
        """It is over, whoever is still there."""
        self.stopped = True
        self._changed.set()

    async def over(self) -> str:
        """Wait until the daemon has nothing more to do; why."""
        while True:
            self._changed.clear()
            if self.stopped:
                return STOPPED
            if self.draining and not self.sessions:
                return DRAINED
            if self.connections or not self.idle or self.draining:
                await self._changed.wait()
                continue
            left = self._since + self.idle - asyncio.get_running_loop().time()
            if left <= 0:
                return IDLE
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                continue
