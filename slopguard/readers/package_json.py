"""`package.json`: what npm would install for a project, aliases and overrides included.

Invariant: a name counts for what is installed under it: an alias, a git address or a tarball is read as that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from slopguard.errors import InputError
from slopguard.model import Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places, spec, yarn_spec
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.text import Lines, Table, json_object, plain_json, string, strings, table

_TABLES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_EXTENDED = ("dependencies", "optionalDependencies", "peerDependencies")
_BUNDLES = ("bundleDependencies", "bundledDependencies")
_MANAGERS = ("npm", "pnpm", "yarn")
"""What `packageManager` may name; corepack refuses the rest."""
_MODERN_YARN = "@yarnpkg/cli-dist"
"""The package that holds yarn 2 and later; `yarn` holds yarn 1 alone."""
_DIGEST = regex(r"(sha(?:1|224|256|384|512))\.([0-9a-f]+)")
_LATER_YARN = regex(r"yarn@(?![01]\.)")
_TAGGED = regex(r"npm:[A-Za-z][\w.-]*")
_DEPTH = 100
"""Overrides inside overrides; nobody nests them so deep by hand."""


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a project's manifest.

    Raises:
        InputError: it is not a JSON object.
    """
    text = load(path)
    document, *others = _documents(text, path)
    sightings, problems = _gathered(document, text, path, context)
    for other in others:
        more, unclear = _gathered(other, text, path, context)
        known = set(map(_key, sightings))
        sightings += [sighting for sighting in more if _key(sighting) not in known]
        problems = list(dict.fromkeys([*problems, *unclear]))
    members = document.get("workspaces")
    members = members.get("packages") if isinstance(members, dict) else members
    return Reading(
        path,
        tuple(sightings),
        problems=tuple(problems),
        members=tuple(strings(members)),
        project=string(document.get("name")),
        version=string(document.get("version")),
    )


