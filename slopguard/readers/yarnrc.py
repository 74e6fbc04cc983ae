"""`.yarnrc.yml`: the packages that its catalogs and package extensions bring into a project, and its registries.

Invariant: tokens are for `slopguard.clients.yarn_berry`; nothing of them leaves this module. A plugin that is not there
yet is fetched from its `spec` and run, and is read as that address.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from slopguard.errors import InputError
from slopguard.model import Ecosystem, Layer, Location, Sighting
from slopguard.readers import places
from slopguard.readers.interface import NOWHERE, Context, IndexLine, Load, Problem, Reading
from slopguard.readers.package_json import entry
from slopguard.readers.text import Lines, Table, string, table, tables
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
    sightings += _plugins(document, path, lines, load)
    return Reading(path, tuple(sightings), tuple(_indexes(document, path, lines)), tuple(problems))


def _plugins(document: Table, path: Path, lines: Lines, load: Load) -> Iterator[Sighting]:
    """The plugins that have an address and are not there yet; a name without an address is of yarn's own."""
    for plugin in tables(document.get("plugins")):
        address = string(plugin.get("spec"))
        if "://" in address and not _is_there(path.parent / string(plugin.get("path")), load):
            location = Location(str(path), lines.find(address))
            extra = {"unnamed": "1", "group": "plugins"}
            source, name = places.url_source(address), places.guess(address)[0]
            yield Sighting(Ecosystem.NPM, name, source=source, location=location, extra=extra)


def _is_there(path: Path, load: Load) -> bool:
    """Whether a plugin lies in the project: then yarn runs that file, and fetches none."""
    try:
        return bool(load(path))
    except InputError:
        return False


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
