"""What the lock files of adopted projects hold: the names, versions and files that a person vouched for at one moment.

Invariant: made from the snapshot whose digest a person accepted, never from the lock file as it is now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from slopguard.config.accepted import locked_by
from slopguard.hashes import proven
from slopguard.model import Ecosystem, Request

if TYPE_CHECKING:
    from slopguard.config import Settings


@dataclass(frozen=True, slots=True)
class LockedSet:
    """What the lock files of adopted projects hold.

    Args:
        digests: for each ecosystem, name and version, the digests locked for it.
    """

    digests: Mapping[tuple[Ecosystem, str, str], frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> LockedSet:
        """What is locked where the settings count.

        Raises:
            ConfigError: the record of an adopted project is not the one that a person accepted.
        """
        return cls(locked_by(settings.adopted))

    def files(self, ecosystem: Ecosystem, name: str, version: str, known: frozenset[str]) -> frozenset[str]:
        """Of the digests that an index knows for a version, those that are locked."""
        return known & self.digests.get((ecosystem, name, version), frozenset())

    def holds(self, request: Request) -> bool:
        """Whether name and version are locked, and every file that the request is about is one of those locked."""
        if request.name is None or request.version is None:
            return False
        locked = self.digests.get((request.ecosystem, request.name, request.version), frozenset())
        return proven(request.digests, locked)
