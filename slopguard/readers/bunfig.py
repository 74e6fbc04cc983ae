"""`bunfig.toml`: the registries that a project names for bun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from slopguard.model import Layer, Location
from slopguard.readers import places
from slopguard.readers.interface import NOWHERE, Context, IndexLine, Load, Reading
from slopguard.readers.text import Lines, Table, string, table, toml


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read bun's settings.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    install = table(toml(text, path).get("install"))
    return Reading(path, indexes=tuple(_indexes(install, path, Lines(text))))


def _indexes(install: Table, path: Path, lines: Lines) -> Iterator[IndexLine]:
    """The registries for everything and for scopes; each is an address, or a table that holds one."""
    found = {"": install.get("registry"), **table(install.get("scopes"))}
    for scope, value in found.items():
        if url := string(value) or string(table(value).get("url")):
            named = f"@{scope.removeprefix('@')}" if scope else None
            where = Location(str(path), lines.find(url))
            yield IndexLine(places.clean(url), "scope" if named else "default", named, Layer.PROJECT, where)
