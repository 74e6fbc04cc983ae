"""`pnpm-workspace.yaml`: the workspace's folders, catalogs, overrides and the other settings that bring packages in.

Invariant: every setting of pnpm's that puts a package into a project is read here (`catalog`, `catalogs`,
`overrides`, `packageExtensions`, `configDependencies`); so are the registries that the file names. A `pnprServer`
that resolves in pnpm's stead, and registries asked by a prefix of the file's own making, lead past the guard and are
`undecidable`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from slopguard.model import REGISTRY, Ecosystem, Layer, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places, spec
from slopguard.readers.interface import NOWHERE, Context, IndexLine, Load, Problem, Reading
from slopguard.readers.package_json import entry
from slopguard.readers.package_lock import integrity
from slopguard.readers.text import Lines, Table, string, strings, table
from slopguard.readers.yaml_text import documents

_ASTRAY = ("pnprServer", "namedRegistries")
_TABLES = ("dependencies", "optionalDependencies", "peerDependencies")
_TARGET = regex(r"(?:.*>)?(?P<name>(?:@[^/@]+/)?[^/@>]+)(?:@.*)?", re.DOTALL)


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a workspace file.

    Raises:
        InputError: it is not YAML.
    """
    text = load(path)
    document = next(iter(documents(text, path)), {})
    lines = Lines(text)
    sightings = tuple(_sightings(document, path, lines))
    problems = [Problem("undecidable", _at(path, lines, key)) for key in _ASTRAY if document.get(key)]
    problems += [Problem("undecidable", s.location or _at(path, lines, "")) for s in sightings if "unread" in s.extra]
    return Reading(
        path,
        tuple(s for s in sightings if "unread" not in s.extra),
        indexes=tuple(_indexes(document, path, lines)),
        problems=tuple(problems),
        members=tuple(strings(document.get("packages"))),
    )


def settings(load: Load, path: Path) -> Table:
    """The settings of a workspace file, or of pnpm's `config.yaml`, as they are written.

    Raises:
        InputError: it is not YAML.
    """
    return next(iter(documents(load(path), path)), {})


def registries(document: Table) -> dict[str, str]:
    """The registries that a document names: `default` or a scope, to an address."""
    named = {
        key: string(value) or string(table(value).get("url"))
        for key, value in table(document.get("registries")).items()
    }
    found = {key: url for key, url in named.items() if url and (key == "default" or key.startswith("@"))}
    if single := string(document.get("registry")):
        found.setdefault("default", single)
    return found


def _sightings(document: Table, path: Path, lines: Lines) -> Iterator[Sighting]:
    """Every package that the settings put into a project."""
    base = path.parent
    catalogs = {"default": table(document.get("catalog")), **table(document.get("catalogs"))}
    for catalog in catalogs.values():
        for name, value in table(catalog).items():
            yield _entry(name, value, base, _at(path, lines, name), "catalogs")
    for pattern, value in table(document.get("overrides")).items():
        if (found := _override(pattern, value, base, _at(path, lines, pattern))) is not None:
            yield found
    for pattern, extension in table(document.get("packageExtensions")).items():
        for group in _TABLES:
            for name, value in table(table(extension).get(group)).items():
                yield _entry(name, value, base, _at(path, lines, pattern), "packageExtensions")
    for name, value in table(document.get("configDependencies")).items():
        yield config_dependency(name, value, _at(path, lines, name))


def _at(path: Path, lines: Lines, text: str) -> Location:
    return Location(str(path), lines.find(f"{text}:", f"{text}':", f'{text}":') if text else None)


def _entry(name: str, value: object, base: Path, location: Location, group: str) -> Sighting:
    """One `name: spec` pair; a spec that is no text cannot be read."""
    extra = {"group": group} if isinstance(value, str) else {"group": group, "unread": "1"}
    return entry(name, string(value), base, location, extra)


def _override(pattern: str, value: object, base: Path, location: Location) -> Sighting | None:
    """An override limits a version, unless it puts another package or place under the name; `-` takes it away."""
    target = _TARGET.fullmatch(pattern)
    if value == "-" or (isinstance(value, str) and value.startswith("$")):
        return None
    found = _entry(target["name"] if target else pattern, value, base, location, "overrides")
    if found.source.kind is SourceKind.REGISTRY and "alias" not in found.extra and "unread" not in found.extra:
        return replace(found, extra={**found.extra, "constraint": "1"})
    return found


def config_dependency(name: str, value: object, location: Location) -> Sighting:
    """`name: VERSION+INTEGRITY`, or a table with an `integrity` like that and the address of a tarball."""
    fields = table(value)
    written = string(value) or string(fields.get("integrity")) or string(fields.get("version"))
    version, _, digest = written.partition("+")
    tarball = string(fields.get("tarball"))
    source = Source(SourceKind.URL, places.clean(tarball), trusted=False) if tarball else REGISTRY
    exact, extra = spec.npm_version(version), {"group": "configDependencies"}
    return Sighting(Ecosystem.NPM, name, version, exact, integrity(digest), source, location, extra)


def _indexes(document: Table, path: Path, lines: Lines) -> Iterator[IndexLine]:
    """The registries that the file names."""
    for key, url in registries(document).items():
        scope = None if key == "default" else key
        where = _at(path, lines, key)
        yield IndexLine(places.clean(url), "scope" if scope else "default", scope, Layer.PROJECT, where)
