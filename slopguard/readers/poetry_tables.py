"""What poetry adds to a project's metadata: `[tool.poetry]` dependencies, groups, sources, plugins; and its notation.

Invariant: a place that `[tool.poetry]` names for a package replaces the registry for what `[project]` and
`[dependency-groups]` say of the same package, as poetry does; without a place it changes nothing about them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from slopguard.model import REGISTRY, Ecosystem, Layer, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places, spec
from slopguard.readers.interface import IndexLine
from slopguard.readers.text import Table, string, table, tables
from slopguard.readers.uv_tables import Gatherer, canonical

_EXACT = regex(r"={0,3}[ \t]*v?(\d[0-9A-Za-z.!+_-]*)")
_SIMPLE = regex(r"([^@=:;<>!~^\[\]/\\ ]+)(?:\[([^\[\]]*)\])?(?:@|==|=|:| +)([^@:/\\;\[\]]+)(?:\[([^\[\]]*)\])?")
"""`name@^1.0`, `name=1.0`, `name:1.0`, `name 1.0`: what poetry takes on its command line beyond PEP 508."""


def typed(text: str, cwd: Path, source: str | None = None) -> Sighting:
    """Read one package as a person types it for `poetry add`.

    Args:
        source: `--source NAME`.
    """
    text = text.strip()
    found = _SIMPLE.fullmatch(text)
    if found is None or (cwd / text).exists():
        made = spec.pypi(text, cwd)
    else:
        extras = found[2] or found[4]
        constraint = "" if found[3].strip() == "latest" else found[3].strip()
        made = Sighting(
            Ecosystem.PYPI, found[1], constraint, exact(constraint), extra={"extras": extras} if extras else {}
        )
    if source and made.source.kind is SourceKind.REGISTRY:
        made = replace(made, extra={**made.extra, "index": source.lower()})
    return made


def exact(constraint: str) -> str | None:
    """The one version that a constraint names (`1.2.3`, `==1.2.3`); `^1.2`, `~1.2`, `1.*` and ranges name none."""
    found = _EXACT.fullmatch(constraint.strip())
    return found[1] if found else None


def gather(gatherer: Gatherer, poetry: Table) -> None:
    """Take up `[tool.poetry]`, after everything else of the file was gathered."""
    if not poetry:
        return
    if gatherer.context.poetry:
        _sources(gatherer, poetry)
    found = list(_everything(gatherer, poetry))
    placed = {canonical(s.raw) for s in found if s.source is not REGISTRY or "index" in s.extra}
    gatherer.sightings[:] = [
        s for s in gatherer.sightings if s.source.kind is not SourceKind.REGISTRY or canonical(s.raw) not in placed
    ]
    gatherer.sightings += found


def declares(poetry: Table) -> bool:
    """Whether `[tool.poetry]` itself says what a project with dynamic dependencies requires."""
    return bool(table(poetry.get("dependencies")))


def _everything(gatherer: Gatherer, poetry: Table) -> Iterator[Sighting]:
    for key, group in (("dependencies", "dependencies"), ("dev-dependencies", "group:dev")):
        yield from _list(gatherer, poetry.get(key), group, f"[tool.poetry.{key}]")
    for name, group in table(poetry.get("group")).items():
        header = f"[tool.poetry.group.{name}.dependencies]"
        yield from _list(gatherer, table(group).get("dependencies"), f"group:{name}", header)
    if gatherer.context.poetry:
        yield from _list(gatherer, poetry.get("requires-plugins"), "group:requires-plugins", "requires-plugins")
    for limits in table(poetry.get("build-constraints")).values():
        for found in _list(gatherer, limits, "build-constraints", "build-constraints"):
            limit = {"constraint": "1"} if found.source.kind is SourceKind.REGISTRY else {}
            yield replace(found, extra={**found.extra, **limit})


def _list(gatherer: Gatherer, value: object, group: str, header: str) -> Iterator[Sighting]:
    """One table of dependencies: name to a constraint, a table, or several of either."""
    after = gatherer.lines.offset(header)
    for name, said in table(value).items():
        if group != "group:requires-plugins" and canonical(name) in ("python", gatherer.own):
            continue
        line = _line(gatherer, name, after)
        location = Location(str(gatherer.path), line)
        for entry in said if isinstance(said, list) else [said]:
            yield _entry(gatherer, name, entry, group, location)


def _line(gatherer: Gatherer, name: str, after: int) -> int | None:
    """Where a dependency stands: at the beginning of a line, or in the header of a table of its own."""
    line = gatherer.lines.find(f"\n{name} ", f"\n{name}=", f'\n"{name}"', after=after)
    return line + 1 if line is not None else gatherer.lines.find(f"dependencies.{name}]")


def _entry(gatherer: Gatherer, name: str, entry: object, group: str, location: Location) -> Sighting:
    """One dependency."""
    if not isinstance(entry, dict):
        entry = {"version": string(entry)}
    constraint = string(entry.get("version"))
    source, extra = _place(gatherer, entry)
    extra |= {"group": group}
    if isinstance(entry.get("extras"), list):
        extra["extras"] = ",".join(string(each) for each in entry["extras"])
    if marker := string(entry.get("markers")):
        extra["marker"] = marker
    if entry.get("optional") is True:
        extra["optional"] = "1"
    if "python" in entry or "platform" in entry:
        extra["limited"] = "1"
    digests = places.digests(string(entry.get("url")))
    return Sighting(
        Ecosystem.PYPI, name, constraint, exact(constraint), digests, source=source, location=location, extra=extra
    )


def _place(gatherer: Gatherer, entry: Table) -> tuple[Source, dict[str, str]]:
    """Where a dependency comes from, with more `extra`."""
    if git := string(entry.get("git")):
        return Source(SourceKind.VCS, places.clean(git), trusted=False), {}
    if url := string(entry.get("url")):
        return places.url_source(url), {"archive": "1"}
    if path := string(entry.get("path")) or string(entry.get("file")):
        more = {"editable": "1"} if entry.get("develop") is True else {}
        more |= {"archive": "1"} if places.is_archive(path) or "file" in entry else {}
        return places.path_source(path, gatherer.path.parent), more
    pinned = string(entry.get("source")) if gatherer.context.poetry else ""
    return REGISTRY, {"index": pinned.lower()} if pinned else {}


def _sources(gatherer: Gatherer, poetry: Table) -> None:
    """The indexes of `[[tool.poetry.source]]`."""
    for entry in tables(poetry.get("source")):
        url, name = string(entry.get("url")), string(entry.get("name"))
        if not url:
            continue
        kind = "find-links" if url.endswith((".html", ".htm")) else "named"
        explicit = string(entry.get("priority")).lower() == "explicit"
        location = Location(str(gatherer.path), gatherer.lines.find(url))
        gatherer.indexes.append(IndexLine(places.clean(url), kind, name.lower(), Layer.PROJECT, location, explicit))
