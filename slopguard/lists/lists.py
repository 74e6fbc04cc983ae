"""Every list consulted, as one: the questions the evidence sources ask.

Invariants: answers come from verified bundles only; a row that cannot be read is `ListInvalid`, never skipped; rows
that can only refuse (watch, deny) come from any bundle and never expire, while rows that allow, release or fix come
from bundles that have not expired, on days on which the row counts; the strongest allow and the severest deny row win.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from slopguard.lists.bundle import Bundle
from slopguard.lists.rows import Row
from slopguard.lookalike import listing
from slopguard.model import AllowRow, DenyRow, Ecosystem, ReleaseRow, RowKind, WatchRow

if TYPE_CHECKING:
    from slopguard.config import Settings

_STRENGTH = {RowKind.BASELINE: 0, RowKind.REVIEWED: 1, RowKind.PINNED: 2}
_UNRANKED = 1 << 30
REMEMBERED = 10_000
"""Names whose rows are remembered before starting afresh; a bound on memory, no more."""
SHORT = 16
"""Hexadecimal digits of a list's digest that the ledger keeps."""


RELEASED = "released"
"""The name of what a person let through on this machine, where lists are named."""


def utc_now() -> datetime:
    """The clock, aware UTC."""
    return datetime.now(UTC)


_VERSIONED = ("allow", "deny", "release")
"""Kinds of row that may be about some versions only."""


