"""What is watched, as a poll takes it.

Invariant: a name comes once for each ecosystem, best first; the lists are read a page at a time, however long they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from slopguard.model import Ecosystem, NormalizedName
from slopguard.radar.model import Target


class Watched(Protocol):
    """The watched names of a machine."""

    def targets(self, ecosystem: Ecosystem) -> Iterable[Target]:
        """Every watched name of an ecosystem, best first."""
        ...

    def get(self, ecosystem: Ecosystem, name: NormalizedName) -> Target | None:
        """A name, if it is watched."""
        ...

    def appeared(self, target: Target, when: datetime) -> None:
        """Note that a watched name was registered."""
        ...
