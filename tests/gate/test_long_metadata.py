"""Metadata is what a publisher makes it: long as it may be, it holds up nobody and fills no memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from slopguard.gate import pypi_routes
from slopguard.gate.inside import LONGEST, Unreadable
from slopguard.gate.pypi_routes import inspected
from slopguard.model import Sighting

NAME = "x-1.0-py3-none-any.whl.metadata"
LINES = b"Requires-Dist: foo\n" * 4096


async def pieces(size: int) -> AsyncIterator[bytes]:
    """Metadata of about this many bytes."""
    for _ in range(size // len(LINES) + 1):
        yield LINES


async def test_more_than_is_read_of_a_wheel_is_refused() -> None:
    with pytest.raises(Unreadable):
        async for _ in inspected(NAME, pieces(LONGEST)):
            pass


async def test_others_are_answered_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(metadata: bytes) -> Sighting | None:
        time.sleep(0.5)
        return None

    async def ticking() -> float:
        """The longest that others had to wait."""
        longest = 0.0
        while not asking.done():
            before = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - before)
        return longest

    async def asked() -> int:
        return sum([len(piece) async for piece in inspected(NAME, pieces(1))])

    monkeypatch.setattr(pypi_routes, "in_metadata", slow)
    asking = asyncio.ensure_future(asked())
    assert await ticking() < 0.4
    assert asking.result() == len(LINES)
