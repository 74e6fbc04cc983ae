"""`bun.lock`: every package of the whole tree with its version, address and digest (lock file versions 0 to 2).

The file is JSON with comments and trailing commas. Invariants: what counts is what bun would download: the package
and version in a registry address win over those beside it; an empty address means the configured registry; a key
that stands twice, with two values, is refused, as two readers could take two different ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slopguard.errors import InputError
from slopguard.model import REGISTRY, Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.readers import places, requires, spec
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.package_lock import integrity, resolved
from slopguard.readers.text import Lines, Table, plain_json, string, table
from slopguard.readers.uv_lock import origins

_LOCAL = {"workspace": SourceKind.WORKSPACE, "link": SourceKind.PATH, "file": SourceKind.PATH}


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a lock file.

    Raises:
        InputError: it is not what bun writes, or is bun's old binary one.
    """
    if path.suffix.lower() == ".lockb":
        raise binary(str(path))
    text = load(path)
    document = _document(text, path)
    packages = table(document.get("packages"))
    lines = Lines(text)
    asked, roots = _projects(table(document.get("workspaces")))
    for name in table(document.get("overrides")):  # they may put another package in a name's place
        asked.add(name, requires.npm(document, ("overrides",)))
    sightings: list[Sighting] = []
    problems: list[Problem] = []
    for key, value in packages.items():
        location = Location(str(path), lines.following(f"{json.dumps(key, ensure_ascii=False)}: ["))
        parts = value if isinstance(value, list) else []
        asked.add("/".join(_last(key)), (name for part in parts for name in requires.npm(table(part))))
        found = _sighting(key, string(parts[0]) if parts else "", parts[1:], path.parent, location)
        if found is None:
            problems.append(Problem("undecidable", location))
        elif found.source.kind is not SourceKind.WORKSPACE:
            sightings.append(found)
    known, folders = asked.frozen(), roots.frozen() or None
    return Reading(path, tuple(sightings), problems=tuple(problems), locked=True, requires=known, roots=folders)


def _projects(workspaces: Table) -> tuple[requires.Names, requires.Names]:
    """What the projects of the workspace ask for, by their names and by their folders."""
    by_name, by_folder = requires.Names(), requires.Names()
    for folder, fields in workspaces.items():
        names = list(requires.npm(table(fields), requires.ALL))
        by_folder.add(requires.folder(folder), names)
        by_name.add(string(table(fields).get("name")), names)
    return by_name, by_folder


def binary(path: str) -> InputError:
    """The error for bun's old lock file, which only bun itself can read."""
    way_out = "bun install --save-text-lockfile --frozen-lockfile --lockfile-only"
    return InputError(f"{path} is binary and cannot be judged", f"Write it as text, then delete it: {way_out}")


def _document(text: str, path: Path) -> Table:
    try:
        value = json.loads(plain_json(text), object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not a lock file of bun") from error
    except (ValueError, RecursionError) as error:  # a key twice, an absurdly long number, absurdly deep nesting
        raise InputError(f"{path}: not a lock file of bun") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}:1: not a lock file of bun")
    return value


def _once(pairs: list[tuple[str, Any]]) -> Table:
    found = dict(pairs)
    if len(found) < len(pairs) and any(found[key] != value for key, value in pairs):  # bun repeats some as they are
        raise ValueError("a key stands twice")
    return found


def _sighting(key: str, written: str, rest: list[Any], base: Path, location: Location) -> Sighting | None:
    """What bun would fetch for an entry `[NAME@WHAT, ...]`; `None` if it cannot be told."""
    name, at, what = written[:1] + written[1:].partition("@")[0], "@", written[1:].partition("@")[2]
    if not name or not what:
        return None
    extra = _flags(key, name, rest)
    protocol = what.partition(":")[0]
    if protocol in _LOCAL or protocol == "root":
        return _local(name, protocol, what.partition(":")[2], base, location, extra)
    if spec.npm_version(what) is None:
        found = spec.npm(f"{name}{at}{what}", base, location=location)
        return Sighting(Ecosystem.NPM, name, "", None, _digests(rest), found.source, location, {**extra, **found.extra})
    return _registry(name, what, rest, base, location, extra)


def _registry(
    name: str, version: str, rest: list[Any], base: Path, location: Location, extra: dict[str, str]
) -> Sighting:
    """A package of a registry: `[NAME@VERSION, ADDRESS, {...}, DIGEST]`."""
    address, source = string(rest[0]) if rest else "", REGISTRY
    if address:
        found, version, source = resolved(address, name, version, base)
        if found != name:
            name, extra["alias"] = found, extra.get("alias", name)
    return Sighting(
        Ecosystem.NPM,
        name,
        "",
        version,
        _digests(rest),
        source,
        location,
        extra | origins([address] if address else []),
    )


def _local(name: str, protocol: str, place: str, base: Path, location: Location, extra: dict[str, str]) -> Sighting:
    """A folder or an archive of this machine."""
    kind = _LOCAL.get(protocol, SourceKind.WORKSPACE)
    if protocol == "link":  # one that `bun link` knows by its name
        return Sighting(Ecosystem.NPM, name, "", None, frozenset(), Source(kind, None, trusted=False), location, extra)
    if places.is_archive(place):
        extra["archive"] = "1"
    source = Source(kind, places.absolute(base, place), trusted=False)
    return Sighting(Ecosystem.NPM, name, "", None, frozenset(), source, location, extra)


def _flags(key: str, name: str, rest: list[Any]) -> dict[str, str]:
    """`alias` where it is installed under another name; `bundled`."""
    folder = "/".join(_last(key))
    extra = {"alias": folder} if folder and folder != name else {}
    if any(table(part).get("bundled") is True for part in rest):
        extra["bundled"] = "1"
    return extra


def _last(key: str) -> Iterator[str]:
    """The folder that a key `parent/child` or `parent/@scope/child` ends in."""
    parts = key.split("/")
    yield from parts[-2:] if len(parts) > 1 and parts[-2].startswith("@") else parts[-1:]


def _digests(rest: list[Any]) -> frozenset[str]:
    """The digests among an entry's texts."""
    return frozenset(digest for part in rest[1:] for digest in integrity(part))
