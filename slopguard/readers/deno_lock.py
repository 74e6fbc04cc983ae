"""`deno.lock` of versions 2 to 5: every npm package with its version and digest, and the addresses fetched.

Invariants: JSR is a registry that slopguard does not know: its packages are counted in `Reading.skipped`; the files of
one module at an address are one sighting, for its host and version are what is to be trusted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from slopguard.model import REGISTRY, Ecosystem, Location, Sighting, Source
from slopguard.patterns import regex
from slopguard.readers import deno_spec, places
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.package_lock import integrity, resolved
from slopguard.readers.text import Lines, Table, json_object, string, table
from slopguard.readers.uv_lock import origins

_VERSIONS = ("2", "3", "4", "5")
_KEY = regex(r"(?P<name>(?:@[^/@]+/)?[^/@]+)@(?P<version>\d[^_]*)(?:_.*)?", re.DOTALL)


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a lock file; one of a version that slopguard does not know is `undecidable`, though read.

    Raises:
        InputError: it is not a JSON object.
    """
    text = load(path)
    document = json_object(text, path)
    lines = Lines(text)
    sightings: list[Sighting] = []
    problems: list[Problem] = []
    if str(document.get("version")) not in _VERSIONS:
        problems.append(Problem("undecidable", Location(str(path), lines.find('"version"'))))
    skipped = 0
    for place in (document, table(document.get("packages"))):
        skipped += len(table(place.get("jsr")))
        for key, entry in _npm(place):
            location = Location(str(path), lines.following(f"{json.dumps(key)}: {{"))
            found = _KEY.fullmatch(key)
            if found is None:
                problems.append(Problem("undecidable", location))
            else:
                sightings.append(_sighting(found["name"], found["version"], entry, path.parent, location))
    sightings += _remote(table(document.get("remote")), path, lines)
    return Reading(path, tuple(sightings), problems=tuple(problems), locked=True, skipped=skipped)


def _npm(place: Table) -> Iterator[tuple[str, Table]]:
    """The npm packages: in version 2 in a table of their own within `npm`."""
    packages = table(place.get("npm"))
    inner = packages.get("packages")
    for key, entry in (table(inner) if isinstance(inner, dict) and "specifiers" in packages else packages).items():
        yield key, table(entry)


def _sighting(name: str, version: str, entry: Table, base: Path, location: Location) -> Sighting:
    """A package; an address of its own (version 5) is compared with the registries."""
    address = string(entry.get("tarball"))
    source: Source = REGISTRY
    alias = {}
    if address:
        known = name
        name, version, source = resolved(address, name, version, base)
        alias = {"alias": known} if name != known else {}
    digests = integrity(entry.get("integrity"))
    return Sighting(
        Ecosystem.NPM, name, "", version, digests, source, location, alias | origins([address] if address else [])
    )


def _remote(remote: Table, path: Path, lines: Lines) -> Iterator[Sighting]:
    """The addresses, one for each module."""
    seen = set()
    for url in remote:
        if (root := deno_spec.root(url)) in seen:
            continue
        seen.add(root)
        location = Location(str(path), lines.following(json.dumps(url, ensure_ascii=False)))
        name, _, version = root.rpartition("/")[2].partition("@")
        extra = {"unnamed": "1", "group": "remote"}
        yield Sighting(
            Ecosystem.NPM, name, "", version or None, source=places.url_source(root), location=location, extra=extra
        )
