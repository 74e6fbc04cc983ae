"""`pdm.lock`: pdm's resolution, every package with its version, source and file hashes.

A package without a place of its own came from whichever index pdm is configured for; with the strategy `static_urls`
each file has its address (`origins`). One package may stand there several times, once for each set of its extras.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from slopguard.model import REGISTRY, Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places, requires
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.release_files import strangers
from slopguard.readers.text import Lines, Table, string, strings, table, tables, toml
from slopguard.readers.uv_lock import origins

_VERSION = "4"
_VCS = ("git", "hg", "svn", "bzr")
_ROOT = "${PROJECT_ROOT}"
_FETCHED = regex(r"https?://", re.IGNORECASE)
"""What the address of a file on an index begins with."""


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a lock file; one of a format that slopguard does not know is `undecidable`, though read.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    document = toml(text, path)
    lines = Lines(text)
    problems = []
    version = string(table(document.get("metadata")).get("lock_version"))
    if version.partition(".")[0] != _VERSION:
        problems.append(Problem("undecidable", Location(str(path), lines.find("lock_version"))))
    sightings: list[Sighting] = []
    asked = requires.Names()
    for package in tables(document.get("package")):
        name = string(package.get("name"))
        found = lines.following(f'[[package]]\nname = "{name}"')
        location = Location(str(path), found + 1 if found else None)
        if not name:
            problems.append(Problem("undecidable", location))
        sightings.append(_sighting(package, name, location, path.parent))
        sightings += strangers(sightings[-1], map(_file, tables(package.get("files"))))
        asked.add(requires.canonical(name), _names(strings(package.get("dependencies"))))
    return Reading(path, tuple(sightings), problems=tuple(problems), locked=True, requires=asked.frozen())


def _file(file: Table) -> tuple[str, frozenset[str]]:
    """Where a file lies, if pdm is to fetch it from there, and its digest."""
    return string(file.get("url")), frozenset({string(file.get("hash")).lower()}) - {""}


def _names(texts: list[str]) -> Iterator[str]:
    """What a package requires; a place may stand where the name would (`-e file:///...#egg=NAME`)."""
    yield from requires.pypi(texts)
    yield from (requires.canonical(name) for text in texts if (name := places.egg(text)))


def _sighting(package: Table, name: str, location: Location, base: Path) -> Sighting:
    source, extra = _source(package, base)
    files = tables(package.get("files"))
    beside = next((url for file in files if (url := string(file.get("url"))) and not _FETCHED.match(url)), None)
    if source is REGISTRY and beside is not None:  # pdm takes it from there, whatever else is listed
        source, extra = places.url_source(beside), {**extra, "archive": "1"}
    if extras := strings(package.get("extras")):
        extra["extras"] = ",".join(extras)
    return Sighting(
        Ecosystem.PYPI,
        name,
        version=string(package.get("version")) or None,
        digests=frozenset(string(file.get("hash")).lower() for file in files) - {""},
        source=source,
        location=location,
        extra=extra | origins(string(file.get("url")) for file in files),
    )


def _source(package: Table, base: Path) -> tuple[Source, dict[str, str]]:
    """Where the package came from; `REGISTRY` where nothing is said."""
    for kind in _VCS:
        if address := string(package.get(kind)):
            return Source(SourceKind.VCS, places.clean(address), trusted=False), {}
    if path := string(package.get("path")):
        extra = {"editable": "1"} if package.get("editable") else {"archive": "1"} if places.is_archive(path) else {}
        return _local(path, base), extra
    if url := string(package.get("url")):
        if _ROOT in url:
            return _local(url.partition(_ROOT)[2].lstrip("/"), base), {"archive": "1"} if places.is_archive(url) else {}
        return places.url_source(url), {"archive": "1"}
    return REGISTRY, {}


def _local(path: str, base: Path) -> Source:
    kind = SourceKind.WORKSPACE if path in (".", "./") else SourceKind.PATH
    return Source(kind, places.absolute(base, path), trusted=False)
