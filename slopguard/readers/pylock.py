"""`pylock.toml` (PEP 751): a lock file that any installer may write, pip among them."""

from __future__ import annotations

import re
from pathlib import Path

from slopguard.model import Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.readers import places, requires
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.release_files import strangers
from slopguard.readers.text import Lines, Table, string, table, tables, toml
from slopguard.readers.uv_lock import origins


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a lock file; one of another major version is `undecidable`, though read.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    document = toml(text, path)
    lines = Lines(text)
    problems = []
    if not string(document.get("lock-version")).startswith("1."):
        problems.append(Problem("undecidable", Location(str(path), lines.find("lock-version"))))
    sightings: list[Sighting] = []
    asked = requires.Names()
    said = False
    for package in tables(document.get("packages")):
        name = string(package.get("name"))
        location = Location(str(path), lines.following(f'name = "{name}"'))
        if not name:
            problems.append(Problem("undecidable", location))
        sightings.append(_sighting(package, path.parent, location))
        sightings += strangers(sightings[-1], map(_file, _files(package)))
        wanted = tables(package.get("dependencies"))
        asked.add(requires.canonical(name), (requires.canonical(string(each.get("name"))) for each in wanted))
        said = said or bool(wanted)
    known = asked.frozen() if said else None  # many tools leave it out everywhere
    return Reading(path, tuple(sightings), problems=tuple(problems), locked=True, requires=known)


def _files(package: Table) -> list[Table]:
    """The files of a package of an index."""
    return [table(package.get("sdist")), *tables(package.get("wheels"))]


def _file(file: Table) -> tuple[str, frozenset[str]]:
    """What a file is, by its address or, where that ends in no file name, by its name; and its digests."""
    place = string(file.get("url")) or string(file.get("path"))
    return place if places.is_archive(re.split(r"[?#]", place, maxsplit=1)[0]) else string(file.get("name")), frozenset(
        _digests(file)
    )


def _sighting(package: Table, base: Path, location: Location) -> Sighting:
    source, extra = _source(package, base)
    listed = _files(package)
    beside = next((place for file in listed if (place := _beside(file))), None)
    if source.kind is SourceKind.REGISTRY and beside:  # whoever installs it may take that, whatever else is listed
        source, extra = (
            places.url_source(beside) if "://" in beside else places.path_source(beside, base),
            {"archive": "1"},
        )
    files = [table(package.get("archive")), *listed]
    if marker := string(package.get("marker")):
        extra["marker"] = marker
    return Sighting(
        Ecosystem.PYPI,
        string(package.get("name")),
        version=string(package.get("version")) or None,
        digests=frozenset(digest for file in files for digest in _digests(file)),
        source=source,
        location=location,
        extra=extra | origins(string(file.get("url")) for file in files),
    )


def _source(package: Table, base: Path) -> tuple[Source, dict[str, str]]:
    """Where a package comes from; without `index` its files' addresses are all that is known."""
    for key, kind in (("vcs", SourceKind.VCS), ("archive", SourceKind.URL), ("directory", SourceKind.PATH)):
        place = table(package.get(key))
        extra = {"archive": "1"} if key == "archive" else {"editable": "1"} if place.get("editable") else {}
        if url := string(place.get("url")):
            return Source(kind, places.clean(url), trusted=False), extra
        if path := string(place.get("path")):
            return places.path_source(path, base), extra
    if index := string(package.get("index")):
        return Source(SourceKind.REGISTRY, places.clean(index), trusted=False), {}
    return Source(trusted=False), {}


def _beside(file: Table) -> str:
    """Where a file lies that comes from no index, `""` for one that does."""
    url = string(file.get("url"))
    return string(file.get("path")) if not url else "" if url.lower().startswith(("http://", "https://")) else url


def _digests(file: Table) -> list[str]:
    return [f"{algo}:{value.lower()}" for algo, value in table(file.get("hashes")).items() if isinstance(value, str)]
