"""`deno.json`, `deno.jsonc`, `jsr.json` and import maps: what a program for Deno imports by a name of its own.

Invariants: JSR is a registry that slopguard does not know: its packages are counted in `Reading.skipped`; an address is
a place outside every registry; tasks are for readers of commands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from slopguard.errors import InputError
from slopguard.model import Location, Sighting
from slopguard.patterns import regex
from slopguard.readers import deno_spec
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.text import Lines, Table, json_object, plain_json, string, strings, table

_PROGRAM = "data:"
"""How an address begins that holds a program, which may import anything."""
_REMOTE = regex(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a configuration or an import map, and the import map that a configuration names.

    Raises:
        InputError: it is no JSON object, comments and trailing commas allowed.
    """
    text = load(path)
    document = _document(text, path)
    own = _reading(text, document, path)
    name = string(document.get("importMap"))
    if not name:
        return own
    location = Location(str(path), Lines(text).find(json.dumps(name, ensure_ascii=False)))
    return _with_map(own, name, location, load)


def _reading(text: str, document: Table, path: Path) -> Reading:
    """What one file says by itself."""
    lines = Lines(text)
    sightings: list[Sighting] = []
    problems: list[Problem] = []
    skipped = 0
    for value, group in _values(document):
        line = lines.following(json.dumps(value, ensure_ascii=False)) if isinstance(value, str) else None
        location = Location(str(path), line)
        plain = deno_spec.plain(value) if isinstance(value, str) else _PROGRAM
        if plain.startswith(_PROGRAM):
            problems.append(Problem("undecidable", location))
        elif deno_spec.is_jsr(plain):
            skipped += 1
        elif found := deno_spec.sighting(plain, path.parent, location, group):
            sightings.append(found)
    workspace = document.get("workspace")
    members = strings(workspace if isinstance(workspace, list) else table(workspace).get("members"))
    name = string(document.get("name"))
    return Reading(
        path, tuple(sightings), problems=tuple(problems), members=tuple(members), skipped=skipped, project=name
    )


def _document(text: str, path: Path) -> Table:
    try:
        return json_object(text, path)
    except InputError:
        return json_object(plain_json(text), path)


def _values(document: Table) -> Iterator[tuple[object, str]]:
    """Everything that may bring a package in, in the order of the kinds."""
    for value in table(document.get("imports")).values():
        yield value, "imports"
    for scope in table(document.get("scopes")).values():
        for value in table(scope).values():
            yield value, "scopes"
    compiler = table(document.get("compilerOptions"))
    for value in (*strings(compiler.get("types")), *map(compiler.get, ("jsxImportSource", "jsxImportSourceTypes"))):
        if value is not None:
            yield value, "compilerOptions"
    for value in strings(table(document.get("lint")).get("plugins")):
        yield value, "lint"


def _with_map(reading: Reading, name: str, location: Location, load: Load) -> Reading:
    """A reading with the import map added that the configuration names; one at an address cannot be told."""
    target = reading.path.parent / name
    try:
        text = "" if _REMOTE.match(name) else load(target)
        more = _reading(text, _document(text, target), target) if text else None
    except InputError:
        return replace(reading, problems=(*reading.problems, Problem("missing-include", location)))
    if more is None:
        return replace(reading, problems=(*reading.problems, Problem("undecidable", location)))
    return replace(
        reading,
        sightings=reading.sightings + more.sightings,
        problems=reading.problems + more.problems,
        skipped=reading.skipped + more.skipped,
    )
