"""`pnpm-lock.yaml` of versions 5 (`/a/1.0.0_peer`), 6 (`/a@1.0.0(peer)`) and 9 (`a@1.0.0(peer)`).

A file may hold several documents, the first of which is about pnpm itself and config dependencies (pnpm 11 and later).
Invariants: what counts is what pnpm would download: the name before the version in an entry's key, the address in its
`resolution`; an entry whose key or resolution says nothing is `undecidable`. The importers say nothing that the
entries, or the manifests beside them, do not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from slopguard.errors import InputError
from slopguard.model import REGISTRY, Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places, requires, spec
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.package_lock import integrity
from slopguard.readers.text import Lines, Table, string, table, tables
from slopguard.readers.uv_lock import origins
from slopguard.readers.yaml_text import documents

_OLD = regex(r"(?P<host>[^/@]+(?::\d+)?)?/(?P<name>(?:@[^/]+/)?[^/@]+)/(?P<version>\d[^/_(]*)(?:[_(].*)?", re.DOTALL)
_NEW = regex(r"/?(?P<name>(?:@[^/@]+/)?[^/@]+)@(?P<version>.+)", re.DOTALL)
_NAMED = regex(r"(?P<registry>[A-Za-z][\w.-]*):(?P<version>\d.*)", re.DOTALL)
_TARBALL = regex(r"(?P<index>https?://.*?/)(?P<name>(?:@[^/]+/)?(?P<base>[^/@]+))/-/(?P=base)-[^/]+\.tgz")
_CONFLICT = regex(
    r"^<{7}(?: [^\n]*)?\n(.*?)(?:^\|{7}(?: [^\n]*)?\n.*?)?^={7}\n(.*?)^>{7}(?: [^\n]*)?(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
_GROUPS = requires.ALL
_OWN_GROUPS = ("configDependencies", "packageManagerDependencies")
ITSELF = "<pnpm>"
"""The key in `Reading.roots` for what pnpm installs for itself."""
_UNUSUAL = regex(r"https?://[^/].*|(?!//)[^:\\]*", re.DOTALL)
"""An address of a registry's own: absolute, or relative to the registry."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One package of the lock.

    Args:
        name: the package, `""` if the key does not say.
        version: a version, or the address that stands in its place.
        registry: the named registry that pnpm would ask instead.
    """

    key: str
    name: str
    version: str
    registry: str
    fields: Table


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a lock file.

    Raises:
        InputError: it is not YAML.
    """
    text = load(path)
    lines = Lines(text)
    sightings: list[Sighting] = []
    problems: list[Problem] = []
    asked, roots = requires.Names(), requires.Names()
    for document in _documents(text, path):
        _ask(document, asked, roots)
        for found in _entries(table(document.get("packages"))):
            written = f"  '{found.key}':" if found.key.startswith("@") else f"  {found.key}:"
            location = Location(str(path), lines.following(written))
            sighting = _sighting(found, path.parent, location)
            if sighting is None:
                problems.append(Problem("undecidable", location))
            else:
                sightings.append(sighting)
    known, folders = asked.frozen(), roots.frozen() or None
    return Reading(path, tuple(sightings), problems=tuple(problems), locked=True, requires=known, roots=folders)


def _ask(document: Table, asked: requires.Names, roots: requires.Names) -> None:
    """Note what the projects and the packages of one document require.

    Packages say it beside their resolution or, from version 9 on, in `snapshots`; a single project of version 5 or 6
    at the top. What pnpm installs for its own sake (itself, config dependencies) stands in no manifest.
    """
    importers = table(document.get("importers")) or {".": {key: document.get(key) for key in _GROUPS}}
    for folder, value in importers.items():
        fields = table(value)
        roots.add(requires.folder(folder), _names(fields, _GROUPS))
        roots.add(ITSELF, _names(fields, _OWN_GROUPS))
    for section in ("packages", "snapshots"):
        for key, value in table(document.get(section)).items():
            name = string(table(value).get("name")) or _named(key)
            asked.add(name, _names(table(value), _GROUPS))


def _names(fields: Table, groups: tuple[str, ...]) -> Iterator[str]:
    """The names in tables of `NAME: VERSION` or `NAME: {version: VERSION}`; an alias's version names what it is."""
    for group in groups:
        for name, value in table(fields.get(group)).items():
            yield name
            version = string(value) or string(table(value).get("version"))
            if not version[:1].isdigit() and (real := _named(version)):
                yield real


def _named(key: str) -> str:
    """The name in a key whose version does not matter."""
    return split(key.partition("(")[0])[0]


