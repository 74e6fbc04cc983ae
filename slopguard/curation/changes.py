"""What a signature would put in force, in numbers and first names: for the person who is about to sign.

Invariant: the list before is taken only if it has the digest that was signed last; a change is never hidden behind a
list that somebody exchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from tuf.api.metadata import Root, Targets

from slopguard.curation import metadata
from slopguard.curation.book import Book
from slopguard.curation.bundles import PUBLISHED
from slopguard.curation.ceremony import Waiting
from slopguard.curation.people import TOP
from slopguard.curation.state import read
from slopguard.names import shown

MOST = 10
"""Rows that are named one by one."""


def lines(book: Book, waits: Iterable[Waiting]) -> Iterator[str]:
    """What each staged role changes, as lines to show."""
    for each in waits:
        yield str(each)
        staged, newest = book.staged(each.role), book.newest(each.role)
        if staged is not None:
            before = newest.part.signed if newest else None
            yield from (f"  {line}" for line in _changes(book, each.role, before, staged.signed))


def _changes(book: Book, role: str, before: Any, after: Any) -> Iterator[str]:
    found = list(_root(before, after) if isinstance(after, Root) else _list(book, role, before, after))
    yield from found or ["nothing but a later end"]


def _root(before: Root | None, after: Root) -> Iterator[str]:
    for role in TOP:
        yield from _keys(role, before and before.roles[role], after.roles[role], (before, after))


def _keys(role: str, old: Any, new: Any, signers: tuple[Any, Any]) -> Iterator[str]:
    """Who may sign a role, where that changes."""
    before = _names(signers[0], old) if old else set()
    after = _names(signers[1], new)
    if old and before == after and old.threshold == new.threshold:
        return
    marks = [*(f"+{name}" for name in sorted(after - before)), *(f"-{name}" for name in sorted(before - after))]
    yield f"{role}: {new.threshold} of {len(after)} keys must sign ({' '.join(marks) or 'the same keys'})"


def _names(signer: Any, role: Any) -> set[str]:
    keys = signer.keys if isinstance(signer, Root) else signer.delegations.keys
    return {metadata.key_name(keys[keyid]) for keyid in role.keyids}


def _list(book: Book, role: str, before: Targets | None, after: Targets) -> Iterator[str]:
    for path in sorted(after.targets):
        old = before.targets.get(path) if before else None
        if old is None or old.hashes != after.targets[path].hashes:
            if path != "lists.json":
                yield from _rows(book, path, old.hashes["sha256"] if old else None)
            elif old is not None:
                yield "internal names, or the name of the lists, change"
    if role == "targets":
        yield from _delegations(before, after)


def _delegations(before: Targets | None, after: Targets) -> Iterator[str]:
    old = dict(before.delegations.roles or {}) if before and before.delegations else {}
    new = dict(after.delegations.roles or {}) if after.delegations else {}
    for team in sorted(new):
        yield from _keys(team, old.get(team), new[team], (before, after))
    yield from (f"{team}: no longer one of the teams" for team in sorted(old.keys() - new.keys()))


def _rows(book: Book, path: str, digest: str | None) -> Iterator[str]:
    """Rows that come and go in one list."""
    after = _set(read(book.layout.bundles / path) or b"")
    kept = read(book.layout.bundles / PUBLISHED / path) if digest else b""
    if kept is None or (digest and sha256(kept).hexdigest() != digest):
        yield f"{path}: {len(after):,} rows; what was signed before is not at hand to compare with"
        return
    before = _set(kept)
    come, gone = sorted(after - before), sorted(before - after)
    kinds = Counter(f"{mark}{_word(row, 2)}" for mark, rows in (("+", come), ("-", gone)) for row in rows)
    parts = ", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items()))
    yield f"{path}: {len(after):,} rows" + (f": {parts}" if parts else "")
    named = [f"  {mark} {_word(row, 0)}:{shown(_word(row, 1))} {_word(row, 2)}" for mark, row in _both(come, gone)]
    yield from named[:MOST]
    if len(named) > MOST:
        yield f"  and {len(named) - MOST:,} more; see: slopguard lists diff"


def _both(come: list[bytes], gone: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """Allowing rows first: they are what a signature must not get wrong."""
    both = [*(("+", row) for row in come), *(("-", row) for row in gone)]
    weight = {"allow": 0, "release": 1, "fix": 2}
    return iter(sorted(both, key=lambda each: (each[0] == "-", weight.get(_word(each[1], 2), 3), each[1])))


def _set(data: bytes) -> frozenset[bytes]:
    return frozenset(data.splitlines()[1:])


def _word(row: bytes, place: int) -> str:
    words = row.split(b"\t", 3)
    return words[place].decode("ascii", "replace") if place < len(words) else ""
