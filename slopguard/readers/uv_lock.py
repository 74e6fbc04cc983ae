"""`uv.lock`: uv's universal resolution, every package with its version, source and file hashes.

Invariant: a file counts for the package that its name is of: one of another package below `[[package]]` is a sighting
of its own, as uv would install it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from slopguard.model import Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places, requires
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.release_files import strangers
from slopguard.readers.text import Lines, Table, string, strings, table, tables, toml

_VERSION = 1
_PACKAGES = ("package", "distribution")
"""What uv calls the packages, now and in its first lock files, which it still reads."""
_ADDRESS = regex(r"\s*(https?):[/\\]*", re.IGNORECASE)
"""How an address begins: to clients that read it as browsers do, `https:/host` and `https:host` are one too."""
_LOCAL = ("editable", "virtual", "directory", "path")
_OF_PACKAGE = ("dependencies", "optional-dependencies", "dev-dependencies", "requires-dist", "requires-dev")
_OF_MANIFEST = ("requirements", "dependency-groups")
"""Of a script, or of a folder that is a workspace and no project."""
_LISTS = frozenset((*_OF_PACKAGE, *_OF_MANIFEST))


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a lock file; one of a schema version that uv itself would refuse is `undecidable`, though read.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    document = toml(text, path)
    lines = Lines(text)
    problems = []
    if document.get("version", _VERSION) != _VERSION:
        problems.append(Problem("undecidable", Location(str(path), lines.find("version"))))
    members = {name.lower() for name in strings(table(document.get("manifest")).get("members"))}
    sightings = []
    for package in _packages(document):
        name = string(package.get("name"))
        location = Location(str(path), _line(lines, name))
        source, extra = _source(table(package.get("source")), path.parent, name.lower() in members)
        files = [*tables(package.get("wheels")), *tables([package.get("sdist")])]
        if source is None or not name:
            problems.append(Problem("undecidable", location))
            source = Source(trusted=False)
        sightings.append(_sighting(package, source, files, location, extra))
        sightings += strangers(sightings[-1], map(_file, files))
    asked, roots = _asked(document, members)
    return Reading(path, tuple(sightings), problems=tuple(problems), locked=True, requires=asked, roots=roots)


def origins(urls: Iterable[str]) -> dict[str, str]:
    """`extra` that says which hosts files come from, without credentials."""
    plain = (_ADDRESS.sub(r"\1://", url) if "://" not in url else url for url in urls)
    heads = {"/".join(url.split("/", 3)[:3]) for url in plain if "://" in url}
    found = {"/".join(places.clean(head).split("/", 3)[:3]) for head in heads}
    return {"origins": " ".join(sorted(found))} if found else {}


def _packages(document: Table) -> list[Table]:
    """The packages of a lock file, in file order."""
    return [package for key in _PACKAGES for package in tables(document.get(key))]


def _file(file: Table) -> tuple[str, frozenset[str]]:
    """Where a file lies, and its digest."""
    return string(file.get("url")) or string(file.get("path")), frozenset({string(file.get("hash")).lower()}) - {""}


def _asked(document: Table, members: set[str]) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """What every package requires, and what each project of the workspace (or the script) asks for."""
    found, roots = requires.Names(), requires.Names()
    roots.add("", _names(table(document.get("manifest"))))
    for package in _packages(document):
        name, about = string(package.get("name")), table(package.get("metadata"))
        source = table(package.get("source"))
        names = {*_names(package), *_names(about)}
        found.add(name, names)
        place = next((string(source.get(kind)) for kind in _LOCAL if source.get(kind)), "")
        if place == "." or (place and name.lower() in members):
            roots.add(requires.folder(place), names)
    return found.frozen(), roots.frozen()


def _names(fields: Table) -> Iterator[str]:
    """The names in the lists of a package, of its metadata, or of the manifest that uv saw."""
    for key, value in fields.items():
        if key in _LISTS:
            groups = value.values() if isinstance(value, dict) else [value]
            yield from (string(each.get("name")) for group in groups for each in tables(group))


def _sighting(
    package: Table, source: Source, files: list[Table], location: Location, extra: dict[str, str]
) -> Sighting:
    return Sighting(
        Ecosystem.PYPI,
        string(package.get("name")),
        version=string(package.get("version")) or None,
        digests=frozenset(string(file.get("hash")).lower() for file in files) - {""},
        source=source,
        location=location,
        extra=extra | origins(string(file.get("url")) for file in files),
    )


def _source(source: Table, base: Path, member: bool) -> tuple[Source | None, dict[str, str]]:
    """The source as recorded; `None` for one that uv does not write."""
    if registry := string(source.get("registry")):
        url = places.clean(registry) if "://" in registry else "file://" + places.absolute(base, registry)
        return Source(SourceKind.REGISTRY, url, trusted=False), {}
    if git := string(source.get("git")):
        return Source(SourceKind.VCS, places.clean(git), trusted=False), {}
    if url := string(source.get("url")):
        return places.url_source(url), {"archive": "1"}
    for kind in _LOCAL:
        if place := string(source.get(kind)):
            extra = {"editable": "1"} if kind == "editable" else {"archive": "1"} if kind == "path" else {}
            local = SourceKind.WORKSPACE if member or place == "." else SourceKind.PATH
            return Source(local, places.absolute(base, place), trusted=False), extra
    return None, {}


def _line(lines: Lines, name: str) -> int | None:
    """The line of a package's name, below its `[[package]]`."""
    line = lines.following(f']]\nname = "{name}"')
    return line + 1 if line else None
