"""`Pipfile.lock`: pipenv's resolution in all its categories, every package with its version, index and hashes."""

from __future__ import annotations

import json
from pathlib import Path

from slopguard.model import Layer, Location, Sighting, SourceKind
from slopguard.patterns import regex
from slopguard.readers import named, places
from slopguard.readers.interface import NOWHERE, Context, IndexLine, Load, Problem, Reading
from slopguard.readers.pipfile import from_index
from slopguard.readers.text import Lines, Table, json_object, string, strings, table, tables

_GROUPS = {"default": "dependencies", "develop": "dev"}
_VARIABLE = regex(r"\$\{?\w+")


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a lock file.

    Raises:
        InputError: it is not a JSON object.
    """
    text = load(path)
    document = json_object(text, path)
    lines = Lines(text)
    indexes, problems = _indexes(table(document.get("_meta")), path, lines)
    urls = {line.name: line.url for line in indexes if line.name}
    sightings: list[Sighting] = []
    for category, packages in document.items():
        if category == "_meta":
            continue
        group = _GROUPS.get(category, f"group:{category}")
        for name, entry in table(packages).items():
            location = Location(str(path), lines.following(f"{json.dumps(name)}: {{"))
            found = _sighting(name, table(entry), path.parent, location, group)
            if found is None or not _told(found):
                problems.append(Problem("undecidable", location))
            if found is not None:
                sightings.append(from_index(found, urls))
    return Reading(path, tuple(sightings), tuple(indexes), tuple(problems), locked=True)


def _sighting(name: str, entry: Table, base: Path, location: Location, group: str) -> Sighting | None:
    """One package with the hashes of its files; the lock says `==1.0`, never a range."""
    found = named.sighting(name, entry, base, location, group)
    if found is None:
        return None
    digests = found.digests | {each.lower() for each in strings(entry.get("hashes"))}
    return Sighting(
        found.ecosystem, name, "", found.version, digests, found.source, location, {**found.extra, "group": group}
    )


def _told(found: Sighting) -> bool:
    """Whether a lock says which version or place a package has."""
    return found.version is not None or found.source.kind is not SourceKind.REGISTRY


def _indexes(meta: Table, path: Path, lines: Lines) -> tuple[list[IndexLine], list[Problem]]:
    """The indexes as recorded; an address with a variable in it is whatever the machine says."""
    indexes: list[IndexLine] = []
    problems: list[Problem] = []
    for entry in tables(meta.get("sources")):
        url = string(entry.get("url"))
        location = Location(str(path), lines.find(json.dumps(url)))
        kind = "named" if indexes else "default"
        name = string(entry.get("name")) or None
        indexes.append(IndexLine(places.clean(url), kind, name, Layer.PROJECT, location, explicit=bool(indexes)))
        if _VARIABLE.search(places.clean(url)):
            problems.append(Problem("undecidable", location))
        if entry.get("verify_ssl") is False:
            problems.append(Problem("settings-loosened", Location(str(path), lines.find('"verify_ssl": false'))))
    return indexes, problems
