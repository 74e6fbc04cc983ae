"""A `radar.db` that somebody else wrote: one error of ours, whatever stands in it, and no wait without end."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.errors import StoreError
from slopguard.radar.db import FILE
from slopguard.radar.memory import LONGEST_KEPT, Memory
from tests.radar.worlds import Listed, poll, target
from tests.simulators.pypi import PyPI
from tests.simulators.server import Answer

NONE = timedelta()
NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE names SET asked = 'x'",
        "UPDATE names SET asked = 1e18",
        "UPDATE names SET asked = -1e18",
        "UPDATE names SET asked = x'00'",
        "UPDATE names SET free_from = 'x'",
        "UPDATE names SET state = 'x'",
        "UPDATE names SET held = '{'",
        "UPDATE names SET held = '[]'",
        "UPDATE names SET held = '{\"a\": 1}'",
        "UPDATE names SET held = '{\"url\": 5}'",
        'UPDATE names SET held = \'{"url": "http://["}\'',
        "INSERT INTO wanted VALUES ('x', 'y')",
        "INSERT INTO waits VALUES ('x', 'y')",
        "INSERT INTO alarms (id, ecosystem, name, seen, body) VALUES ('d-1', 'pypi', 'x', 1, '{}')",
        "INSERT INTO alarms (id, ecosystem, name, seen, body) VALUES ('d-1', 'pypi', 'x', 1, 5)",
    ],
)
async def test_a_damaged_row_is_told_in_our_own_words(tmp_path: Path, pypi: PyPI, damage: str) -> None:
    names = Listed(target("sg-a"), target("sg-b", 2))
    await poll(tmp_path, names, pypi)
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute(damage)
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match=r"radar\.db"):
        await poll(tmp_path, names, pypi, every=NONE)


async def test_nobody_silences_the_radar_for_longer_than_a_day(tmp_path: Path, pypi: PyPI) -> None:
    busy, plain = Answer(429, headers={"Retry-After": "99999999999"}), pypi.respond
    pypi.respond = lambda seen, body: busy if "/sg-" in seen.path else plain(seen, body)  # type: ignore[method-assign]
    await poll(tmp_path, Listed(target("sg-a")), pypi)
    with Memory(tmp_path) as memory:
        (wait,) = memory.waits(datetime.now(UTC)).values()
        assert LONGEST_KEPT - 60 < wait <= LONGEST_KEPT + 1
        assert memory.waits(datetime.now(UTC) + timedelta(seconds=LONGEST_KEPT + 2)) == {}


def test_a_wait_that_was_written_by_a_clock_that_ran_ahead_is_none(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        memory.wait({"registry.example:443": 600.0}, NOW + timedelta(days=4000))
        assert memory.waits(NOW) == {}
