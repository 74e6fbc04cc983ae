"""Every list consulted, as one: the questions the evidence sources ask.

Invariants: answers come from verified bundles only; a row that cannot be read is `ListInvalid`, never skipped; a watch
row can only refuse, so it comes from any bundle, while the strongest allow and the severest deny row win.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from slopguard.errors import ListInvalid
from slopguard.lists.bundle import Bundle
from slopguard.lists.rows import Row
from slopguard.lookalike import listing
from slopguard.model import AllowRow, DenyRow, Ecosystem, RowKind, WatchRow

if TYPE_CHECKING:
    from slopguard.config import Settings

_STRENGTH = {RowKind.BASELINE: 0, RowKind.REVIEWED: 1, RowKind.PINNED: 2}
_UNRANKED = 1 << 30
REMEMBERED = 10_000
"""Names whose rows are remembered before starting afresh; a bound on memory, no more."""
SHORT = 16
"""Hexadecimal digits of a list's digest that the ledger keeps."""


class Lists:
    """Verified lists.

    Args:
        bundles: the lists.
        state: `ok`, `invalid` (their bytes could not be verified, so there are none) or `expired`.
        prepared: the listing of an ecosystem's allow rows in exactly these bundles, where it was made before.
    """

    def __init__(
        self,
        bundles: Sequence[Bundle],
        state: str = "ok",
        prepared: Callable[[Ecosystem], str | None] = lambda ecosystem: None,
    ) -> None:
        self.state = state
        self._bundles = tuple(bundles)
        self._prepared = prepared
        self._listings: dict[Ecosystem, str] = {}
        self._memo: dict[tuple[Ecosystem, str], tuple[tuple[str, Row], ...]] = {}

    @classmethod
    def shipped(cls) -> Lists:
        """The lists that came with this installation.

        Raises:
            ListInvalid: their bytes are not the ones this version was built with.
        """
        from slopguard.lists.shipped import bundles, prepared

        return cls(bundles(), prepared=prepared)

    @classmethod
    def load(cls, settings: Settings) -> Lists:
        """The lists these settings ask for; lists that cannot be verified give `invalid`, which refuses everything."""
        try:
            return cls.shipped()
        except ListInvalid:
            return cls((), "invalid")

    @classmethod
    def of(cls, rows: Mapping[str, Iterable[str]]) -> Lists:
        """Lists of these lines by list name: for tests and tools; the digests are computed, not checked."""
        return cls([Bundle.of(name, lines) for name, lines in rows.items()])

    @property
    def versions(self) -> Mapping[str, str]:
        """List name to the start of its digest, for the ledger."""
        return {bundle.name: bundle.digest[:SHORT] for bundle in self._bundles}

    def allow(
        self, ecosystem: Ecosystem, name: str, version: str | None = None, digests: frozenset[str] = frozenset()
    ) -> AllowRow | None:
        """The strongest allow row that covers the request.

        Asked about a name as such (no version), a row for some of its versions counts: those that it does not cover
        step back one by one when they are asked about.
        """
        found = [
            row.as_allow(list_name)
            for list_name, row in self._rows(ecosystem, name, "allow")
            if version is None or row.covers(version, digests)
        ]
        return max(found, key=lambda row: _STRENGTH[row.kind], default=None)

    def deny(
        self, ecosystem: Ecosystem, name: str, version: str | None = None, digests: frozenset[str] = frozenset()
    ) -> DenyRow | None:
        """A deny row that covers the request, `malicious` before `denied`."""
        found = [
            row.as_deny(list_name)
            for list_name, row in self._rows(ecosystem, name, "deny")
            if row.covers(version, digests)
        ]
        return max(found, key=lambda row: row.rule == "malicious", default=None)

    def narrow(self, ecosystem: Ecosystem, name: str) -> bool:
        """Whether a row speaks of some versions of this name only, so that each must be asked about by itself."""
        return any(row.narrow for _, row in self._rows(ecosystem, name, "allow", "deny"))

    def watch(self, ecosystem: Ecosystem, name: str) -> WatchRow | None:
        """The watch row with the best rank."""
        found = [row.as_watch() for _, row in self._rows(ecosystem, name, "watch")]
        return min(found, key=lambda row: _UNRANKED if row.rank is None else row.rank, default=None)

    def listing(self, ecosystem: Ecosystem) -> str:
        """Every name with an allow row, as a `lookalike.listing`; those without a rank come last, as listed."""
        if ecosystem not in self._listings:
            self._listings[ecosystem] = self._prepared(ecosystem) or listing(self._ranked(ecosystem))
        return self._listings[ecosystem]

    def scope_listed(self, scope: str) -> bool:
        """Whether an npm scope (`@acme`) holds an allowlisted package."""
        return any(
            b"\tallow" in line for bundle in self._bundles for line in bundle.lines(f"{Ecosystem.NPM.value}\t{scope}/")
        )

    def means(self, ecosystem: Ecosystem, name: str) -> tuple[bool, tuple[str, ...]]:
        """Whether the name is a standard-library module, and the distributions it is only the import name of."""
        rows = [row for _, row in self._rows(ecosystem, name, "stdlib", "import")]
        holders = tuple(holder for row in rows for holder in row.values("in"))
        return any(row.kind == "stdlib" for row in rows), holders

    def _ranked(self, ecosystem: Ecosystem) -> tuple[str, ...]:
        pairs = [pair for bundle in self._bundles for pair in bundle.ranks(ecosystem)]
        pairs.sort(key=lambda pair: int(pair[1] or _UNRANKED))
        return tuple(dict.fromkeys(name for name, _ in pairs))

    def _rows(self, ecosystem: Ecosystem, name: str, *kinds: str) -> list[tuple[str, Row]]:
        """Rows of these kinds about one name, with the names of their lists."""
        return [(list_name, row) for list_name, row in self._about(ecosystem, name) if row.kind in kinds]

    def _about(self, ecosystem: Ecosystem, name: str) -> tuple[tuple[str, Row], ...]:
        """Every row about one name, remembered: several questions are asked about each."""
        found = self._memo.get((ecosystem, name))
        if found is None:
            if len(self._memo) >= REMEMBERED:
                self._memo.clear()
            found = tuple((bundle.name, row) for bundle in self._bundles for row in bundle.rows(ecosystem, name))
            self._memo[ecosystem, name] = found
        return found
