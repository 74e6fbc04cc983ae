"""`poetry.lock`, versions 1.x and 2.x: poetry's resolution, every package with its version, source and file hashes.

Hashes stand beside the package (2.x, 1.1 written by poetry 1.3), in `[metadata.files]` (1.1) or, without the name of
their algorithm, in `[metadata.hashes]` (1.0).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from slopguard.model import REGISTRY, Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.readers import places, requires
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.requires import canonical
from slopguard.readers.text import Lines, Table, string, strings, table, tables, toml

_MAJORS = ("1", "2")


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a lock file; one of a version that poetry itself would refuse is `undecidable`, though read.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    document = toml(text, path)
    lines = Lines(text)
    about = table(document.get("metadata"))
    problems = []
    if str(about.get("lock-version", "1.0")).partition(".")[0] not in _MAJORS:
        problems.append(Problem("undecidable", Location(str(path), lines.find("lock-version"))))
    hashes = _elsewhere(about)
    asked = requires.Names()
    sightings = []
    for package in tables(document.get("package")):
        name = string(package.get("name"))
        line = lines.following(f'[[package]]\nname = "{name}"')
        location = Location(str(path), line + 1 if line else None)
        source, extra = _source(table(package.get("source")), path.parent)
        if source is None or not name:
            problems.append(Problem("undecidable", location))
            source = Source(trusted=False)
        if package.get("optional") is True:
            extra["optional"] = "1"
        asked.add(canonical(name), _names(package))
        found = _digests(package.get("files")) | hashes.get(canonical(name), frozenset())
        version = string(package.get("version")) or None
        sightings.append(
            Sighting(
                Ecosystem.PYPI, name, version=version, digests=found, source=source, location=location, extra=extra
            )
        )
    return Reading(path, tuple(sightings), problems=tuple(problems), locked=True, requires=asked.frozen())


def _names(package: Table) -> Iterator[str]:
    """What a package requires, its extras' part included."""
    yield from map(canonical, table(package.get("dependencies")))
    for texts in table(package.get("extras")).values():
        yield from requires.pypi(strings(texts))


def _elsewhere(about: Table) -> dict[str, frozenset[str]]:
    """Hashes that stand below `[metadata]`, by canonical name."""
    found = {canonical(name): _digests(files) for name, files in table(about.get("files")).items()}
    for name, values in table(about.get("hashes")).items():
        bare = frozenset(value if ":" in value else f"sha256:{value}" for value in strings(values))
        found[canonical(name)] = found.get(canonical(name), frozenset()) | frozenset(map(str.lower, bare))
    return found


def _digests(files: object) -> frozenset[str]:
    return frozenset(string(file.get("hash")).lower() for file in tables(files)) - {""}


def _source(source: Table, base: Path) -> tuple[Source | None, dict[str, str]]:
    """The source as recorded, none for the built-in index; `None` for one that poetry does not write."""
    kind, url = string(source.get("type")), string(source.get("url"))
    if not source:
        return REGISTRY, {}
    if kind == "legacy" and url:
        return Source(SourceKind.REGISTRY, places.clean(url), trusted=False), {}
    if kind in ("git", "hg", "svn") and url:
        return Source(SourceKind.VCS, places.clean(url), trusted=False), {}
    if kind == "url" and url:
        return places.url_source(url), {"archive": "1"}
    if kind in ("directory", "file") and url:
        return places.path_source(url, base), {"archive": "1"} if kind == "file" else {}
    return None, {}
