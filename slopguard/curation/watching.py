"""A machine's watchlist into the watch list of a repository of lists, for a team to sign and share.

Invariants: one file holds all of it (`FILE`), made anew each time, so that what is not watched any more goes; entries
that people wrote are never changed, and a name of theirs is not written twice; no internal name is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slopguard.curation import edit, generated, people, sources
from slopguard.curation.entries import ListEntry
from slopguard.curation.layout import Layout
from slopguard.lists.namespaces import Namespaces
from slopguard.model import Ecosystem, WatchRow

FILE = "watched.tsv"
COMMENT = (
    "Made by `slopguard watch export --lists`, and made anew each time: write entries of your own in a .toml file.\n"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written.

    Args:
        covered: names left to entries that people wrote.
        internal: names left out, because they are internal names of a team.
        added, removed: names that the file did not hold before, and that it will not hold any more.
    """

    path: Path
    entries: tuple[ListEntry, ...]
    covered: int
    internal: int
    added: int
    removed: int


def plan(layout: Layout, names: Iterable[tuple[Ecosystem, str, WatchRow]]) -> Plan:
    """What the file would hold.

    Args:
        names: each once.

    Raises:
        InputError: the sources or `lists.toml` are wrong.
    """
    path = layout.watch / FILE
    located = sources.located(layout.watch)
    before = {key for key, (_, at) in located.items() if at == path}
    theirs = {key for key, (entry, at) in located.items() if at != path and entry.kind == "watch"}
    spaces = Namespaces.of(people.read(layout).internal)
    entries, covered, internal = [], 0, 0
    for ecosystem, name, row in names:
        if ("watch", ecosystem.value, name) in theirs:
            covered += 1
        elif spaces.claims and spaces.owner(ecosystem, name) is not None:
            internal += 1
        else:
            entries.append(_entry(ecosystem, name, row))
    after = {entry.key for entry in entries}
    return Plan(path, tuple(entries), covered, internal, len(after - before), len(before - after))


def write(found: Plan) -> None:
    """Write the file.

    Raises:
        InputError: it cannot be written.
    """
    edit.write(found.path, generated.text_of(found.entries, COMMENT))


def _entry(ecosystem: Ecosystem, name: str, row: WatchRow) -> ListEntry:
    at = row.predicted_at.date().isoformat() if row.predicted_at is not None else None
    told = {"origin": row.origin, "source": row.source, "rank": row.rank, "models": row.models or None, "at": at}
    return ListEntry(
        "watch", ecosystem, name, more={key: str(value) for key, value in told.items() if value is not None}
    )
