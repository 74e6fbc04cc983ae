"""What setuptools' kinds of metadata have in common: requirements, dependency links, and files with requirements.

Invariants: a requirement file that metadata names counts as part of it; one that cannot be read is `missing-include` at
the line that asks for it, never skipped; a dependency link is a place outside every index.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from slopguard.errors import InputError
from slopguard.model import Layer, Location, Sighting, Source, SourceKind
from slopguard.readers import places, requirements, spec
from slopguard.readers.interface import Context, IndexLine, Load, Problem, Reading
from slopguard.readers.uv_tables import canonical


@dataclass(slots=True)
class Collected:
    """Collects what one file says.

    Args:
        path: the file.
        load: gives the text of requirement files.
        context: what the client's process adds.
        project: the project's own name: requirements of itself (for its extras) are no dependencies.
    """

    path: Path
    load: Load
    context: Context
    project: str = ""
    sightings: list[Sighting] = field(default_factory=list)
    indexes: list[IndexLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def reading(self) -> Reading:
        """Everything collected."""
        return Reading(
            self.path, tuple(self.sightings), tuple(self.indexes), tuple(self.problems), project=self.project
        )

    def at(self, line: int | None) -> Location:
        """A line of the file."""
        return Location(str(self.path), line)

    def problem(self, code: str, line: int | None) -> None:
        """Note a problem of a line, once."""
        found = Problem(code, self.at(line))
        if found not in self.problems[-1:]:
            self.problems.append(found)

    def requirement(self, text: str, line: int | None, group: str) -> None:
        """Take up one requirement."""
        found = spec.pypi(text, self.path.parent, location=self.at(line))
        own = canonical(found.raw) == canonical(self.project) and group != "build-system"  # a build has it not yet
        if own and found.source.kind is SourceKind.REGISTRY:
            place = Source(SourceKind.WORKSPACE, places.absolute(self.path.parent), trusted=False)
            found = replace(found, source=place)
        self.sightings.append(replace(found, extra={**found.extra, "group": group}))

    def link(self, text: str, line: int | None) -> None:
        """Take up a dependency link: one package, or a page with links to any number of them."""
        if not (places.egg(text) or places.is_archive(text.partition("#")[0]) or places.is_vcs(text)):
            page = IndexLine(places.clean(text), "find-links", None, Layer.PROJECT, self.at(line))
            self.indexes.append(page)
            return
        found = spec.pypi(text, self.path.parent, location=self.at(line))
        self.sightings.append(replace(found, extra={**found.extra, "group": "dependency_links"}))

    def include(self, name: str, line: int | None, group: str) -> None:
        """Take up a requirement file, named from the folder of this one, that stands for the list `group`."""
        target = Path(os.path.normpath(self.path.parent / name))
        try:
            found = requirements.read(target, self.load, self.context)
        except InputError:
            self.problem("missing-include", line)
            return
        self.sightings += [replace(s, extra={**s.extra, "group": group}) for s in found.sightings]
        self.indexes += found.indexes
        self.problems += found.problems
