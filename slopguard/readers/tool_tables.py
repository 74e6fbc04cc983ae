"""What flit, rye, pixi, cibuildwheel and setuptools add to a project's metadata, each in its own table of `[tool]`.

Invariant: conda's packages in `[tool.pixi]` are of no registry that slopguard knows, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from slopguard.model import Layer, Location, Source, SourceKind
from slopguard.readers import named, places
from slopguard.readers.interface import IndexLine
from slopguard.readers.text import Table, string, strings, table, tables
from slopguard.readers.uv_tables import Gatherer

_PIXI_INDEXES = {"index-url": "default", "extra-index-urls": "extra"}


def flit(into: Gatherer, metadata: Table) -> None:
    """Take up `[tool.flit.metadata]`."""
    header = "[tool.flit.metadata]"
    into.requirements(metadata.get("requires"), "dependencies", header)
    into.requirements(metadata.get("dev-requires"), "group:dev", header)
    for extra, value in table(metadata.get("requires-extra")).items():
        into.requirements(value, f"extra:{extra}", "requires-extra")


def rye(into: Gatherer, settings: Table) -> None:
    """Take up `[tool.rye]`."""
    into.requirements(settings.get("dev-dependencies"), "group:dev", "[tool.rye]")
    for entry in tables(settings.get("sources")):
        name, url = string(entry.get("name")) or None, string(entry.get("url"))
        _index(into, url, "default" if name == "default" else "extra", name)
        if entry.get("verify-ssl") is False:
            into.problem("settings-loosened", "verify-ssl")


def pixi(into: Gatherer, settings: Table) -> None:
    """Take up `[tool.pixi]`: its packages from PyPI, of every feature and platform."""
    for part, group in _pixi_parts(settings):
        after = into.lines.offset("pypi-dependencies")
        for name, said in table(part.get("pypi-dependencies")).items():
            line = into.lines.find(f"\n{name} ", f"\n{name}=", f'\n"{name}"', after=after)
            location = Location(str(into.path), line + 1 if line else into.lines.find(f"pypi-dependencies.{name}]"))
            found = named.sighting(name, said, into.path.parent, location, group)
            if found is None:
                into.problem("undecidable", name)
                continue
            index = found.extra.get("index", "")
            if "://" in index:
                found = replace(found, source=Source(SourceKind.REGISTRY, places.clean(index), trusted=False))
            into.sightings.append(found)
        options = table(part.get("pypi-options"))
        for key, kind in _PIXI_INDEXES.items():
            value = options.get(key)
            for url in [value] if isinstance(value, str) else strings(value):
                _index(into, url, kind)
        for link in tables(options.get("find-links")):
            _index(into, string(link.get("url")) or string(link.get("path")), "find-links")


def cibuildwheel(into: Gatherer, settings: Table) -> None:
    """Take up `[tool.cibuildwheel]`: what the tests of a wheel are installed with, on any platform."""
    parts = [settings, *(value for value in settings.values() if isinstance(value, dict))]
    for part in (*parts, *tables(settings.get("overrides"))):
        wanted = part.get("test-requires")
        into.requirements(wanted.split() if isinstance(wanted, str) else wanted, "group:test", "test-requires")


def setuptools_files(dynamic: Table) -> Iterator[tuple[str, str]]:
    """The requirement files that `[tool.setuptools.dynamic]` names, each with the list that it stands for."""
    yield from ((name, "dependencies") for name in _files(dynamic.get("dependencies")))
    for extra, value in table(dynamic.get("optional-dependencies")).items():
        yield from ((name, f"extra:{extra}") for name in _files(value))


def setuptools_told(dynamic: Table) -> set[str]:
    """Which of the dynamic fields files say."""
    extras = table(dynamic.get("optional-dependencies"))
    found = {"dependencies"} if _files(dynamic.get("dependencies")) else set()
    return found | ({"optional-dependencies"} if extras and all(map(_files, extras.values())) else set())


def _files(value: object) -> list[str]:
    """The files of `{file = NAME}` or `{file = [NAME, ...]}`."""
    names = table(value).get("file")
    return [names] if isinstance(names, str) else strings(names)


def _pixi_parts(settings: Table) -> Iterator[tuple[Table, str]]:
    """The tables that may hold packages, each with its group."""
    features = [(table(feature), f"group:{name}") for name, feature in table(settings.get("feature")).items()]
    for part, group in [(settings, "dependencies"), *features]:
        yield part, group
        yield from ((table(target), group) for target in table(part.get("target")).values())


def _index(into: Gatherer, url: str, kind: str, name: str | None = None) -> None:
    if url:
        location = Location(str(into.path), into.lines.find(url))
        into.indexes.append(IndexLine(places.clean(url), kind, name, Layer.PROJECT, location))
