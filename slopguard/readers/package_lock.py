"""npm's lock files: `package-lock.json` versions 1 to 3, `npm-shrinkwrap.json`, `node_modules/.package-lock.json`.

Invariants: what counts is what npm would download. The package and version in a registry address win over the
folder's name and the `version` beside it; a file of version 2 is read both as new and as old npm reads it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from slopguard.model import REGISTRY, Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places, requires, spec
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.text import Lines, Table, json_object, string, table
from slopguard.readers.uv_lock import origins

_TARBALL = regex(r"(?P<index>https?://.*?/)(?P<name>(?:@[^/]+/)?(?P<base>[^/@]+))/-/(?P=base)-(?P<version>[^/]+)\.tgz")
_INTEGRITY = regex(r"(?<!\S)(sha(?:1|256|384|512))-([A-Za-z0-9+/=]+)(?=[\s?]|$)")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One package of the lock, from either of its two forms.

    Args:
        name: the folder it is installed in, below `node_modules`.
        version: as recorded; in version 1 it may be a spec.
        where: the text to look for to find its line.
        old: it stands in the `dependencies` tree of versions 1 and 2.
    """

    name: str
    version: str
    resolved: str
    fields: Table
    where: str
    old: bool = False


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a lock file.

    Raises:
        InputError: it is not a JSON object.
    """
    text = load(path)
    document = json_object(text, path)
    lines = Lines(text)
    sightings: list[Sighting] = []
    problems: list[Problem] = []
    asked, roots = requires.Names(), requires.Names()
    seen = set()
    for found in (*_packages(table(document.get("packages"))), *_tree(table(document.get("dependencies")))):
        if _is_folder(found):
            continue
        asked.add(found.name, _names(found))
        same = (found.name, found.version, found.resolved, string(found.fields.get("integrity")))
        if found.old and same in seen:
            continue
        seen.add(same)
        location = Location(str(path), lines.following(found.where))
        sightings.append(_sighting(found, path.parent, location))
        if not found.version and not found.resolved and not found.fields.get("link"):
            problems.append(Problem("undecidable", location))
    for key, value in table(document.get("packages")).items():
        if "node_modules/" not in key:
            roots.add(requires.folder(key), requires.npm(table(value), requires.ALL))
    known = roots.frozen() or None
    return Reading(path, tuple(sightings), problems=tuple(problems), locked=True, requires=asked.frozen(), roots=known)


def _is_folder(found: _Entry) -> bool:
    """Whether an entry is no package: a folder that only holds others (`../lib`, `packages/a`, `.store/x`)."""
    no_name = found.name.startswith(".") or ("/" in found.name and not found.name.startswith("@"))
    return no_name and not (found.version or found.resolved or found.fields.get("link"))


def _names(found: _Entry) -> Iterator[str]:
    """What an entry requires; in version 1 what its own archive brings along stands below it."""
    if not found.old:
        yield from requires.npm(found.fields, requires.ALL if "link" in found.fields else requires.DEPENDENCIES)
        return
    yield from requires.npm(found.fields, ("requires",))
    below = table(found.fields.get("dependencies"))
    yield from (name for name, value in below.items() if table(value).get("bundled") is True)


def _packages(packages: Table) -> Iterator[_Entry]:
    """The entries of `packages` (versions 2 and 3), keyed by folder; `""` is the project itself."""
    for key, value in packages.items():
        fields = table(value)
        folder, marker, name = key.rpartition("node_modules/")
        if not key:
            continue
        if not marker:  # a folder of the project's own: a workspace, or what a link points to
            name = string(fields.get("name")) or key.rpartition("/")[2]
            fields = {**fields, "link": True}
        resolved = string(fields.get("resolved")) if marker else folder + key
        yield _Entry(name, string(fields.get("version")), resolved, fields, f'"{key}": {{')


def _tree(top: Table) -> Iterator[_Entry]:
    """The entries of the nested `dependencies` (versions 1 and 2), in file order."""
    waiting = [iter(top.items())]
    while waiting:
        name, value = next(waiting[-1], (None, None))
        if name is None:
            waiting.pop()
            continue
        fields = table(value)
        yield _Entry(
            name, string(fields.get("version")), string(fields.get("resolved")), fields, f'"{name}": {{', old=True
        )
        waiting.append(iter(table(fields.get("dependencies")).items()))


def _sighting(found: _Entry, base: Path, location: Location) -> Sighting:
    """What npm would fetch for an entry."""
    extra = _flags(found.fields)
    name = "" if found.old else string(found.fields.get("name"))
    name, version, source = name or found.name, found.version, REGISTRY
    if version and not spec.npm_version(version):  # an alias, a git or tarball address, a folder
        name, version, source = _spec(name, version, "", base)
    if found.fields.get("link"):
        source = _local(found, base)
    elif found.resolved and source.kind is SourceKind.REGISTRY:
        name, version, source = resolved(found.resolved, name, version, base)
    if name != found.name:
        extra["alias"] = found.name
    remote = found.resolved if source.kind in (SourceKind.REGISTRY, SourceKind.URL) else ""
    extra |= origins([remote])
    digests = integrity(found.fields.get("integrity"))
    return Sighting(Ecosystem.NPM, name, "", version or None, digests, source, location, extra)


def resolved(url: str, name: str, version: str, base: Path) -> tuple[str, str, Source]:
    """The package, version and source that an address names; no registry's form of address: a plain URL."""
    if tarball := _TARBALL.fullmatch(unquote(places.clean(url).partition("?")[0])):
        return tarball["name"], tarball["version"], Source(SourceKind.REGISTRY, tarball["index"], trusted=False)
    return _spec(name, url, version, base)


def _spec(name: str, text: str, version: str, base: Path) -> tuple[str, str, Source]:
    """The package, version and source of a spec; npm would look up a range or tag, so that nothing is locked."""
    found = spec.npm_entry(name, text, base)
    if found.source.kind is SourceKind.REGISTRY:
        return found.raw, found.version or "", Source(trusted=False)
    return found.raw, version or found.version or "", found.source


def _local(found: _Entry, base: Path) -> Source:
    """A link to a folder: of the project if it stays inside it, else elsewhere on the machine."""
    place = places.path_source(found.resolved.removeprefix("file:") or ".", base)
    inside = Path(place.index or "").is_relative_to(places.absolute(base))
    return Source(SourceKind.WORKSPACE, place.index, trusted=False) if inside else place


def _flags(fields: Table) -> dict[str, str]:
    """The entry's marks that matter here."""
    extra = {"group": "devDependencies"} if fields.get("dev") is True else {}
    if fields.get("optional") is True:
        extra["optional"] = "1"
    if fields.get("inBundle") is True or fields.get("bundled") is True:
        extra["bundled"] = "1"
    if fields.get("link"):
        extra["link"] = "1"
    return extra


def integrity(value: object) -> frozenset[str]:
    """Subresource-integrity digests as `algo:hex`; npm ignores ill-formed ones, and so do we."""
    found = set()
    for algo, text in _INTEGRITY.findall(string(value)):
        try:
            found.add(f"{algo}:{base64.b64decode(text, validate=True).hex()}")
        except binascii.Error:
            continue
    return frozenset(found)
