"""Who has what a new list denies: deny rows that a sync brought, compared with the ledger of this machine.

Invariant: a package is named only if the ledger says that a version which the row covers was let in here; however many
rows arrive, the ledger is asked for its packages once, and only for those that are in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slopguard.config import Settings
from slopguard.lists.rows import Row
from slopguard.names import shown
from slopguard.store import Store
from slopguard.store.db import FILE
from slopguard.store.ledger import Entry, Ledger

LET_IN = ("allow", "warn")


@dataclass(frozen=True, slots=True)
class LetIn:
    """A package that is denied now and was let in before.

    Args:
        package: `ecosystem:name`.
        rule: `denied` or `malicious`.
        last: the day it was let in last, ISO 8601.
        times: how many decisions let it in.
    """

    package: str
    rule: str
    last: str
    times: int

    @property
    def line(self) -> str:
        """What a person should know."""
        ecosystem, _, name = self.package.partition(":")
        said = f"slopguard: NOTE {ecosystem} '{shown(name)}' ({self.rule}): let in here before, last {self.last}"
        return f"{said}. Next: slopguard log who {self.package}"


def let_in(settings: Settings, lines: Iterable[bytes]) -> list[LetIn]:
    """What of these deny rows this machine let in before, sorted.

    Raises:
        StoreError: the ledger cannot be read.
        ListInvalid: a row cannot be read.
    """
    denied = _by_package(lines)
    if not denied or not (settings.home / FILE).exists():
        return []
    store = Store.open(settings)
    try:
        return list(_found(store.ledger, denied))
    finally:
        store.close()


def _by_package(lines: Iterable[bytes]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for line in lines:
        ecosystem, name, _ = line.split(b"\t", 2)
        found.setdefault(f"{ecosystem.decode()}:{name.decode()}", []).append(line)
    return found


def _found(ledger: Ledger, denied: dict[str, list[bytes]]) -> Iterator[LetIn]:
    for package in sorted(ledger.packages() & denied.keys()):
        rows = [Row.parse(line) for line in denied[package]]
        entries = [entry for entry in ledger.rows(package=package) if entry.verdict in LET_IN]
        hits = [(entry, row) for entry in entries if (row := _covering(rows, entry)) is not None]
        if hits:
            rule = "malicious" if any(row.fields.get("rule") == "malicious" for _, row in hits) else "denied"
            yield LetIn(package, rule, hits[-1][0].time[:10], sum(entry.count for entry, _ in hits))


def _covering(rows: list[Row], entry: Entry) -> Row | None:
    return next((row for row in rows if row.covers(entry.version, frozenset(entry.digests))), None)
