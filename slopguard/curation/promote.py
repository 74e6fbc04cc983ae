"""Moving entries of teams up to the common list, which everybody reads.

Invariants: an entry is written in its new place before it leaves the old one, so that nothing is ever in neither; what
teams do not list alike is left where it is and named; an internal name stays with its owner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from slopguard.curation.checks import LONGEST_TEXT
from slopguard.curation.edit import put, take_out
from slopguard.curation.entries import ListEntry
from slopguard.curation.layout import Layout
from slopguard.curation.sources import Key, read_list
from slopguard.errors import UsageError
from slopguard.model import Ecosystem
from slopguard.names import shown

SHARED = ("allow", "deny", "fix")
"""Kinds that move when teams share them; an exception is one team's, for a while."""
Internal = Callable[[Ecosystem, str], bool]


@dataclass(frozen=True, slots=True)
class Move:
    """An entry that moves up.

    Args:
        entry: as it will stand in the common list.
        teams: those that it leaves.
    """

    entry: ListEntry
    teams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A package that stays where it is.

    Args:
        places: the lists that speak of it.
        why: why it stays.
    """

    ecosystem: Ecosystem
    name: str
    places: tuple[str, ...]
    why: str


def shared(layout: Layout, internal: Internal) -> tuple[tuple[Move, ...], tuple[Conflict, ...]]:
    """What two teams or more list alike, and what they list otherwise than each other or than the common list.

    Args:
        internal: tells which names belong to one team; they stay.

    Raises:
        InputError: a source cannot be read.
    """
    common = {entry.key: entry for entry in read_list(layout.common)}
    moves: list[Move] = []
    conflicts: list[Conflict] = []
    for (ecosystem, name), theirs in sorted(_by_package(layout).items()):
        if len({team for team, _ in theirs}) < 2 or internal(Ecosystem(ecosystem), name):
            continue
        why = _conflict(theirs, common)
        if why:
            teams = tuple(dict.fromkeys(team for team, _ in theirs))
            conflicts.append(Conflict(Ecosystem(ecosystem), name, teams, why))
        else:
            moves.append(_move(theirs, common))
    return tuple(moves), tuple(conflicts)


def of_team(layout: Layout, team: str, ecosystem: Ecosystem, name: str) -> tuple[Move, ...]:
    """What one team lists of a package, to be moved up.

    Raises:
        InputError: a source cannot be read.
        UsageError: the team does not list it, or the common list does otherwise.
    """
    common = {entry.key: entry for entry in read_list(layout.common)}
    found = [entry for entry in read_list(layout.team(team)) if (entry.ecosystem, entry.name) == (ecosystem, name)]
    if not found:
        what = f"{team} does not list {ecosystem.value}:{shown(name)}"
        raise UsageError(what, "See: slopguard lists export")
    for entry in found:
        if entry.key in common and not alike(entry, common[entry.key]):
            what = f"the common list holds another {entry.kind} entry for {ecosystem.value}:{shown(name)}"
            raise UsageError(what, "Bring them in line, or take one out: slopguard lists remove")
    return tuple(_move([(team, entry)], common) for entry in found)


def carry_out(layout: Layout, moves: Iterable[Move]) -> None:
    """Do what was planned.

    Raises:
        InputError: a file cannot be edited or written.
    """
    for move in moves:
        put(layout.common, move.entry)
        for team in move.teams:
            take_out(layout.team(team), move.entry.kind, move.entry.ecosystem, move.entry.name)


def alike(one: ListEntry, other: ListEntry) -> bool:
    """Whether two entries mean the same to a machine, whoever wrote them and why."""
    return _meaning(one) == _meaning(other)


def _meaning(entry: ListEntry) -> tuple[Any, ...]:
    more = {"rule": "denied", **entry.more} if entry.kind == "deny" else dict(entry.more)
    more.pop("id", None)
    return (entry.key, set(entry.versions), set(entry.hashes), entry.expires, more)


def _by_package(layout: Layout) -> dict[tuple[str, str], list[tuple[str, ListEntry]]]:
    found: dict[tuple[str, str], list[tuple[str, ListEntry]]] = {}
    for team in layout.teams():
        for entry in read_list(layout.team(team)):
            if entry.kind in SHARED:
                found.setdefault(entry.key[1:], []).append((team, entry))
    return found


def _conflict(theirs: list[tuple[str, ListEntry]], common: dict[Key, ListEntry]) -> str | None:
    """Why a package that several teams list does not move, `None` if it may."""
    first = theirs[0][1]
    if len({entry.kind for _, entry in theirs}) > 1:
        return "listed as " + " and ".join(sorted({entry.kind for _, entry in theirs}))
    if not all(alike(first, entry) for _, entry in theirs):
        return "listed with other versions, hashes, days or rules"
    above = [entry for kind in SHARED if (entry := common.get((kind, *first.key[1:])))]
    if any(not alike(first, entry) for entry in above):
        return "the common list says something else"
    return None


def _move(theirs: list[tuple[str, ListEntry]], common: dict[Key, ListEntry]) -> Move:
    first = theirs[0][1]
    entries = [entry for _, entry in theirs]
    known = common.get(first.key)
    if known is not None:
        return Move(known, tuple(team for team, _ in theirs))
    days = [entry.added for entry in entries if entry.added]
    merged = replace(
        first,
        owner=_joined(entry.owner for entry in entries),
        reason=_joined(entry.reason for entry in entries),
        reviewer=_joined(entry.reviewer for entry in entries),
        added=min(days) if days else None,
        more={**first.more, **_ids(entries)},
    )
    return Move(merged, tuple(team for team, _ in theirs))


def _ids(entries: Iterable[ListEntry]) -> dict[str, str]:
    ids = _joined((each for entry in entries for each in entry.more.get("id", "").split()), " ")
    return {"id": ids} if ids else {}


def _joined(texts: Iterable[str], between: str = "; ") -> str:
    """Texts of several people as one, each once; those that do not fit are left out."""
    found = ""
    for text in dict.fromkeys(filter(None, texts)):
        longer = f"{found}{between}{text}" if found else text
        found = longer if len(longer) <= LONGEST_TEXT else found
    return found
