"""`.yarnrc.yml`: the packages that its catalogs and package extensions bring into a project, and its registries.

Invariant: tokens and plugins are for `slopguard.clients.yarn_berry`; nothing of them leaves this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from slopguard.model import Layer, Location
from slopguard.readers import places
from slopguard.readers.interface import NOWHERE, Context, IndexLine, Load, Problem, Reading
from slopguard.readers.package_json import entry
from slopguard.readers.text import Lines, Table, string, table
from slopguard.readers.yaml_text import documents

_TABLES = ("dependencies", "optionalDependencies", "peerDependencies")


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a settings file.

    Raises:
        InputError: it is not YAML.
    """
    text = load(path)
    document = next(iter(documents(text, path)), {})
    lines = Lines(text)
    sightings, problems = [], []
    for group, name, value in _pairs(document):
        location = Location(str(path), lines.find(f"{name}:", f'{name}":', f"{name}':"))
        if not isinstance(value, str):
            problems.append(Problem("undecidable", location))
        sightings.append(entry(name, string(value), path.parent, location, {"group": group}))
    return Reading(path, tuple(sightings), tuple(_indexes(document, path, lines)), tuple(problems))


def _indexes(document: Table, path: Path, lines: Lines) -> Iterator[IndexLine]:
    """The registries that the file names, for everything or for a scope."""
    found = [("", string(document.get("npmRegistryServer")))]
    scopes = table(document.get("npmScopes")).items()
    found += [(f"@{scope}", string(table(settings).get("npmRegistryServer"))) for scope, settings in scopes]
    for scope, url in found:
        if url:
            where = Location(str(path), lines.find(url))
            yield IndexLine(places.clean(url), "scope" if scope else "default", scope or None, Layer.PROJECT, where)


def _pairs(document: dict[str, object]) -> Iterator[tuple[str, str, object]]:
    """Every `name: range`, with the setting it stands in."""
    for catalog in (document.get("catalog"), *table(document.get("catalogs")).values()):
        for name, value in table(catalog).items():
            yield "catalogs", name, value
    for extension in table(document.get("packageExtensions")).values():
        for key in _TABLES:
            for name, value in table(table(extension).get(key)).items():
                yield "packageExtensions", name, value
