"""What a session holds about one name.

Invariant: immutable; which versions step back is known by what they name, not by how that is spelled.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from slopguard.model import Facts, Verdict
from slopguard.rules import SEVERITY
from slopguard.versions import meaning


@dataclass(frozen=True)
class Standing:
    """What a session holds about one name.

    Args:
        facts: what the trusted indexes say.
        verdict: the verdict on the name.
        hidden: every listed version that steps back, with its verdict.
        only: of versions that stand for an adopted lock file alone, the digests of the files that stand.
    """

    facts: Facts
    verdict: Verdict
    hidden: Mapping[str, Verdict] = field(default_factory=dict)
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def withheld(self) -> frozenset[str]:
        """The versions to take out of every document."""
        return frozenset(version for version, verdict in self.hidden.items() if verdict.stops)

    def held_back(self, version: str | None) -> str | None:
        """The withheld version that `version` names, in whatever spelling; indexes and locks differ in theirs."""
        if version is None or version in self.withheld:
            return version
        return self._by_meaning.get(meaning(self.verdict.request.ecosystem, version)) if self.withheld else None

    @cached_property
    def _by_meaning(self) -> dict[Hashable, str]:
        """The withheld versions by what they name: some packages have thousands."""
        return {meaning(self.verdict.request.ecosystem, version): version for version in self.withheld}


def soonest(verdicts: Sequence[Verdict]) -> Verdict:
    """Of the refusals of all versions of a name, the mildest, and of those the one that passes first."""
    never = datetime.max.replace(tzinfo=UTC)
    return min(verdicts, key=lambda verdict: (SEVERITY[verdict.outcome], verdict.until or never))
