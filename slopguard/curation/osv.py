"""OSV records (https://ossf.github.io/osv-schema/): which versions of a package are malicious, which fix an advisory.

Pure: bytes in, `Advisory` out. Invariants: whatever the bytes, only `InputError` is raised; a version lies in what is
made of a record exactly if the record's events or its list say that it is affected (schema, "Evaluation"), by the order
of versions alone, pre-releases included; what cannot be decided is an error, never a guess; nothing is kept of a record
but its identifier, names and versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from slopguard.errors import InputError
from slopguard.model import Ecosystem, NormalizedName
from slopguard.names import BadName, normalize
from slopguard.versions import Semver, pep440

ECOSYSTEMS = {"PyPI": Ecosystem.PYPI, "npm": Ecosystem.NPM}
"""The ecosystems that are read, as OSV spells them."""
MALICIOUS = "MAL-"
"""How identifiers of malicious packages begin (OSSF malicious-packages)."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
_SHORT = re.compile(r"\d+(\.\d+)?", re.ASCII)
_TYPES = frozenset({"SEMVER", "ECOSYSTEM"})
_ORDER = {"fixed": 0, "introduced": 1, "last_affected": 2}
"""Which of two events at one version counts first."""


@dataclass(frozen=True, slots=True)
class Affected:
    """What a record says of one package.

    Args:
        versions: affected versions that lie in no range, each exact.
        ranges: affected ranges as `slopguard.lists.ranges` reads them (`strict`), for rows that deny.
        whole: every version is affected.
        fixed: the lowest version of each branch that is not affected any more.
    """

    ecosystem: Ecosystem
    name: NormalizedName
    versions: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    whole: bool = False
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advisory:
    """One record, as far as it is about PyPI or npm; about neither, `affected` is empty.

    Args:
        id: its identifier.
        modified: when it was changed last (UTC).
        withdrawn: whether it was taken back.
    """

    id: str
    modified: datetime
    withdrawn: bool = False
    affected: tuple[Affected, ...] = ()

    @property
    def malicious(self) -> bool:
        """Whether it names malicious packages or versions; every other advisory is about a weakness."""
        return self.id.startswith(MALICIOUS)


class _Event(msgspec.Struct):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class _Range(msgspec.Struct):
    type: str
    events: list[_Event] = []


class _Package(msgspec.Struct):
    ecosystem: str
    name: str


class _Affected(msgspec.Struct):
    package: _Package | None = None
    versions: list[str] | None = None
    ranges: list[_Range] | None = None


class _Record(msgspec.Struct):
    id: str
    modified: datetime
    withdrawn: datetime | None = None
    affected: list[_Affected] | None = None


_DECODER = msgspec.json.Decoder(_Record)


def parse(data: bytes) -> Advisory:
    """Read one record.

    Raises:
        InputError: it is no OSV record, or what it says of a package of ours cannot be decided.
    """
    try:
        record = _DECODER.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InputError("not an OSV record") from error
    modified = _utc(record.modified)
    ours = [each for each in record.affected or () if each.package and each.package.ecosystem in ECOSYSTEMS]
    if ours and not _ID.fullmatch(record.id):
        raise InputError("its identifier is not one")
    withdrawn = record.withdrawn is not None
    strict = record.id.startswith(MALICIOUS)
    # a record that was taken back need not make sense
    affected = () if withdrawn else tuple(_affected(each, strict=strict) for each in ours)
    return Advisory(record.id, modified, withdrawn, affected)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InputError("says no time zone in 'modified'")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # on the first or last day there is
        raise InputError("was modified at no sensible time") from error


def id_of(data: bytes) -> str:
    """The identifier of a record that `parse` refuses, for a report about it; empty where none can be read."""
    try:
        found = msgspec.json.decode(data, type=dict[str, Any]).get("id")
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


# ---------------------------------------------------------------- one package of a record


def _affected(raw: _Affected, *, strict: bool) -> Affected:
    """What a record says of one package.

    Args:
        strict: not knowing which versions are affected is an error.
    """
    assert raw.package is not None
    ecosystem = ECOSYSTEMS[raw.package.ecosystem]
    try:
        name = normalize(ecosystem, raw.package.name)
    except BadName as error:
        raise InputError(str(error)) from error
    ranges = [each for each in raw.ranges or () if each.type != "GIT"]  # commits: no version that anybody installs
    if any(each.type not in _TYPES for each in ranges):
        raise InputError("holds a range of a type that is not known")
    spans = [span for each in ranges for span in _spans(ecosystem, each)]
    if strict and not spans and not raw.versions:
        raise InputError("does not say which versions are malicious")
    if any(span.whole for span in spans):
        return Affected(ecosystem, name, whole=True)
    texts = tuple(dict.fromkeys(span.text(ecosystem) for span in spans))
    listed = dict.fromkeys(_version(ecosystem, version) for version in raw.versions or ())
    ends = dict.fromkeys(span.high for span in spans if span.fixed and span.high is not None)
    fixed = _outside(spans, (each for each in ends if each not in listed))
    return Affected(ecosystem, name, _outside(spans, listed), texts, fixed=fixed)


