"""What edited source files import that they did not import before, and that nothing in the project accounts for.

An import installs nothing: it is a suggestion, to be logged and noted. An import that the program does without is left
out. Invariant: neither the project nor the lists are looked at unless a module is new that is not Python's own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.agents.editing.edited_files import Edited, place_of
from slopguard.agents.editing.edits import Change
from slopguard.agents.editing.surroundings import Surroundings, top
from slopguard.check.imports import ecosystem_of
from slopguard.check.tree import SOURCE_LIMIT, Read
from slopguard.config import Settings
from slopguard.model import Ecosystem, Request

if TYPE_CHECKING:
    from slopguard.check.imports import Suggestion
    from slopguard.check.own import Project
    from slopguard.lists import Lists

_READERS = {Ecosystem.PYPI: "slopguard.readers.python_imports", Ecosystem.NPM: "slopguard.readers.js_imports"}
Module = tuple[Ecosystem, str]
"""Ecosystem and the first part of a Python module's name, or an npm package."""


def new(
    changes: Sequence[Change],
    read: Sequence[Read],
    cwd: Path,
    settings: Settings,
    lists: Callable[[], Lists] | None,
) -> tuple[Request, ...]:
    """A question for each new module: about the distribution that holds it, or that is called like it.

    Args:
        read: what the edited files say themselves.
        lists: gives the verified lists; those that the settings name if `None`.
    """
    sources = [(change, found) for change in changes if (found := _language(change, cwd))]
    fresh = {each for change, ecosystem in sources for each in _fresh(change, ecosystem)}
    if not fresh:
        return ()
    from slopguard.check.imports import Finder

    known = (lists or _lists(settings))()
    finder = Finder(_project(changes, read, cwd), known.means, known.listing)
    for change, ecosystem in sources:
        finder.look(Path(change.given), change.after, ecosystem)
    said = (each for each in finder.suggestions() if (each.ecosystem, each.module) in fresh and not each.optional)
    return tuple(request for each in said for request in _request(each, settings))


def _language(change: Change, cwd: Path) -> Ecosystem | None:
    """Whose imports a file may hold."""
    root = top(change.full.parent, cwd)
    if len(change.after) > SOURCE_LIMIT:
        return None
    return ecosystem_of(Path(place_of(change.full, change.after).full).relative_to(root).as_posix())


def _fresh(change: Change, ecosystem: Ecosystem) -> set[Module]:
    """The modules that a file imports now and did not before."""
    reader = import_module(_READERS[ecosystem])
    old = {_first(ecosystem, each.module) for each in reader.read(change.full, change.before or "")}
    own = sys.stdlib_module_names if ecosystem is Ecosystem.PYPI else frozenset()

    def known(module: str) -> bool:
        first = _first(ecosystem, module)
        return first in old or first in own

    return {(ecosystem, _first(ecosystem, each.module)) for each in reader.read(change.full, change.after, known)}


def _first(ecosystem: Ecosystem, module: str) -> str:
    return module.partition(".")[0] if ecosystem is Ecosystem.PYPI else module


def _project(changes: Sequence[Change], read: Sequence[Read], cwd: Path) -> Project:
    """The project as far as it is looked at: its manifests, and the modules around the files."""
    from slopguard.check.own import Project

    edited = Edited.of(changes, cwd)
    around = Surroundings(tuple(change.full for change in changes), cwd, edited.loader())
    readings = [each.reading for each in (*around.read.read, *read)]
    sightings = [sighting for reading in readings for sighting in reading.sightings]
    declared = [(s.ecosystem, name) for s in sightings for name in (s.raw, s.extra.get("alias", s.raw))]
    own = [(ecosystem, reading.project) for reading in readings if reading.project for ecosystem in Ecosystem]
    names = [change.full.relative_to(top(change.full.parent, cwd)).as_posix() for change in changes]
    return Project.of([*names, *around.names], declared, [*own, *_aliases(around)])


def _aliases(around: Surroundings) -> Iterable[Module]:
    """The names that a bundler's or compiler's settings give to folders of the project."""
    from slopguard.errors import InputError
    from slopguard.readers import js_aliases

    for path in around.configs(js_aliases.CONFIGS):
        try:
            yield from ((Ecosystem.NPM, name) for name in js_aliases.read(path, around.load(path)))
        except InputError:
            continue


def _request(each: Suggestion, settings: Settings) -> Iterable[Request]:
    """The question about the likeliest package that holds a module."""
    from slopguard.names import BadName, normalize

    try:
        name = normalize(each.ecosystem, each.candidates[0])
    except BadName:  # a list may name what is no name
        return
    yield Request(each.ecosystem, name, each.candidates[0], actor=settings.actor, locations=each.locations)


def _lists(settings: Settings) -> Callable[[], Lists]:
    from slopguard.lists import Lists

    return lambda: Lists.load(settings)
