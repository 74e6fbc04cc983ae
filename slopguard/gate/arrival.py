"""How a name came up in a session: typed, or required by something admitted.

Invariant: a name is `transitive` only if somebody other than the client says so. When the wrapper told us what was
typed, everything else was required by something; when nobody did, only names seen in the requirements of versions
that were served count.
"""

from __future__ import annotations

from collections.abc import Iterable

from slopguard.model import Arrival, Ecosystem, NormalizedName


class Arrivals:
    """The names a session was told about and the ones it learned.

    Args:
        typed: names introduced by the command and its manifests; `None` when nobody told us.
    """

    __slots__ = ("_required", "_typed")

    def __init__(self, typed: frozenset[tuple[Ecosystem, NormalizedName]] | None) -> None:
        self._typed = typed
        self._required: set[tuple[Ecosystem, NormalizedName]] = set()

    @property
    def learning(self) -> bool:
        """Whether requirements of served versions are needed to tell how a name arrived."""
        return self._typed is None

    def learn(self, ecosystem: Ecosystem, names: Iterable[NormalizedName]) -> None:
        """Remember names required by an admitted version."""
        self._required.update((ecosystem, name) for name in names)

    def of(self, ecosystem: Ecosystem, name: NormalizedName) -> Arrival:
        """How this name came up, by what is known now."""
        known = self._required if self._typed is None else None
        if known is not None:
            return Arrival.TRANSITIVE if (ecosystem, name) in known else Arrival.INTRODUCED
        assert self._typed is not None
        return Arrival.INTRODUCED if (ecosystem, name) in self._typed else Arrival.TRANSITIVE