def _outside(spans: Sequence[_Span], versions: Iterable[_Version]) -> tuple[str, ...]:
    """The versions that lie in none of the spans."""
    return tuple(str(version) for version in versions if not any(span.holds(version) for span in spans))


# ---------------------------------------------------------------- versions and their order


class _Version:
    """A version with its order and its one spelling."""

    __slots__ = ("order", "text")

    def __init__(self, order: Any, text: str) -> None:
        self.order = order
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Version) and bool(self.order == other.order)

    def __hash__(self) -> int:
        return hash(self.order)


def _version(ecosystem: Ecosystem, text: str) -> _Version:
    """Read a version; an npm version may leave out zeros at its end.

    Raises:
        InputError: it is none.
    """
    if ecosystem is Ecosystem.PYPI:
        version = pep440(text)
        if version is not None:
            return _Version(version, str(version))
    else:
        full = text if not _SHORT.fullmatch(text) else text + ".0" * (2 - text.count("."))
        semver = Semver.parse(full)
        if semver is not None:
            return _Version(
                semver, ".".join(map(str, semver.numbers)) + ("-" + ".".join(semver.pre)) * bool(semver.pre)
            )
    raise InputError("holds a version that cannot be read")


@dataclass(frozen=True, slots=True)
class _Span:
    """Affected versions in a row: from `low` (`None`: the first) to `high` (`None`: the last)."""

    low: _Version | None
    high: _Version | None = None
    inclusive: bool = False
    fixed: bool = False

    @property
    def whole(self) -> bool:
        """Whether every version lies in it."""
        return self.low is None and self.high is None

    def holds(self, version: _Version) -> bool:
        """Whether a version lies in it."""
        if self.low is not None and version.order < self.low.order:
            return False
        if self.high is None or version.order < self.high.order:
            return True
        return self.inclusive and version == self.high

    def text(self, ecosystem: Ecosystem) -> str:
        """The range as a row holds it."""
        parts = [f">={self.low}"] if self.low else []
        if self.high is not None:
            parts.append(("<=" if self.inclusive else "<") + str(self.high))
        return ("," if ecosystem is Ecosystem.PYPI else " ").join(parts)

    def before(self, limit: _Version) -> _Span | None:
        """What of it lies before `limit`."""
        if self.low is not None and not self.low.order < limit.order:
            return None
        if self.high is not None and self.high.order < limit.order:
            return self
        return self if self.high == limit and not self.inclusive else _Span(self.low, limit)


Event = tuple[_Version | None, str]
"""A version (`None`: before the first) and what happens there."""


def _spans(ecosystem: Ecosystem, raw: _Range) -> Iterator[_Span]:
    """The affected spans of one range: the schema's algorithm, run over its events instead of over versions."""
    events, limits, endless = _events(ecosystem, raw.events)
    end = None if endless or not limits else max(limits, key=lambda limit: limit.order)
    for span in _walk(events):
        kept = span if end is None else span.before(end)
        if kept is not None:
            yield kept


def _walk(events: Iterable[Event]) -> Iterator[_Span]:
    open_at: Event | None = None
    for version, what in events:
        if what == "introduced":
            open_at = open_at or (version, what)
        elif open_at is not None:
            yield _Span(open_at[0], version, what == "last_affected", what == "fixed")
            open_at = None
    if open_at is not None:
        yield _Span(open_at[0])


def _events(ecosystem: Ecosystem, raw: Iterable[_Event]) -> tuple[list[Event], list[_Version], bool]:
    """The events in their order, the limits, and whether one of those is no limit.

    Raises:
        InputError: nothing is introduced, an event is none, or the order is not clear.
    """
    events: list[Event] = []
    limits: list[_Version] = []
    endless = False
    for what, text in map(_event, raw):
        if what == "limit":
            endless = endless or text == "*"
            limits += [] if text == "*" else [_limit(ecosystem, text)]
        else:
            events.append((None if (what, text) == ("introduced", "0") else _limit(ecosystem, text), what))
    introduced = [version for version, what in events if what == "introduced"]
    if not introduced:
        raise InputError("holds a range in which nothing is introduced")
    if any(what == "fixed" and version in introduced for version, what in events):
        raise InputError("introduces and fixes something in the same version")
    first = [event for event in events if event[0] is None]
    rest = [(version, what) for version, what in events if version is not None]
    return [*first, *sorted(rest, key=lambda event: (event[0].order, _ORDER[event[1]]))], limits, endless


def _event(raw: _Event) -> tuple[str, str]:
    found = [(key, value) for key in ("introduced", "fixed", "last_affected", "limit") if (value := getattr(raw, key))]
    if len(found) != 1:
        raise InputError("holds an event that is not exactly one of introduced, fixed, last_affected and limit")
    return found[0]


def _limit(ecosystem: Ecosystem, text: str) -> _Version:
    """A version as the limit of a range: PEP 440 knows none with a local part."""
    version = _version(ecosystem, text)
    if "+" in version.text:
        raise InputError("holds a version that cannot be the limit of a range")
    return version
