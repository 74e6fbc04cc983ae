"""Entries of a list as people write them, and the rows that machines read.

An entry speaks of one package: it allows it, denies it, releases it for a while (an exception), names the versions
that fix an advisory, or watches it. Invariants: pure; the same entries give the same rows, whatever their order and
that of their values; every row is one that `slopguard.lists.rows` reads; a deny never expires.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from urllib.parse import quote

from slopguard.model import Ecosystem
from slopguard.versions import Semver, pep440

KINDS: Mapping[str, tuple[str, ...]] = {
    "allow": ("rank", "versions", "hashes", "owner", "reason", "reviewer", "added", "expires"),
    "deny": ("rule", "id", "versions", "hashes", "owner", "reason", "reviewer", "added"),
    "release": ("versions", "hashes", "owner", "reason", "reviewer", "added", "expires"),
    "fix": ("id", "versions", "owner", "reason", "reviewer", "added"),
    "watch": ("origin", "source", "rank", "models", "at", "owner", "reason", "reviewer", "added"),
}
"""The kinds of entries with the keys that each may hold, in the order in which they are written."""
FIELDS = frozenset({"versions", "hashes", "owner", "reason", "reviewer", "added", "expires"})
"""Keys that are fields of an entry; every other one stands in `ListEntry.more`."""
NUMBERS = frozenset({"rank", "models"})
"""Keys whose value is a whole number."""
DATES = frozenset({"added", "expires", "at"})
"""Keys whose value is a date (UTC)."""

_SAFE = " !#$&'()*+,-./:<=>?@[]^_`{|}~"
_AS_IT_IS = re.compile(r"[ !#$&-:<-\[\]-~]*")
"""Text that `quote(text, safe=_SAFE)` would leave alone: printable ASCII but quote, percent, semicolon, backslash."""
_PLAIN = {
    Ecosystem.PYPI: re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,4}"),
    Ecosystem.NPM: re.compile(r"[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}"),
}
"""Versions that need no closer look: all but a few of a hundred thousand."""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """What a list says of one package.

    Args:
        kind: one of `KINDS`.
        name: normalised.
        versions: exact versions and ranges; with none, the entry is about the name.
        hashes: digests (`algo:hex`) of the files it is about, where it is about those alone.
        owner: who answers for it.
        reason: why it is there.
        reviewer: who looked at it.
        added: when it was written.
        expires: the last day it counts.
        more: what only some kinds have: `rank`, `rule`, `id`, `origin`, `source`, `models`, `at`; values as text.
    """

    kind: str
    ecosystem: Ecosystem
    name: str
    versions: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    owner: str = ""
    reason: str = ""
    reviewer: str = ""
    added: date | None = None
    expires: date | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What may be there once in a list: kind, ecosystem, name."""
        return (self.kind, f"{self.ecosystem}", self.name)  # `.value` costs three times as much

    def ended(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.expires is not None and self.expires < today


def exact(ecosystem: Ecosystem, text: str) -> bool:
    """Whether `text` is one version, not a range."""
    return _PLAIN[ecosystem].fullmatch(text) is not None or _exact(ecosystem, text)


@lru_cache(1 << 16)
def _exact(ecosystem: Ecosystem, text: str) -> bool:
    if ecosystem is Ecosystem.PYPI:
        return pep440(text) is not None
    return text[:1].isdecimal() and Semver.parse(text) is not None


def rows_of(entries: Iterable[ListEntry], today: date | None = None) -> Iterator[str]:
    """The rows of these entries, sorted, as they stand in a bundle after its first line.

    Args:
        today: leave out what ended before this day; denies never end.
    """
    found: set[str] = set()
    for entry in entries:
        if today is None or not entry.ended(today):
            found.update(_rows(entry))
    yield from sorted(found)  # ASCII, so that the order of the text is that of the bytes


def _rows(entry: ListEntry) -> Iterator[str]:
    """One row for all exact versions, and one for each range."""
    ecosystem, tail = entry.ecosystem, _TAILS[entry.kind]
    start = f"{ecosystem}\t{entry.name}\t{entry.kind}"
    if not entry.versions:
        yield start + tail(entry, "")
        return
    versions = sorted({text for text in entry.versions if exact(ecosystem, text)})
    ranges = set(entry.versions).difference(versions)
    if versions:
        yield start + tail(entry, f"\tversions={';'.join(versions)}")
    for text in ranges:
        yield start + tail(entry, f"\trange={_plain_range(ecosystem, text)}")


def _plain_range(ecosystem: Ecosystem, text: str) -> str:
    """The range without the blanks that mean nothing."""
    parts = text.split()
    return "".join(parts) if ecosystem is Ecosystem.PYPI else " ".join(parts)


def _field(key: str, text: str) -> str:
    """One field of a row, nothing for an empty one."""
    if not text:
        return ""
    return f"\t{key}={text if _AS_IT_IS.fullmatch(text) else quote(text, safe=_SAFE)}"


def _hashes(entry: ListEntry) -> str:
    return f"\thashes={';'.join(sorted(set(entry.hashes)))}" if entry.hashes else ""


def _until(entry: ListEntry) -> str:
    return f"\tuntil={entry.expires.isoformat()}" if entry.expires else ""


def _allow(entry: ListEntry, narrow: str) -> str:
    rank = _field("rank", entry.more.get("rank", ""))
    return rank + narrow + _hashes(entry) + _field("owner", entry.owner) + _until(entry)


def _deny(entry: ListEntry, narrow: str) -> str:
    rule = entry.more.get("rule", "denied")
    return (
        f"\trule={rule}{narrow}" + _hashes(entry) + _field("why", entry.reason) + _field("id", entry.more.get("id", ""))
    )


def _release(entry: ListEntry, narrow: str) -> str:
    return narrow + _hashes(entry) + _until(entry) + _field("owner", entry.owner)


def _fix(entry: ListEntry, narrow: str) -> str:
    return narrow + _field("id", entry.more.get("id", ""))


def _watch(entry: ListEntry, narrow: str) -> str:
    return "".join(_field(key, entry.more.get(key, "")) for key in ("origin", "source", "rank", "models", "at"))


_TAILS: Mapping[str, Callable[[ListEntry, str], str]] = {
    "allow": _allow,
    "deny": _deny,
    "release": _release,
    "fix": _fix,
    "watch": _watch,
}
"""What stands in a row of each kind after the kind, in the order that `slopguard.lists.rows` documents."""
