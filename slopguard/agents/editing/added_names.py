"""What edited files ask for that they did not ask for before, read by the machinery of `slopguard check`.

Everything that `check` reads is read, once as it was and once as it will be. Invariants: what cannot be told counts as
new; a package client is asked for its indexes only where what a file says depends on them; a file that leads out of
the project is not opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slopguard.agents.editing.edited_files import Edited
from slopguard.agents.editing.edits import Change
from slopguard.agents.editing.surroundings import Surroundings
from slopguard.check import walk
from slopguard.check.found import Evidence, key
from slopguard.check.indexes import Asked, Indexes, above, named_by_variables, nearest_npmrc, npm_built_in
from slopguard.check.newer import Newer
from slopguard.check.questions import Asking, Questions, questions
from slopguard.check.tree import Read, Tree, read_tree
from slopguard.check.walk import Place
from slopguard.config import Settings
from slopguard.indexes import Index
from slopguard.locked import LockedSet
from slopguard.model import Ecosystem, Location, Request
from slopguard.readers.interface import Reading

_OWN = frozenset({"markdown", "notebook", "package_json"})
"""Kinds of file in which a project of the tree may be named that nobody fetches."""


@dataclass(frozen=True, slots=True)
class New:
    """What is new.

    Args:
        requests: what will be installed, or run.
        suggested: what readers of a document are told to install.
        unclear: what cannot be decided, or not read.
        mismatched: those of `requests` with other digests than before for the same version.
        read: everything the files say now.
    """

    requests: tuple[Request, ...]
    suggested: tuple[Request, ...]
    unclear: tuple[Location, ...]
    mismatched: tuple[Request, ...]
    read: tuple[Read, ...]


def new(changes: Sequence[Change], cwd: Path, settings: Settings, ask: Asked | None) -> New:
    """What is new in edited files."""
    files = Edited.of(changes, cwd)
    after, before = files.tree(lambda change: change.after), files.tree(lambda change: change.before)
    asking = _Reader(files, cwd, settings, ask or _asks(settings), after, before)
    asked, held = asking.now(), asking.then()
    places = {Path(each.path) for request in asked.requests for each in request.locations}
    places |= {Path(each.path) for finding in after.findings for each in finding.locations}
    newer = Newer.than(held.requests, before.findings, map(str, places))
    fresh = asking.without_own([r for r in asked.requests if newer.is_new(r) or key(r) in asked.changed])
    findings = [place for each in newer.marked(after.findings) if each.new for place in each.locations]
    unsure = [place for r in fresh if key(r) in asked.unsure for place in r.locations]
    pairs = [(_usual(_where_new(r, newer), asked), key(r) in asked.changed) for r in fresh]
    obeyed = [(r, other) for request, other in pairs if (r := files.shown(request, for_readers=False))]
    return New(
        tuple(request for request, _ in obeyed),
        tuple(r for request, _ in pairs if (r := files.shown(request, for_readers=True))),
        tuple(files.place(each) for each in (*findings, *unsure) if not files.is_for_readers(each)),
        tuple(request for request, other in obeyed if other),
        tuple(after.read),
    )


def _where_new(request: Request, newer: Newer) -> Request:
    """The request with the places in which it is new, if there are others."""
    same = key(request)
    places = tuple(each for each in request.locations if (same, each.path) not in newer.requests)
    return replace(request, locations=places or request.locations)


def _usual(request: Request, asked: Questions) -> Request:
    """The request as from its usual index where only that could tell whether a host is a strange one."""
    return replace(request, source=asked.strange[key(request)]) if key(request) in asked.unsure else request


class _Reader:
    """Makes questions of what the files say, seen beside what a client obeys there."""

    def __init__(self, files: Edited, cwd: Path, settings: Settings, ask: Asked, after: Tree, before: Tree) -> None:
        self._files, self._settings, self._after, self._before = files, settings, after, before
        self._adopted = LockedSet.of(settings)
        self._around = Surroundings(tuple(change.full for change in files.changes.values()), cwd, files.loader())
        self._beside = self._obeyed(cwd)
        self._indexes = self._of_clients(cwd, ask)

    def now(self) -> Questions:
        """The questions of the files as they will be, with what lock files prove."""
        told: Mapping[Path, Evidence] = {}
        if any(each.kind.lock for each in self._after.read):
            from slopguard.check.locked import evidence

            told = evidence(self._after.read, self._beside, self._before.read, self._of_lock)
        self._told = replace(self._asking(), evidence=told)
        return questions(self._after.read, self._told)

    def then(self) -> Questions:
        """The questions of the files as they are."""
        return questions(self._before.read, self._asking())

    def without_own(self, fresh: list[Request]) -> list[Request]:
        """The requests without those for projects of the tree itself, which is looked at only where these may be."""
        if not fresh or not any(each.kind.name in _OWN for each in self._after.read):
            return fresh
        from slopguard.check.projects import Own

        own = Own.of([*self._around.read.read, *self._beside, *self._after.read])
        found = questions(self._after.read, replace(self._told, own=own.names)).own
        return [request for request in fresh if key(request) not in found]

    def _asking(self) -> Asking:
        placed = self._placed if self._settings.internal else lambda request, recorded: request
        return Asking(self._indexes, self._settings.actor, self._adopted, self._mapped, placed)

    def _mapped(self) -> frozenset[str]:
        """The addresses in lock files that mean the configured registry; second names of npm's where it is that."""
        from slopguard.clients.sources import canonical

        own, twins = npm_built_in()
        asked = {canonical(index.url) for index in self._indexes.everything()}
        return own | twins if own & asked else own

    def _placed(self, request: Request, recorded: str | None) -> Request:
        from slopguard.check.facts import as_written

        return as_written(request, recorded, self._settings)

    def _obeyed(self, cwd: Path) -> tuple[Read, ...]:
        """Settings of clients above the files; beside lock files the manifests too."""
        locks = {each.reading.path for each in self._after.read if each.kind.lock}
        places = [Place(path, path.as_posix(), named=path in locks) for path in self._files.changes]
        found = [place for place in walk.beside(places, cwd) if place.path not in self._files.changes]
        return tuple(read_tree(found, self._files.loader()).read) if found else ()

    def _of_clients(self, cwd: Path, ask: Asked) -> Indexes:
        from slopguard.clients.applied import marked

        locks = [each.reading for each in self._after.read if each.kind.lock]

        def guess(ecosystem: Ecosystem) -> Index | None:
            from slopguard.check.lock_hosts import own_index

            found = own_index(locks, ecosystem)
            return found.index if found else None

        return Indexes(
            ask=ask,
            root=cwd,
            npmrc=nearest_npmrc(cwd),
            above=above((*self._after.read, *self._beside)),
            always=named_by_variables(os.environ),
            marked=lambda index: marked(index, self._settings),
            guess=guess,
        )

    def _of_lock(self, lock: Reading) -> tuple[Index, ...]:
        ecosystems = dict.fromkeys(sighting.ecosystem for sighting in lock.sightings)
        return tuple(index for each in ecosystems for index in self._indexes.of(each, lock.path.parent))


def _asks(settings: Settings) -> Asked:
    """Asks the ecosystem's client itself."""

    def ask(ecosystem: Ecosystem, folder: Path) -> tuple[Index, ...]:
        from slopguard.check.facts import indexes_of

        return indexes_of(ecosystem, settings, folder)

    return ask
