"""One watchlist a test, in a home that does not exist yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.watchlist.watchlist import Watchlist
from tests.cli.program import Program
from tests.watchlist.world import sound


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def watchlist(home: Path) -> Iterator[Watchlist]:
    with Watchlist(home) as found:
        yield found
    if (home / "watch.db").exists() and (home / "watch.db").stat().st_mode & 0o400:
        sound(home)


@pytest.fixture
def slopguard(tmp_path: Path) -> Program:
    return Program(tmp_path)
