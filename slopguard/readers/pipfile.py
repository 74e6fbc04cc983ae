"""`Pipfile`: pipenv's packages, development packages and further categories, and the indexes they come from.

Invariants: every table but pipenv's own settings is a category of packages, as it is to pipenv; a package that names an
index is compared with the address of that index.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from slopguard.errors import InputError
from slopguard.model import Layer, Location, Sighting, Source, SourceKind
from slopguard.readers import named, places
from slopguard.readers.interface import NOWHERE, Context, IndexLine, Load, Problem, Reading
from slopguard.readers.text import Lines, Table, string, table, tables, toml

_SETTINGS = frozenset({"source", "requires", "pipenv", "scripts"})
_GROUPS = {"packages": "dependencies", "dev-packages": "dev"}


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a project's packages.

    Raises:
        InputError: it is not TOML, or holds something else than tables.
    """
    text = load(path)
    document = toml(text, path)
    if not all(isinstance(value, dict | list) for value in document.values()):
        raise InputError(f"{path}:1: not a Pipfile: something in it stands outside of every table")
    lines = Lines(text)
    indexes, problems = _indexes(document, path, lines)
    urls = {line.name: line.url for line in indexes if line.name}
    sightings: list[Sighting] = []
    for category, packages in document.items():
        if category not in _SETTINGS:
            found, unclear = _category(category, table(packages), path, lines)
            sightings += [from_index(sighting, urls) for sighting in found]
            problems += unclear
    return Reading(path, tuple(sightings), tuple(indexes), tuple(problems))


def from_index(sighting: Sighting, urls: dict[str, str]) -> Sighting:
    """A sighting that names its index, with that index's address; an unknown one has none."""
    name = sighting.extra.get("index")
    if name is None or sighting.source.kind is not SourceKind.REGISTRY:
        return sighting
    return replace(sighting, source=Source(SourceKind.REGISTRY, urls.get(name), trusted=False))


def _category(category: str, packages: Table, path: Path, lines: Lines) -> tuple[list[Sighting], list[Problem]]:
    """The packages of one table, in file order."""
    after = lines.offset(f"[{category}]")
    group = _GROUPS.get(category, f"group:{category}")
    sightings, problems = [], []
    for name, said in packages.items():
        location = Location(str(path), _line(lines, category, name, after))
        found = named.sighting(name, said, path.parent, location, group)
        if found is None:
            problems.append(Problem("undecidable", location))
        else:
            sightings.append(found)
    return sightings, problems


def _line(lines: Lines, category: str, name: str, after: int) -> int | None:
    """Where a package stands: at the beginning of a line, or in the header of a table of its own."""
    line = lines.find(f"\n{name} ", f"\n{name}=", f'\n"{name}"', f"\n'{name}'", after=after)
    return line + 1 if line is not None else lines.find(f"[{category}.{name}]", name)


def _indexes(document: Table, path: Path, lines: Lines) -> tuple[list[IndexLine], list[Problem]]:
    """The indexes of `[[source]]`: the first one is pipenv's default, the others are for packages that name them."""
    indexes: list[IndexLine] = []
    problems: list[Problem] = []
    for entry in tables(document.get("source")):
        url = string(entry.get("url"))
        location = Location(str(path), lines.find(url) if url else None)
        name = string(entry.get("name")) or None
        kind = "named" if indexes else "default"
        indexes.append(IndexLine(places.clean(url), kind, name, Layer.PROJECT, location, explicit=bool(indexes)))
        if entry.get("verify_ssl") is False:
            problems.append(Problem("settings-loosened", Location(str(path), lines.find("verify_ssl"))))
    return indexes, problems
