"""A home of its own for each test, and the daemons in it, which end with the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.house import House
from tests.simulators import warm


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An account with an empty `SLOPGUARD_HOME`; whatever daemon was started there is killed at the end."""
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def copies() -> Iterator[None]:
    """For tests of what a daemon does, not of how it comes to be: it is started warm (see `tests.simulators.warm`)."""
    with warm.copies():
        yield
