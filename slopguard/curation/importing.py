"""From OSV records to entries: malicious packages to deny, versions that fix advisories.

Invariants: pure but for `plan`, which reads the repository, and `write`; a record that cannot be decided is reported,
and nothing is written for it; a record that was withdrawn takes back what it brought; what the data do not speak of
stays as it was; rows of people are never changed; a popular package is denied as a whole only where that was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from slopguard.curation import osv, sources
from slopguard.curation.entries import ListEntry, exact
from slopguard.curation.feed import Record
from slopguard.curation.layout import Layout
from slopguard.errors import InputError
from slopguard.model import Ecosystem
from slopguard.names import shown

STALE = timedelta(days=30)
"""How old the newest record of the data may be."""
AHEAD = timedelta(days=1)
"""How far in the future a record may have been modified: clocks differ."""
FILES = {"deny": "malicious.toml", "fix": "advisories.toml"}
"""Kind of entry to the file that holds those that were imported, below `watch/` and `common/`."""
LONGEST_IDS = 900
"""Characters of the identifiers that an entry names; of more, it says how many."""
COMMENT = "Made by `slopguard lists import osv`, and made anew each time: write entries of your own in another file.\n"
_AS_OF = re.compile(r"^#? ?as-of: (\d{4}-\d{2}-\d{2})$", re.MULTILINE)
_MORE = re.compile(r"\+\d+")

Key = tuple[Ecosystem, str]
Popular = Callable[[Ecosystem, str], bool]


@dataclass(slots=True)
class Said:
    """What all records together say of one package."""

    ids: set[str] = field(default_factory=set)
    versions: dict[str, None] = field(default_factory=dict)
    whole: bool = False

    def entry(self, kind: str, key: Key) -> ListEntry:
        """It as an entry: first the versions, then the ranges."""
        ecosystem, name = key
        versions = () if self.whole else tuple(sorted(self.versions, key=lambda v: (not exact(ecosystem, v), v)))
        more = {"rule": "malicious"} if kind == "deny" else {}
        return ListEntry(kind, ecosystem, name, versions, more={**more, "id": _joined(self.ids)})


@dataclass(slots=True)
class Taken:
    """What a number of records say.

    Args:
        read: how many there were.
        elsewhere: how many are about neither PyPI nor npm.
        withdrawn: how many were taken back.
        problems: what is wrong with those that cannot be used, one line each.
        said: kind of entry to package to what is said of it.
        ids: kind of entry to the identifiers of all records of that kind, withdrawn ones included.
        newest: kind of entry to when a record of that kind was changed last.
    """

    read: int = 0
    elsewhere: int = 0
    withdrawn: int = 0
    problems: list[str] = field(default_factory=list)
    said: Mapping[str, dict[Key, Said]] = field(default_factory=lambda: {kind: {} for kind in FILES})
    ids: Mapping[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in FILES})
    newest: dict[str, datetime] = field(default_factory=dict)

    def check_age(self, now: datetime) -> None:
        """The data must be young enough to be relied on.

        Raises:
            InputError: nothing in them was changed in the last `STALE`.
        """
        newest = max(self.newest.values(), default=None)
        if newest is not None and now - newest > STALE:
            what = f"the newest record is of {newest.date()}, more than {STALE.days} days ago"
            raise InputError(what, "Fetch the data again, or add --stale-ok")


def take(found: Iterable[Record], now: datetime, popular: Popular = lambda ecosystem, name: False) -> Taken:
    """Read all records.

    Args:
        popular: tells which names no record may deny as a whole.

    Raises:
        SlopguardError: as `found` raises.
    """
    taken = Taken()
    for where, data in found:
        taken.read += 1
        try:
            _add(taken, _read(data, now, popular))
        except InputError as why:
            name = osv.id_of(data)
            taken.problems.append(f"{where}: {name + ': ' if name else ''}{why}")
    return taken


def _read(data: bytes, now: datetime, popular: Popular) -> osv.Advisory:
    advisory = osv.parse(data)
    if advisory.modified > now + AHEAD:
        raise InputError("was modified in the future")
    for each in advisory.affected if advisory.malicious else ():
        if each.whole and popular(each.ecosystem, each.name):
            raise InputError(f"would deny every version of {each.ecosystem} '{shown(each.name)}', which is popular")
    return advisory


def _add(taken: Taken, advisory: osv.Advisory) -> None:
    kind = "deny" if advisory.malicious else "fix"
    taken.withdrawn += advisory.withdrawn
    taken.elsewhere += not advisory.withdrawn and not advisory.affected
    if advisory.affected or advisory.withdrawn:
        taken.ids[kind].add(advisory.id)
        taken.newest[kind] = max(advisory.modified, taken.newest.get(kind, advisory.modified))
    for each in advisory.affected:
        texts = (*each.versions, *each.ranges) if kind == "deny" else each.fixed
        if not texts and not (kind == "deny" and each.whole):
            continue
        said = taken.said[kind].setdefault((each.ecosystem, each.name), Said())
        said.ids.add(advisory.id)
        said.versions |= dict.fromkeys(texts)
        said.whole = said.whole or each.whole


# ---------------------------------------------------------------- what becomes of the repository


@dataclass(frozen=True, slots=True)
class Change:
    """What one generated file will hold.

    Args:
        entries: all of them.
        as_of: the day of the data.
        added: how many are new.
        changed: how many say something else than before.
        removed: how many are gone.
        covered: how many were left out since people wrote an entry of their own.
    """

    path: Path
    entries: tuple[ListEntry, ...]
    as_of: date
    added: int
    changed: int
    removed: int
    covered: int


def plan(layout: Layout, taken: Taken, *, afresh: bool = False, kinds: Iterable[str] = tuple(FILES)) -> list[Change]:
    """What the generated files will hold, for each kind that the data speak of.

    Args:
        afresh: forget what was imported before.

    Raises:
        InputError: a file of the repository cannot be read, or people deny less of a package than the data do.
    """
    folders = {"deny": layout.watch, "fix": layout.common}
    return [_change(folders[kind], kind, taken, afresh=afresh) for kind in kinds if taken.ids[kind]]


def write(change: Change) -> None:
    """Write one generated file."""
    from slopguard.curation.edit import write_generated

    write_generated(change.path, change.entries, f"{COMMENT}as-of: {change.as_of}")


def age_of(path: Path) -> date | None:
    """The day of the data that a generated file was made from; `None` if the file does not say."""
    try:
        with path.open(encoding="utf-8") as file:
            found = _AS_OF.search(file.read(2000))
        return date.fromisoformat(found[1]) if found else None
    except (OSError, ValueError):
        return None


def _change(folder: Path, kind: str, taken: Taken, *, afresh: bool) -> Change:
    path = folder / FILES[kind]
    there = {(e.ecosystem, e.name): (e, at) for e, at in sources.located(folder).values() if e.kind == kind}
    before = {key: entry for key, (entry, at) in there.items() if at == path}
    theirs = {key: found for key, found in there.items() if found[1] != path}
    old = {} if afresh else before
    after = {}
    for key in sorted({*old, *taken.said[kind]}):
        entry = _merged(kind, key, old.get(key), taken)
        if entry is not None and not _covered(entry, theirs.get(key), folder):
            after[key] = entry
    return Change(
        path=path,
        entries=tuple(after.values()),
        as_of=_as_of(path, old, taken, kind),
        added=len(after.keys() - before.keys()),
        changed=sum(1 for key in after.keys() & before.keys() if after[key] != before[key]),
        removed=len(before.keys() - after.keys()),
        covered=len(theirs.keys() & taken.said[kind].keys()),
    )


def _merged(kind: str, key: Key, old: ListEntry | None, taken: Taken) -> ListEntry | None:
    """What the data say of a package, together with what earlier data said of it in records that are not in these."""
    said, known = taken.said[kind].get(key), taken.ids[kind]
    ids = set(old.more.get("id", "").split()) if old else set()
    if old is None or ids <= known or (said is not None and _all_of(ids, said.ids, known)):
        return said.entry(kind, key) if said else None
    if said is None:
        return old
    both = Said(ids | said.ids, dict.fromkeys((*old.versions, *said.versions)), said.whole)
    both.whole = said.whole or (kind == "deny" and not old.versions)
    return both.entry(kind, key)


def _all_of(ids: set[str], said: set[str], known: set[str]) -> bool:
    """Whether data that hold `said` and `known` speak of all these records, those included that are only counted."""
    named = {each for each in ids if not _MORE.fullmatch(each)}
    return named <= known and len(said) >= len(named) + _beyond(ids)


def _covered(entry: ListEntry, theirs: tuple[ListEntry, Path] | None, folder: Path) -> bool:
    """Whether people wrote an entry of their own about the same package; it must deny at least as much.

    Raises:
        InputError: it denies less, or may do so.
    """
    if theirs is None:
        return False
    if entry.kind == "deny" and (theirs[0].versions or theirs[0].hashes):
        name = sources.dotted(*entry.key)
        problem = f"{name} stands in {sources.where(theirs[1], folder)} for some versions only, and is malicious"
        raise InputError(problem, "Take it out there, or deny the name")
    return True


def _as_of(path: Path, old: Mapping[Key, ListEntry], taken: Taken, kind: str) -> date:
    """The day of the data: of these, if they speak of every record that came before, else of the earlier ones."""
    before = age_of(path) if old else None
    newest = taken.newest[kind].date()
    ids = {each for entry in old.values() for each in entry.more.get("id", "").split() if not _MORE.fullmatch(each)}
    return newest if before is None or ids <= taken.ids[kind] else min(before, newest)


def _beyond(ids: Iterable[str]) -> int:
    """How many records an entry counts without naming them."""
    return sum(int(each) for each in ids if _MORE.fullmatch(each))


def _joined(ids: Iterable[str]) -> str:
    """The identifiers, sorted; of too many the first, and how many there are beyond."""
    kept: list[str] = []
    names = sorted(each for each in ids if not _MORE.fullmatch(each))
    room = LONGEST_IDS
    for each in names:
        room -= len(each) + 1
        if room < 0:
            break
        kept.append(each)
    beyond = max(_beyond(ids), len(names) - len(kept))
    return " ".join([*kept, f"+{beyond}"] if beyond else kept)
