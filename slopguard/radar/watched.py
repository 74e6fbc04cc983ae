"""What is watched, as the radar takes it: names observed on this machine first, then the watchlist by rank.

Invariants: a name comes once, under the record that says most (the watchlist's before an observed one's); what has
expired does not come; the lists are read a page at a time, however long they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from slopguard.model import Ecosystem, NormalizedName
from slopguard.radar.model import OBSERVED, Target
from slopguard.store.watch import Watch
from slopguard.watchlist.model import Sighting

PAGE = 1_000
"""Names read at a time."""


class Watchlist(Protocol):
    """What the radar needs of the watchlist."""

    def ranked(self, ecosystem: Ecosystem, after: int = 0, limit: int = PAGE) -> Sequence[Sighting]:
        """Names behind a rank, highest rank first."""
        ...

    def get(self, ecosystem: Ecosystem, name: str, now: datetime) -> Sighting | None:
        """What is known of one name."""
        ...

    def mark_appeared(self, ecosystem: Ecosystem, name: str, when: datetime) -> None:
        """Note that a name was registered."""
        ...
