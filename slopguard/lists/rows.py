"""One row of a list: a line of text, its fields, and whether it covers a version or a file.

A line is `ECOSYSTEM TAB NAME TAB KIND` and then any number of `TAB key=value`. Kinds and their keys:

* `allow`: `rank` (first, if any); with `versions` or `range` the row is `reviewed`, with `hashes` it is `pinned`, and
  else `baseline`; `owner`; `until`, the last day on which it counts (UTC).
* `deny`: `rule` (`denied`, `malicious`); `versions`, `range` or `hashes` narrow it, else it denies the name; `why` and
  `id` say what for.
* `release`: a person lets the package through for a while: `until`; `versions` and `hashes` narrow it; `owner`.
* `fix`: `versions` that fix an advisory, and its `id`.
* `watch`: `origin`, `source`, `rank`, `models`, `at` (a date, UTC).
* `import`: `in`, the distributions that hold a module of this name, most popular first. `stdlib`: no keys.

Several values of one key are separated by `;`; what people wrote (`why`, `owner`, `id`) is percent-encoded. Invariants:
a row is flat; a line that breaks the grammar makes its whole list invalid; TAB sorts before every character of a name,
so that sorted lines are sorted by ecosystem, then name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import unquote

from slopguard.errors import ListInvalid
from slopguard.hashes import proven
from slopguard.lists.ranges import in_range
from slopguard.model import AllowRow, DenyRow, Ecosystem, ReleaseRow, RowKind, WatchRow
from slopguard.versions import same_version

KINDS: Mapping[str, frozenset[str]] = {
    "allow": frozenset({"rank", "versions", "range", "hashes", "owner", "until"}),
    "deny": frozenset({"rule", "versions", "range", "hashes", "why", "id"}),
    "release": frozenset({"versions", "hashes", "until", "owner"}),
    "fix": frozenset({"versions", "id"}),
    "watch": frozenset({"origin", "source", "rank", "models", "at"}),
    "import": frozenset({"in"}),
    "stdlib": frozenset(),
}
"""The keys each kind of row may hold."""

DENY_RULES = ("denied", "malicious")
ORIGINS = ("imported", "generated")
_DIGEST = re.compile(r"[a-z0-9]{2,10}:[0-9a-f]+")
_SEVERAL = frozenset({"versions", "hashes", "in"})
_DIGITS = 18
"""Of a whole number: no rank has more."""
_MALFORMED = "a list holds a row that cannot be read"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list, taken apart.

    Args:
        kind: `allow`, `deny`, `watch`, `import` or `stdlib`.
        fields: key to value as written.
    """

    ecosystem: Ecosystem
    name: str
    kind: str
    fields: Mapping[str, str]

    @classmethod
    def parse(cls, line: bytes) -> Row:
        """Read one line, without its line end.

        Raises:
            ListInvalid: the line breaks the grammar.
        """
        try:
            ecosystem, name, kind, *rest = line.decode("ascii").split("\t")
            pairs: list[tuple[str, str]] = [_pair(part) for part in rest]
            fields = dict(pairs)
            if not name or not fields.keys() <= KINDS[kind] or len(fields) != len(pairs):
                raise ListInvalid(_MALFORMED)
            return cls(Ecosystem(ecosystem), name, kind, fields)
        except (ValueError, KeyError) as error:
            raise ListInvalid(_MALFORMED) from error

    def values(self, key: str) -> tuple[str, ...]:
        """The values of `key`, empty when the row has none."""
        text = self.fields.get(key, "")
        return tuple(text.split(";")) if text else ()

    def number(self, key: str) -> int | None:
        """The value of `key` as a whole number.

        Raises:
            ListInvalid: it is something else.
        """
        text = self.fields.get(key)
        if text is None:
            return None
        if not text.isdecimal() or len(text) > _DIGITS:
            raise ListInvalid(_MALFORMED)
        return int(text)

    @property
    def narrow(self) -> bool:
        """Whether the row is about some versions or files only."""
        return bool(self.fields.keys() & {"versions", "range", "hashes"})

    @property
    def strength(self) -> RowKind:
        """How strong an allow row is."""
        if "hashes" in self.fields:
            return RowKind.PINNED
        return RowKind.REVIEWED if self.narrow else RowKind.BASELINE

    def covers(self, version: str | None, digests: frozenset[str]) -> bool:
        """Whether the row speaks of this version (`None`: of the name as such) and these digests.

        A row that names hashes covers files only by their hashes; `versions` beside it narrow it further. An allow row
        must know every file asked about, for a deny row one is enough.
        """
        if "hashes" in self.fields and not self._names_file(digests):
            return False
        if not self.fields.keys() & {"versions", "range"}:
            return True
        if version is None:
            return False
        strict = self.kind == "deny"
        # `1.0+local` is a build of what is denied
        asked = {version, version.partition("+")[0]} if strict else {version}
        if any(same_version(self.ecosystem, each, listed) for listed in self.values("versions") for each in asked):
            return True
        return "range" in self.fields and in_range(self.ecosystem, version, self.fields["range"], strict=strict)

    def _names_file(self, digests: frozenset[str]) -> bool:
        hashes = self.values("hashes")
        return not digests.isdisjoint(hashes) if self.kind == "deny" else proven(digests, hashes)

    def counts_on(self, today: date) -> bool:
        """Whether the row still counts on a day: through the day that `until` names, for ever without one.

        Raises:
            ListInvalid: that is no date.
        """
        until = _date(self.fields.get("until"))
        return until is None or today <= until.date()

    def text(self, key: str) -> str:
        """What people wrote under `key`, empty when the row has none."""
        return unquote(self.fields.get(key, ""))

    def as_allow(self, list_name: str) -> AllowRow:
        """This row as evidence for a request that it covers."""
        return AllowRow(list_name, self.strength, self.number("rank"), self.text("owner"))

    def as_deny(self, list_name: str) -> DenyRow:
        """This row as evidence against a request that it covers.

        Raises:
            ListInvalid: the row names no known rule.
        """
        rule = self.fields.get("rule", "")
        if rule not in DENY_RULES:
            raise ListInvalid(_MALFORMED)
        return DenyRow(list_name, rule, self.text("why"), self.text("id"))

    def as_release(self, list_name: str) -> ReleaseRow:
        """This row as a person's release of what it covers.

        Raises:
            ListInvalid: it names no day on which it ends.
        """
        until = _date(self.fields.get("until"))
        if until is None:
            raise ListInvalid(_MALFORMED)
        return ReleaseRow(list_name, "hashes" in self.fields, until.date())

    def as_watch(self) -> WatchRow:
        """This row as a watch row.

        Raises:
            ListInvalid: origin, source or date cannot be read.
        """
        origin, source = self.fields.get("origin", ""), self.fields.get("source", "")
        if origin not in ORIGINS or not source:
            raise ListInvalid(_MALFORMED)
        return WatchRow(origin, source, self.number("rank"), self.number("models"), _date(self.fields.get("at")))


def _pair(text: str) -> tuple[str, str]:
    """One field; one without a value would make a row cover nothing, and a deny would be lost."""
    key, value = text.split("=", 1)
    if key in _SEVERAL and not all(value.split(";")):
        raise ValueError
    if not value or (key == "hashes" and not all(map(_DIGEST.fullmatch, value.split(";")))):
        raise ValueError
    return key, value


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise ListInvalid(_MALFORMED) from error