def _documents(text: str, path: Path) -> list[Table]:
    """The documents; of a file with conflicts of a merge in it those of both sides, which pnpm puts together itself."""
    try:
        return documents(text, path)
    except InputError:
        if not _CONFLICT.search(text):
            raise
    return [one for side in (r"\1", r"\2") for one in documents(_CONFLICT.sub(side, text), path)]


def _entries(packages: Table) -> Iterator[_Entry]:
    """The entries of `packages`, keys taken apart."""
    for key, value in packages.items():
        fields = table(value)
        name, version = split(key)
        named = _NAMED.fullmatch(version)
        registry = named["registry"] if named and named["registry"] not in ("file", "link", "npm") else ""
        yield _Entry(key, name, named["version"] if named and registry else version, registry, fields)


def split(key: str) -> tuple[str, str]:
    """The name and the version, or what stands in its place, that an entry's key names."""
    bare = _bare(key)
    if old := _OLD.fullmatch(bare):
        return old["name"], old["version"]
    if new := _NEW.fullmatch(bare):
        return new["name"], new["version"]
    return "", bare


def _bare(key: str) -> str:
    """A key without its peers and patches: the balanced parentheses at its end."""
    end = len(key)
    while end and key[end - 1] == ")":
        depth = 0
        for at in range(end - 1, -1, -1):
            depth += {")": 1, "(": -1}.get(key[at], 0)
            if depth == 0:
                end = at
                break
        else:
            break
    return key[:end]


def _sighting(found: _Entry, base: Path, location: Location) -> Sighting | None:
    """What pnpm would fetch for an entry; `None` if it does not say."""
    resolution = table(found.fields.get("resolution"))
    source, address = _source(found, resolution, base)
    name = string(found.fields.get("name")) or found.name or places.guess(address)[0]
    version = string(found.fields.get("version")) or found.version
    if source is None or not name:
        return None
    if source.kind is SourceKind.REGISTRY and (name, version) != (found.name, found.version):
        return None  # pnpm 10 goes by the fields, pnpm 12 by the key
    extra = origins([address]) | _flags(found.fields)
    if source.kind is SourceKind.PATH and address and places.is_archive(address):
        extra["archive"] = address
    digests = integrity(resolution.get("integrity"))
    return Sighting(Ecosystem.NPM, name, "", spec.npm_version(version), digests, source, location, extra)


def _source(found: _Entry, resolution: Table, base: Path) -> tuple[Source | None, str]:
    """Where an entry comes from, and the address that says so."""
    kind, tarball = string(resolution.get("type")), string(resolution.get("tarball"))
    if kind == "git" or resolution.get("repo"):
        return _vcs(string(resolution.get("repo")))
    if kind == "directory" or resolution.get("directory"):
        return places.path_source(string(resolution.get("directory")), base), ""
    if kind in ("variations", "binary"):
        return _binary(resolution)
    if kind:
        return None, ""
    if tarball.startswith("file:"):
        return places.path_source(places.file_path(tarball), base), tarball
    if found.registry:
        return Source(SourceKind.REGISTRY, f"{found.registry}:", trusted=False), tarball
    if spec.npm_version(found.version):
        return _registry(found, tarball, resolution)
    return (places.url_source(tarball), tarball) if tarball else (None, "")


def _registry(found: _Entry, tarball: str, resolution: Table) -> tuple[Source | None, str]:
    """A version of the registry's.

    pnpm records an address that is not made by the usual rule, as where a registry keeps its files on another host.
    That is the registry's own affair: the guard sends pnpm to the gate for it, which knows the file's true address,
    and refuses a host that the registry has nothing on.
    """
    usual = _TARBALL.fullmatch(unquote(places.clean(tarball).partition("?")[0]))
    if usual and usual["name"] != found.name:
        return places.url_source(tarball), tarball
    if (tarball and not _UNUSUAL.fullmatch(tarball)) or resolution.get("gitHosted") == "true":
        return places.url_source(tarball), tarball
    return REGISTRY, tarball


def _vcs(repo: str) -> tuple[Source | None, str]:
    if not repo:
        return None, ""
    return Source(SourceKind.VCS, places.clean(repo), trusted=False), repo


def _binary(resolution: Table) -> tuple[Source | None, str]:
    """A runtime (Node, Deno, Bun) that pnpm downloads from its maker: an address like any other."""
    several = [table(variant.get("resolution")) for variant in tables(resolution.get("variants"))]
    urls = [string(one.get("url")) for one in (resolution, *several)]
    url = next(filter(None, urls), "")
    return (Source(SourceKind.URL, places.clean(url), trusted=False), url) if url else (None, "")


def _flags(fields: Table) -> dict[str, str]:
    """The entry's marks that matter here."""
    extra = {"group": "devDependencies"} if fields.get("dev") == "true" else {}
    if fields.get("optional") == "true":
        extra["optional"] = "1"
    return extra