def _documents(text: str, path: Path) -> list[Table]:
    """The object in a manifest; a second one as bun reads it, if a key that stands twice makes that another.

    Raises:
        InputError: it is no JSON object, comments and trailing commas allowed (bun), or names its workspaces twice.
    """
    try:
        last = json_object(text, path)
    except InputError:
        text = plain_json(text)
        last = json_object(text, path)
    first: Table = json.loads(text, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    if first.get("workspaces") != last.get("workspaces"):
        raise InputError(f"{path}: names its workspaces twice")
    return [last] if first == last else [last, first]


def _key(sighting: Sighting) -> tuple[object, ...]:
    """A sighting as something that a set may hold."""
    extra = tuple(sorted(sighting.extra.items()))
    return sighting.raw, sighting.specifier, sighting.digests, sighting.source, sighting.location, extra


def _gathered(document: Table, text: str, path: Path, context: Context) -> tuple[list[Sighting], list[Problem]]:
    own = list(_catalogs(document))
    gather = _Gatherer(path, Lines(text), document, catalogs=context.catalogs or bool(own))
    for name, value in ((name, value) for group in own for name, value in group.items()):
        gather.entry(name, value, {"group": "catalog"}, "catalog")
    for key in _TABLES:
        gather.dependencies(key)
    gather.bundles()
    gather.manager(string(document.get("packageManager")))
    for name, value in _overrides(table(document.get("overrides"))):
        gather.override(name, value, "overrides")
    for pattern, value in table(table(document.get("pnpm")).get("overrides")).items():
        if value != "-":  # pnpm: takes the dependency away
            gather.override(pattern.rpartition(">")[2], value, "overrides", pattern)
    gather.config_dependencies()
    for extension in table(table(document.get("pnpm")).get("packageExtensions")).values():
        for key in _EXTENDED:
            for name, value in table(table(extension).get(key)).items():
                gather.entry(name, value, {"group": "packageExtensions"}, "packageExtensions")
    for pattern, value in table(document.get("resolutions")).items():
        gather.override(pattern, value, "resolutions")
    return gather.sightings, gather.problems


class _Gatherer:
    """Gathers the sightings of one manifest."""

    def __init__(self, path: Path, lines: Lines, document: Table, *, catalogs: bool = False) -> None:
        self.path = path
        self.lines = lines
        self.document = document
        self.catalogs = catalogs
        self.modern_yarn = _LATER_YARN.match(string(document.get("packageManager"))) is not None
        self.sightings: list[Sighting] = []
        self.problems: list[Problem] = []

    def dependencies(self, key: str) -> None:
        """Take up one table of `"name": "spec"` pairs."""
        meta = table(self.document.get("peerDependenciesMeta")) if key == "peerDependencies" else {}
        for name, value in self.pairs(key).items():
            extra = {"group": key}
            if key == "optionalDependencies" or table(meta.get(name)).get("optional") is True:
                extra["optional"] = "1"
            self.entry(name, value, extra, key)

    def pairs(self, key: str) -> Table:
        """A table of dependencies; clients take a list as JavaScript does, with its places for keys."""
        value = self.document.get(key)
        if value and not isinstance(value, list | dict):
            self.problems.append(Problem("undecidable", Location(str(self.path), self.lines.find(f'"{key}"'))))
        return {str(place): said for place, said in enumerate(value)} if isinstance(value, list) else table(value)

    def bundles(self) -> None:
        """Names only bundled are dependencies too (npm adds them as `*`)."""
        known = {name for key in _TABLES for name in table(self.document.get(key))}
        for key in _BUNDLES:
            for name in strings(self.document.get(key)):
                if name not in known:
                    self.entry(name, "*", {"group": key}, key)

    def manager(self, text: str) -> None:
        """Take up `packageManager`, which corepack and pnpm download: `pnpm@9.1.0+sha512.HEX`, or an address."""
        name, _, what = text.partition("@")
        if name not in _MANAGERS or not what:
            return
        location = Location(str(self.path), self.lines.find('"packageManager"'))
        if "://" in what:
            source = places.url_source(what)
            found = Sighting(Ecosystem.NPM, name, source=source, location=location, extra={"archive": "1"})
        else:
            written, _, digest = what.partition("+")
            package = _MODERN_YARN if name == "yarn" and not written.startswith(("0.", "1.")) else name
            pins = frozenset(f"{algo}:{value}" for algo, value in _DIGEST.findall(digest))
            found = spec.npm_entry(package, written, self.path.parent, location=location)
            found = replace(found, digests=pins)
        self.sightings.append(replace(found, extra={**found.extra, "group": "packageManager"}))

    def config_dependencies(self) -> None:
        """Take up what pnpm 10 installs before everything else."""
        wanted = table(table(self.document.get("pnpm")).get("configDependencies"))
        if not wanted:
            return
        from slopguard.readers.pnpm_workspace import config_dependency  # which reads its other tables with this module

        for name, value in wanted.items():
            line = self.lines.find(f'"{name}"', after=self.lines.offset('"configDependencies"'))
            self.sightings.append(config_dependency(name, value, Location(str(self.path), line)))

    def override(self, pattern: str, value: object, group: str, written: str = "") -> None:
        """An override limits a version, unless it puts another package or place under the name."""
        if isinstance(value, str) and value.startswith("$"):
            return  # repeats a direct dependency's spec
        found = self.entry(_target(pattern), value, {"group": group}, group, written or pattern)
        if found and found.source.kind is SourceKind.REGISTRY and "alias" not in found.extra:
            self.sightings[-1] = replace(found, extra={**found.extra, "constraint": "1"})

    def entry(
        self, name: str, value: object, extra: dict[str, str], table_name: str, written: str = ""
    ) -> Sighting | None:
        """Take up one pair; a spec that is no string, or that another file explains, is `undecidable`."""
        after = self.lines.offset(f'"{table_name}"')
        line = self.lines.find(f'"{written or name}"', f'"{table_name}"', after=after)
        location = Location(str(self.path), line)
        if not isinstance(value, str) or (value.startswith("catalog:") and not self.catalogs):
            self.problems.append(Problem("undecidable", location))
        if not isinstance(value, str):
            return None
        found = entry(name, value, self.path.parent, location, extra)
        if self.modern_yarn and _TAGGED.fullmatch(value):  # to npm an alias, to them a tag of the name itself
            self.sightings.append(entry(name, value.partition(":")[2], self.path.parent, location, extra))
        self.sightings.append(found)
        return found


def entry(name: str, value: str, base: Path, location: Location, extra: dict[str, str]) -> Sighting:
    """One `"name": "spec"` pair, with the protocols of workspaces beside npm's own."""
    name, value = yarn_spec.rewritten(name, value)
    protocol, _, rest = value.partition(":")
    if protocol == "workspace":
        found = spec.npm_entry(name, "", base, location=location, extra=extra)
        return replace(found, specifier=rest, source=Source(SourceKind.WORKSPACE, None, trusted=False))
    if protocol in ("link", "portal"):
        found = spec.npm_entry(name, "", base, location=location, extra={**extra, "link": "1"})
        return replace(found, source=places.path_source(rest, base))
    if protocol == "catalog":
        return replace(spec.npm_entry(name, "", base, location=location, extra=extra), specifier=value)
    return spec.npm_entry(name, value, base, location=location, extra=extra)


def _catalogs(document: Table) -> Iterator[Table]:
    """The catalogs that bun reads: at the top of the manifest, or inside `workspaces`."""
    for place in (document, table(document.get("workspaces"))):
        yield from filter(None, [table(place.get("catalog")), *map(table, table(place.get("catalogs")).values())])


def _target(pattern: str) -> str:
    """The package that an override's key is for: `name@range`, or yarn's `parent/**/name`."""
    path = re.split(r"(?<=[^/])@", pattern, maxsplit=1)[0].split("/")
    return "/".join(path[-2:]) if path[-2:][0].startswith("@") else path[-1]


def _overrides(top: Table) -> Iterator[tuple[str, object]]:
    """Every `name: spec` pair in npm's nested overrides; `.` is the spec of the table's own name."""
    waiting = [("", top, 0)]
    while waiting:
        parent, current, depth = waiting.pop()
        for name, value in current.items():
            key = parent if name == "." else name
            if isinstance(value, dict) and depth < _DEPTH:
                waiting.append((key, value, depth + 1))
            else:
                yield key, value
