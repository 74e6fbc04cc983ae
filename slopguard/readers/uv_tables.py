"""What uv adds to a project's or script's metadata: `[tool.uv]` sources, indexes and further dependencies.

Invariant: a source named for a package replaces the registry only as far as uv says so: where every source has a
condition, the registry remains one of the places the package may come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from slopguard.model import Layer, Location, Sighting, Source, SourceKind
from slopguard.readers import places, spec
from slopguard.readers.interface import Context, IndexLine, Problem, Reading
from slopguard.readers.text import Lines, Table, string, strings, table, tables

_DEPENDENCY_LISTS = {"dev-dependencies": "dev"}
_CONSTRAINT_LISTS = ("constraint-dependencies", "override-dependencies", "build-constraint-dependencies")
_CONDITIONS = {"marker", "extra", "group"}
_INSECURE = ("allow-insecure-host", "trusted-host")
_INTERPRETERS = ("python-install-mirror", "pypy-install-mirror", "python-downloads-json-url")
"""Settings that say where uv gets the Python it runs."""


def canonical(name: str) -> str:
    """A name for comparing names within one file (PEP 503's rule, without its checks)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(slots=True)
class Gatherer:
    """Gathers what one file says, with `[tool.uv]` applied.

    Args:
        path: the file.
        lines: finds lines in the file's text.
        context: what the client's process adds.
        uv: the `[tool.uv]` table.
        own: the project's own name: requirements of itself (for its extras) are no dependencies.
    """

    path: Path
    lines: Lines
    context: Context
    uv: Table
    own: str = ""
    sightings: list[Sighting] = field(default_factory=list)
    indexes: list[IndexLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _sources: dict[str, list[Table]] = field(default_factory=dict)
    _urls: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in table(self.uv.get("sources")).items():
            self._sources[canonical(name)] = tables(value if isinstance(value, list) else [value])
        for group in (self.uv, table(self.uv.get("pip"))):
            self._indexes(group)

    def reading(self) -> Reading:
        """Everything gathered."""
        members = tuple(strings(table(self.uv.get("workspace")).get("members")))
        return Reading(self.path, tuple(self.sightings), tuple(self.indexes), tuple(self.problems), members=members)

    def requirements(
        self, value: object, group: str, header: str, *, constraint: bool = False, written: str = ""
    ) -> None:
        """Take up a list of PEP 508 strings that stands under `header`; anything else in it is `undecidable`.

        Args:
            written: the text to look for in the file, where it is another.
        """
        if value is None:
            return
        after = self.lines.offset(header)
        entries = value if isinstance(value, list) else [value]
        for text in entries:
            if isinstance(text, str):
                self._requirement(text, group, after, constraint, written or text)
            else:
                self.problem("undecidable", header)

    def uv_lists(self) -> None:
        """Take up the dependency lists of `[tool.uv]`."""
        for key, group in _DEPENDENCY_LISTS.items():
            self.requirements(self.uv.get(key), group, key)
        for key in _CONSTRAINT_LISTS:
            self.requirements(self.uv.get(key), key.removesuffix("-dependencies"), key, constraint=True)
        for value in table(self.uv.get("extra-build-dependencies")).values():
            entries = value if isinstance(value, list) else [value]
            texts = [entry.get("requirement") if isinstance(entry, dict) else entry for entry in entries]
            self.requirements(texts, "build-system", "extra-build-dependencies")
        for entry in tables(self.uv.get("dependency-metadata")):
            self.requirements(entry.get("requires-dist"), "metadata", "dependency-metadata")

    def problem(self, code: str, needle: str) -> None:
        """Note a problem where `needle` stands."""
        self.problems.append(Problem(code, self._location(needle)))

    def _requirement(self, text: str, group: str, after: int, constraint: bool, written: str) -> None:
        escaped = written.replace('"', '\\"')
        line = self.lines.find(f'"{written}"', f"'{written}'", f'"{escaped}"', written, after=after)
        found = spec.pypi(text, self.path.parent, location=Location(str(self.path), line))
        extra = {**found.extra, "group": group}
        own = canonical(found.raw) == self.own and group != "build-system"  # a build has the project not yet
        if own and found.source.kind is SourceKind.REGISTRY:
            place = Source(SourceKind.WORKSPACE, places.absolute(self.path.parent), trusted=False)
            self.sightings.append(replace(found, source=place, extra=extra))
            return
        for source, more in self._places(found):
            limits = {"constraint": "1"} if constraint and source.kind is SourceKind.REGISTRY else {}
            digests = found.digests | places.digests(more.pop("url", ""))
            self.sightings.append(replace(found, source=source, digests=digests, extra=extra | more | limits))

    def _places(self, found: Sighting) -> Iterator[tuple[Source, dict[str, str]]]:
        """Every place this requirement may come from, with more `extra` for each."""
        entries = self._sources.get(canonical(found.raw), []) if self.context.sources else []
        if found.source.kind is not SourceKind.REGISTRY or all(_CONDITIONS & entry.keys() for entry in entries):
            yield found.source, {}
        if found.source.kind is SourceKind.REGISTRY:
            for entry in entries:
                yield self._place(entry)

    def _place(self, entry: Table) -> tuple[Source, dict[str, str]]:
        """One entry of `[tool.uv.sources]`."""
        marker = {"marker": string(entry["marker"])} if "marker" in entry else {}
        if git := string(entry.get("git")):
            return Source(SourceKind.VCS, places.clean(git), trusted=False), marker
        if url := string(entry.get("url")):
            return places.url_source(url), {**marker, "url": url, "archive": "1"}
        if path := string(entry.get("path")):
            editable = {"editable": "1"} if entry.get("editable") else {}
            archive = {"archive": "1"} if places.is_archive(path) else {}
            return places.path_source(path, self.path.parent), marker | editable | archive
        if entry.get("workspace") is True:
            return Source(SourceKind.WORKSPACE, None, trusted=False), marker
        index = string(entry.get("index"))
        return Source(SourceKind.REGISTRY, self._urls.get(index), trusted=False), {**marker, "index": index}

    def _indexes(self, group: Table) -> None:
        """Take up the indexes of `[tool.uv]` or `[tool.uv.pip]`."""
        for entry in tables(group.get("index")):
            url, name = string(entry.get("url")), string(entry.get("name")) or None
            kind = "default" if entry.get("default") is True else "named" if name else "extra"
            line = IndexLine(
                places.clean(url), kind, name, Layer.PROJECT, self._location(url), entry.get("explicit") is True
            )
            self.indexes.append(line)
            self._urls[name or ""] = line.url
        for key, kind in (("index-url", "default"), ("extra-index-url", "extra"), ("find-links", "find-links")):
            value = group.get(key)
            for url in [value] if isinstance(value, str) else strings(value):
                self.indexes.append(IndexLine(places.clean(url), kind, None, Layer.PROJECT, self._location(url)))
        for key in (*_INSECURE, *_INTERPRETERS):
            if group.get(key):
                self.problem("settings-loosened", key)

    def _location(self, needle: str) -> Location:
        return Location(str(self.path), self.lines.find(needle) if needle else None)
