"""Names that need no watching: verified, the organisation's own, or known to exist.

Invariants: nothing is asked of an index; watch and deny rows are not looked at, because a forecast is measured on such
lists; facts count only while their digests hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from slopguard.config import Settings
from slopguard.config import accepted as record
from slopguard.errors import SlopguardError
from slopguard.lists import Lists
from slopguard.model import Ecosystem, Existence, NormalizedName
from slopguard.names import matches
from slopguard.store import Store

AT_ONCE = 2_000
"""Names that are looked up together."""
_KINDS = frozenset({"allow", "release"})
"""Rows of the lists that say of a name that it is somebody's."""


class Named(Protocol):
    """What stands for a name: a prediction, a watched name."""

    @property
    def ecosystem(self) -> Ecosystem:
        """Where it belongs."""
        ...

    @property
    def name(self) -> NormalizedName:
        """The name itself."""
        ...


N = TypeVar("N", bound=Named)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is left out of forecasts.

    Args:
        lists: the verified lists.
        store: where facts are recorded; `None`: none are.
        locked: names in the lock files of adopted projects.
        patterns: per ecosystem the globs of `[internal]` and `[own]`.
    """

    lists: Lists
    store: Store | None = None
    locked: frozenset[tuple[Ecosystem, str]] = frozenset()
    patterns: dict[Ecosystem, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, lists: Lists, store: Store | None) -> LeftOut:
        """What these settings, lists and records say."""
        return cls(lists, store, _locked(settings), own_globs(settings))

    def kept(self, names: Iterable[N]) -> Iterator[N]:
        """The names without those that need no watching, in their order.

        Raises:
            StoreError: the database cannot be read.
        """
        several: list[N] = []
        for each in names:
            several.append(each)
            if len(several) == AT_ONCE:
                yield from self._kept(several)
                several.clear()
        yield from self._kept(several)

    def _kept(self, several: Sequence[N]) -> Iterator[N]:
        if self.store is not None:
            self.store.facts.expect((each.ecosystem, each.name) for each in several)
        for each in several:
            if not self._needless(each):
                yield each

    def _needless(self, each: Named) -> bool:
        return (
            (each.ecosystem, each.name) in self.locked
            or matches(self.patterns.get(each.ecosystem, ()), each.name, each.ecosystem)
            or not _KINDS.isdisjoint(self.lists.kinds(each.ecosystem, each.name))
            or self._exists(each)
        )

    def _exists(self, each: Named) -> bool:
        facts = self.store.facts.get(each.ecosystem, each.name) if self.store is not None else None
        return facts is not None and facts.existence is Existence.YES


def own_globs(settings: Settings) -> dict[Ecosystem, tuple[str, ...]]:
    """What the organisation calls its own: the globs of `[internal]` and `[own]`."""
    return {each: (*settings.internal.get(each, ()), *settings.own.get(each, ())) for each in Ecosystem}


def _locked(settings: Settings) -> frozenset[tuple[Ecosystem, str]]:
    """What all adopted lock files name; one that was changed since says nothing."""
    if settings.user is None:
        return frozenset()
    found: set[tuple[Ecosystem, str]] = set()
    for project, digest in record.read(settings.user).projects.items():
        try:
            rows = record.locked_by([(record.snapshot(settings.user, project), digest)])
        except SlopguardError:
            continue
        found.update((ecosystem, name) for ecosystem, name, _ in rows)
    return frozenset(found)
