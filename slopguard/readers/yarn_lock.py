"""`yarn.lock`: yarn 1's own format, and the YAML of yarn 2 and later.

Invariants: what counts is what yarn would download. In yarn 1's that is the address in `resolved`, whatever name and
version stand beside it; in the later ones it is the `resolution`, patches and aliases seen through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs

from slopguard.errors import InputError
from slopguard.model import Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import package_json, places, requires, spec, yarn_spec
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.package_lock import integrity, resolved
from slopguard.readers.text import Lines, Table, string, table
from slopguard.readers.uv_lock import origins
from slopguard.readers.yaml_text import documents

_MODERN = regex(r"^[\"']?__metadata[\"']?\s*:", re.MULTILINE)
_FIELD = regex(r"""  ("?)([a-zA-Z]+)\1:? ("[^"\\]*"|[^\s"\\]+)\s*$""")
"""One field of an entry as yarn 1 writes it. It would read more: escapes, several keys, blanks, comments."""
_TABLE = regex(r"  [a-zA-Z]+:\s*$")
_LATER = regex("version|resolution|(?:peerD|d)ependencies(?:Meta)?|bin|checksum|conditions|languageName|linkType")
"""What an entry of yarn 2 and later holds; of anything else yarn 1 could make an address."""
_PATTERN = regex(r'"((?:[^"\\]|\\.)*+)(?:"|$)|([^",\s][^,"]*)')
_WORKSPACE = regex(r"@workspace:(.*)", re.DOTALL)
_ON_DISK = regex(r"file:|[^#]*[/\\]")
"""An archive that lies at hand, whatever the entry calls it; a bare file name is one of the mirror's."""
_BREAK = regex(r"\r(?!\n)")
_SHA1 = regex(r"[0-9a-f]{40}")


@dataclass(slots=True)
class _Entry:
    """One package of yarn 1's lock file."""

    patterns: list[str]
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=list)


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a lock file.

    Raises:
        InputError: it is neither format.
    """
    text = load(path)
    asked, roots = requires.Names(), requires.Names()
    modern = _MODERN.search(text) is not None
    pairs = list(_modern(text, path, asked, roots) if modern else _classic(text, path, asked))
    sightings = tuple(sighting for sighting, _ in pairs)
    problems = tuple(Problem("undecidable", s.location) for s, known in pairs if not known and s.location)
    folders = roots.frozen() if modern else None
    return Reading(path, sightings, problems=problems, locked=True, requires=asked.frozen(), roots=folders)


def _classic(text: str, path: Path, asked: requires.Names) -> Iterator[tuple[Sighting, bool]]:
    """Yarn 1's entries as sightings, each with whether it could be decided; `asked`: filled with what they require."""
    if odd := _BREAK.search(text):
        raise InputError(f"{path}:{text.count(chr(10), 0, odd.start()) + 1}: a line break that yarn does not write")
    for entry in _entries(text, path):
        for pattern in entry.patterns:
            asked.add(_name(pattern), entry.wanted)
        location = Location(str(path), entry.line)
        name, wanted = yarn_spec.split(entry.patterns[0]) or (entry.patterns[0], "")
        plain = package_json.entry(name, wanted, path.parent, location, {})
        version, address = entry.fields.get("version", ""), entry.fields.get("resolved", "")
        digests = integrity(entry.fields.get("integrity"))
        sha1 = address.partition("#")[2]
        digests |= {f"sha1:{sha1}"} if _SHA1.fullmatch(sha1) else set()
        yield _fetched(plain, version, address, digests, path.parent), bool(version)


def _fetched(plain: Sighting, version: str, address: str, digests: frozenset[str], base: Path) -> Sighting:
    """What yarn 1 downloads for an entry: the address counts, if there is one."""
    raw, source = plain.raw, plain.source
    if "://" in address:
        raw, version, source = resolved(address, raw, version, base)
    elif source.kind is SourceKind.REGISTRY and _ON_DISK.match(address):
        place = f"file:{address.partition('#')[0].removeprefix('file:')}"
        beside = package_json.entry(raw, place, base, plain.location or Location(""), {})
        return replace(beside, version=version or None, digests=digests)
    elif source.kind is SourceKind.REGISTRY:
        source = Source(SourceKind.REGISTRY)
    alias = {"alias": plain.extra["alias"]} if "alias" in plain.extra else {}
    kept = {key: plain.extra[key] for key in ("archive", "link") if key in plain.extra}
    return replace(
        plain,
        raw=raw,
        specifier="",
        version=version or None,
        digests=digests,
        source=source,
        extra={**alias, **kept, **origins([address])},
    )


def _entries(text: str, path: Path) -> Iterator[_Entry]:
    """The entries of yarn 1's format.

    Raises:
        InputError: a line that cannot be one.
    """
    entry: _Entry | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip(" ").startswith("#"):
            continue
        if not line.startswith(" "):
            if entry:
                yield entry
            patterns = [found[1] or found[2] or "" for found in _PATTERN.finditer(line.rstrip().removesuffix(":"))]
            if not line.rstrip().endswith(":") or not patterns or "" in patterns:
                raise InputError(f"{path}:{number}: not a line of a yarn.lock")
            entry = _Entry([pattern.strip() for pattern in patterns], number)
        elif entry and line.startswith("    "):
            entry.wanted += _wanted(line)
        elif entry and (found := _FIELD.match(line)) and found[2] not in entry.fields:
            entry.fields[found[2]] = found[3].strip('"')
        elif not entry or not _TABLE.match(line):
            raise InputError(f"{path}:{number}: not a line that yarn writes into a yarn.lock")
    if entry:
        yield entry


def _name(pattern: str) -> str:
    """The name of a pattern `NAME@WANTED`; what it may be an alias of is for whoever asks for it to say."""
    return (yarn_spec.split(pattern) or (pattern, ""))[0]


def _wanted(line: str) -> tuple[str, ...]:
    """The names in one line (`NAME WANTED`, each in quotes where it must be) of what an entry requires."""
    name, _, wanted = line.strip().partition(" ")
    name = name.strip('"')
    return (name, requires.aliased(name, wanted.strip('"'))) if ":" in wanted else (name,)


def _modern(text: str, path: Path, asked: requires.Names, roots: requires.Names) -> Iterator[tuple[Sighting, bool]]:
    """The entries of yarn 2 and later as sightings, each with whether it could be decided.

    Args:
        asked: filled with what they require.
        roots: filled with what the projects of the workspace ask for.

    Raises:
        InputError: it is no YAML.
    """
    document = next(iter(documents(text, path)), {})
    lines = Lines(text)
    for key, value in document.items():
        if key == "__metadata":
            continue
        fields = table(value)
        location = Location(str(path), lines.following(f'"{key}":') or lines.find(f"{key}:"))
        resolution = string(fields.get("resolution")) if all(map(_LATER.fullmatch, fields)) else ""
        found = _resolution(resolution, string(fields.get("version")), path.parent, location)
        names = [*requires.npm(fields)]
        for pattern in key.split(", "):
            asked.add(_name(pattern), names)
        if place := _WORKSPACE.search(resolution):
            roots.add(requires.folder(place[1]), names)
        if found:
            yield _sealed(_aliased(found, str(key)), fields), True
        else:
            yield Sighting(Ecosystem.NPM, str(key), source=Source(trusted=False), location=location), False


def _sealed(found: Sighting, fields: Table) -> Sighting:
    """The sighting with yarn's own checksum; there is none for what only another platform installs."""
    checksum = string(fields.get("checksum"))
    if not checksum and "conditions" not in fields:
        return found
    return replace(found, extra={**found.extra, "checksum": checksum})


def _resolution(text: str, version: str, base: Path, location: Location) -> Sighting | None:
    """What `name@reference` stands for."""
    parts = yarn_spec.split(text)
    if parts is None:
        return None
    name, reference = yarn_spec.rewritten(*parts)
    reference, _, parameters = reference.partition("::")
    if exact := spec.npm_version(reference):
        return _registry(name, exact, parse_qs(parameters).get("__archiveUrl", [""])[0], base, location)
    found = package_json.entry(name, reference, base, location, {})
    if found.source.kind is SourceKind.REGISTRY and found.version is None:
        return None if not version else replace(found, version=version, specifier="")
    return replace(found, specifier="", version=found.version or version or None)


def _registry(name: str, version: str, address: str, base: Path, location: Location) -> Sighting:
    """A package from a registry; an address of its own is compared with the session's registries."""
    found = Sighting(Ecosystem.NPM, name, version=version, location=location)
    if not address:
        return found
    raw, version, source = resolved(address, name, version, base)
    return replace(found, raw=raw, version=version or None, source=source, extra=origins([places.clean(address)]))


def _aliased(found: Sighting, key: str) -> Sighting:
    """The sighting with the name it is installed under, if that is another."""
    name = (yarn_spec.split(key.partition(",")[0].strip()) or (found.raw, ""))[0]
    return found if name == found.raw else replace(found, extra={**found.extra, "alias": name})