class Lists:
    """Verified lists.

    Args:
        bundles: the lists.
        state: `ok`, or `invalid`: not every list that the settings ask for could be verified.
        prepared: the listing of an ecosystem's allow rows in exactly these bundles, where it was made before.
        stale: names of bundles that expired: what only they allow is `list-expired`.
        ended: names of bundles whose time is over for good: what only they allow is not listed.
        released: what a person let through on this machine.
        notes: what a person should know about these lists, one fixed line each.
        clock: gives aware UTC.
    """

    def __init__(
        self,
        bundles: Sequence[Bundle],
        state: str = "ok",
        prepared: Callable[[Ecosystem], str | None] = lambda ecosystem: None,
        *,
        stale: Collection[str] = (),
        ended: Collection[str] = (),
        released: Callable[[Ecosystem, str], Iterable[str]] = lambda ecosystem, name: (),
        notes: Sequence[str] = (),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.state = state
        self.notes = tuple(notes)
        self._bundles = tuple(bundles)
        self._prepared = prepared
        self._stale, self._ended = frozenset(stale), frozenset(ended)
        self._released = released
        self._clock = clock
        self._listings: dict[Ecosystem, str] = {}
        self._scopes: dict[tuple[str, date], bool] = {}
        self._memo: dict[tuple[Ecosystem, str], dict[str, list[tuple[str, Row]]]] = {}

    @classmethod
    def shipped(cls, clock: Callable[[], datetime] = utc_now) -> Lists:
        """The lists that came with this installation.

        Raises:
            ListInvalid: their bytes are not the ones this version was built with.
        """
        from slopguard.lists.loading import shipped

        return cls(**shipped(clock))

    @classmethod
    def load(cls, settings: Settings, clock: Callable[[], datetime] = utc_now) -> Lists:
        """The lists these settings ask for; where one cannot be verified, `invalid`, which refuses everything."""
        from slopguard.lists.loading import configured

        return cls(**configured(settings, clock))

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
        rows = self._in_force(ecosystem, name, "allow")
        return _strongest(rows, version, digests)

    def expired(
        self, ecosystem: Ecosystem, name: str, version: str | None = None, digests: frozenset[str] = frozenset()
    ) -> AllowRow | None:
        """The strongest allow row that would cover the request, had its list not expired."""
        rows = [found for found in self._rows(ecosystem, name, "allow") if found[0] in self._stale]
        return _strongest(self._today(rows), version, digests)

    def release(
        self, ecosystem: Ecosystem, name: str, version: str | None = None, digests: frozenset[str] = frozenset()
    ) -> ReleaseRow | None:
        """A person's release that covers the request; one that is bound to hashes goes first, then the longest.

        As with allow rows, a name as such is covered by a release of some of its versions.
        """
        found = [
            row.as_release(list_name)
            for list_name, row in self._in_force(ecosystem, name, "release")
            if version is None or row.covers(version, digests)
        ]
        return max(found, key=lambda row: (row.pinned, row.until), default=None)

    def fixes(self, ecosystem: Ecosystem, name: str, version: str) -> bool:
        """Whether a signed advisory says that this version fixes it."""
        return any(row.covers(version, frozenset()) for _, row in self._in_force(ecosystem, name, "fix") if row.narrow)

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

    def kinds(self, ecosystem: Ecosystem, name: str) -> AbstractSet[str]:
        """The kinds of the rows about a name, whether or not they count today."""
        return self._about(ecosystem, name).keys()

    def narrow(self, ecosystem: Ecosystem, name: str) -> bool:
        """Whether a row speaks of some versions of this name only, so that each must be asked about by itself."""
        about = self._about(ecosystem, name)
        return any(row.narrow for kind in _VERSIONED if kind in about for _, row in about[kind])

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
        today = self._clock().date()
        if (scope, today) not in self._scopes:
            self._scopes[scope, today] = self._holds_listed(f"{Ecosystem.NPM.value}\t{scope}/", today)
        return self._scopes[scope, today]

    def _holds_listed(self, prefix: str, today: date) -> bool:
        return any(
            b"\tallow" in line and Row.parse(line).counts_on(today)
            for bundle in self._bundles
            if bundle.name not in self._stale | self._ended
            for line in bundle.lines(prefix)
        )

    def means(self, ecosystem: Ecosystem, name: str) -> tuple[bool, tuple[str, ...]]:
        """Whether the name is a standard-library module, and the distributions it is only the import name of."""
        about = self._about(ecosystem, name)
        holders = tuple(holder for _, row in about.get("import", ()) for holder in row.values("in"))
        return "stdlib" in about, holders

    def _ranked(self, ecosystem: Ecosystem) -> tuple[str, ...]:
        pairs = [pair for bundle in self._bundles for pair in bundle.ranks(ecosystem)]
        pairs.sort(key=lambda pair: int(pair[1] or _UNRANKED))
        return tuple(dict.fromkeys(name for name, _ in pairs))

    def _in_force(self, ecosystem: Ecosystem, name: str, kind: str) -> list[tuple[str, Row]]:
        """Rows of one kind that count today, from bundles that have not expired."""
        found = self._rows(ecosystem, name, kind)
        if not found:
            return []
        over = self._stale | self._ended
        return self._today([(list_name, row) for list_name, row in found if list_name not in over])

    def _today(self, rows: list[tuple[str, Row]]) -> list[tuple[str, Row]]:
        today = self._clock().date() if rows else None
        return [(list_name, row) for list_name, row in rows if today and row.counts_on(today)]

    def _rows(self, ecosystem: Ecosystem, name: str, kind: str) -> Sequence[tuple[str, Row]]:
        """Rows of one kind about one name, with the names of their lists."""
        return self._about(ecosystem, name).get(kind, ())

    def _about(self, ecosystem: Ecosystem, name: str) -> Mapping[str, list[tuple[str, Row]]]:
        """Every row about one name by its kind, remembered: several questions are asked about each."""
        found = self._memo.get((ecosystem, name))
        if found is None:
            if len(self._memo) >= REMEMBERED:
                self._memo.clear()
            found = self._memo[ecosystem, name] = {}
            for bundle in self._bundles:
                for row in bundle.rows(ecosystem, name):
                    found.setdefault(row.kind, []).append((bundle.name, row))
            for line in self._released(ecosystem, name):
                row = Row.parse(line.encode())
                found.setdefault(row.kind, []).append((RELEASED, row))
        return found


def _strongest(rows: Iterable[tuple[str, Row]], version: str | None, digests: frozenset[str]) -> AllowRow | None:
    found = [row.as_allow(list_name) for list_name, row in rows if version is None or row.covers(version, digests)]
    return max(found, key=lambda row: _STRENGTH[row.kind], default=None)
