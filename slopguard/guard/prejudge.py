"""What a command will install, as questions to the judge: names typed, manifests, lock files, local projects.

Invariants: every dependency that is written down becomes a request or is a project of the user's own, whose
dependencies become requests in turn; a source that is not one of the session's trusted indexes makes the request
untrusted, however it is spelled; nothing is fetched here, only folders on disk are looked into.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from slopguard import readers
from slopguard.clients import plain
from slopguard.clients.interface import Invocation
from slopguard.clients.sources import canonical, key_of
from slopguard.errors import InputError
from slopguard.indexes import Index, IndexKind
from slopguard.locked import LockedSet
from slopguard.model import REGISTRY, Actor, Arrival, Ecosystem, NormalizedName, Request, Sighting, Source, SourceKind
from slopguard.names import BadName, normalize
from slopguard.readers.interface import Context, IndexLine, Problem, Reading

_KINDS = {"default": IndexKind.DEFAULT, "extra": IndexKind.EXTRA, "find-links": IndexKind.FIND_LINKS}
_SETTINGS = ("pyproject.toml", "package.json", "pnpm-workspace.yaml", ".yarnrc.yml")
"""Files whose indexes the client's own configuration tells already."""
_BUILT_IN = "pypi"
"""What poetry and pdm call their built-in index where nothing else has that name."""
_CATALOGS = ("pnpm", "pnpx", "pn", "pnx", "yarn", "yarnpkg", "bun", "bunx")
"""Clients whose catalogs stand in a file that is read too."""
_MANAGER = "packageManager"
"""What corepack or pnpm would fetch to be another version of itself: the client's own module knows whether it does."""
_PIP = frozenset({"requirements", "pyproject", "pylock"})
_UV = _PIP | {"uv_lock", "uv_toml", "pep723", "setup_py", "setup_cfg"}
_READS = {"pip": _PIP, "uv": _UV, "uvx": _UV}
"""What those clients know by its name of the files that a command line names."""
_MANIFESTS = {Ecosystem.PYPI: "pyproject.toml", Ecosystem.NPM: "package.json"}


@dataclass(slots=True)
class Plan:
    """What a command will install.

    Args:
        requests: one for each name and version, in the order found.
        introduced: names that were typed or stand in a manifest.
        problems: what could not be decided.
        index_lines: indexes that requirement files name.
    """

    requests: list[Request] = field(default_factory=list)
    introduced: set[tuple[Ecosystem, NormalizedName]] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    index_lines: list[IndexLine] = field(default_factory=list)


def read_all(call: Invocation, env: Mapping[str, str]) -> list[Reading]:
    """Every file the command will install from, local projects named on the command line included.

    Raises:
        InputError: a file is missing, or is not what it claims to be.
    """
    uv, catalogs = call.client in ("uv", "uvx"), call.client in _CATALOGS
    context = Context(cwd=call.cwd, env=env, sources=uv, poetry=call.client == "poetry", catalogs=catalogs)
    kinds = _READS.get(plain(call.client) or call.client)
    found = [_read(path, context, kinds) for path in call.files]
    found += [_constraints(_read(path, context, kinds)) for path in call.constraints]
    seen = {reading.path.resolve() for reading in found}
    waiting = [*call.typed, *(s for reading in found for s in reading.sightings)]
    while waiting:
        sighting = waiting.pop(0)
        manifest = local_manifest(sighting)
        if manifest is None or manifest.resolve() in seen:
            continue
        seen.add(manifest.resolve())
        reading = _wanted(_read(manifest, context), sighting)
        found.append(reading)
        waiting += reading.sightings
    return found


def _read(path: Path, context: Context, kinds: frozenset[str] | None = None) -> Reading:
    """Read one file; one of a kind that the client does not know holds requirements to it, whatever it is called.

    Args:
        kinds: those that it knows; all of them if `None`.
    """
    if path.exists() and not path.is_file():
        raise InputError(f"{path.name} is no file that can be read twice", "Save it to a file, and name that")
    named = (kind for kind, reader in readers.READERS.items() if reader.claims(path))
    known = next((kind for kind in named if kinds is None or kind in kinds), "requirements")
    return readers.read(path, context=context, kind=known)


def _constraints(reading: Reading) -> Reading:
    """Of a constraint file only what says where a package comes from: it introduces no name."""
    places = tuple(s for s in reading.sightings if s.source.kind is not SourceKind.REGISTRY)
    return replace(reading, sightings=places)


def _wanted(reading: Reading, sighting: Sighting) -> Reading:
    """Of a local project that is installed, what that installs: no dependency groups, only the extras asked for."""
    asked = {f"extra:{extra.strip()}" for extra in sighting.extra.get("extras", "").split(",")}
    kept = tuple(
        found
        for found in reading.sightings
        if not (group := found.extra.get("group", "")).startswith(("extra:", "group:")) or group in asked
    )
    return replace(reading, sightings=kept)


def local_manifest(sighting: Sighting) -> Path | None:
    """The manifest of a local project that a sighting points to."""
    if sighting.source.kind not in (SourceKind.PATH, SourceKind.WORKSPACE) or not sighting.source.index:
        return None
    if "archive" in sighting.extra:
        return None
    manifest = Path(sighting.source.index) / _MANIFESTS[sighting.ecosystem]
    return manifest if manifest.is_file() else None


def plan(
    call: Invocation,
    readings: Iterable[Reading],
    indexes: tuple[Index, ...],
    actor: Actor,
    mapped: frozenset[str] = frozenset(),
    adopted: LockedSet | None = None,
) -> Plan:
    """The requests of a command.

    Args:
        indexes: the session's, with the layers they deserve.
        mapped: addresses (canonical) in lock files for which the client asks its configured registry instead.
        adopted: what the lock files of adopted projects hold.
    """
    readings = list(readings)
    made = Plan(problems=list(call.problems))
    manifests = [s for r in readings if not r.locked for s in r.sightings if s.extra.get("group") != _MANAGER]
    locked = [s for reading in readings if reading.locked for s in reading.sightings]
    for reading in readings:
        made.problems += reading.problems
        if reading.path.name not in _SETTINGS and not reading.path.name.endswith(".py"):
            made.index_lines += reading.indexes
    members = frozenset(r.project for r in readings if r.project and r.path.name == _MANIFESTS[Ecosystem.NPM])
    for sighting in (*call.typed, *(s for s in manifests if not _member(made, s, members))):
        _add(made, sighting, indexes, actor, Arrival.INTRODUCED)
    for sighting in (as_mapped(sighting, mapped) for sighting in locked):
        _add(made, sighting, indexes, actor, Arrival.TRANSITIVE)
    made.requests = _merged(with_adopted(made.requests, adopted) if adopted is not None else made.requests)
    return made


def with_adopted(requests: Iterable[Request], adopted: LockedSet) -> list[Request]:
    """The requests, those that an adopted lock file holds marked as locked.

    What a manifest asks for by name alone is answered by the lock beside it, if that holds the name in adopted
    versions only: the client installs those or asks the gate.
    """
    marked = [replace(r, arrived=Arrival.LOCKED) if adopted.holds(r) else r for r in requests]
    held: dict[tuple[Ecosystem, str], list[Request]] = {}
    for request in marked:
        if request.digests and request.version is not None:
            held.setdefault((request.ecosystem, request.name or request.raw), []).append(request)
    return [_answered(request, held.get((request.ecosystem, request.name or request.raw), [])) for request in marked]


def _answered(request: Request, held: list[Request]) -> Request:
    """A manifest's request as the lock's own, if every locked version of the name is adopted and one fits."""
    if not request.locations or request.digests or any(r.arrived is not Arrival.LOCKED for r in held):
        return request
    same = (r for r in held if request.version in (None, r.version) and request.source == r.source)
    return replace(next(same, request), locations=request.locations)


def _add(made: Plan, sighting: Sighting, indexes: tuple[Index, ...], actor: Actor, arrived: Arrival) -> None:
    """Add the request for one sighting, unless it is a project of the user's own."""
    request = question(sighting, indexes, actor, arrived)
    if request is None:
        return
    name = request.name
    if name is not None and arrived is Arrival.INTRODUCED:
        made.introduced.add((sighting.ecosystem, name))
    if name is not None and (sighting.ecosystem, name) in made.introduced:
        request = replace(request, arrived=Arrival.INTRODUCED)
    made.requests.append(request)


def question(sighting: Sighting, indexes: tuple[Index, ...], actor: Actor, arrived: Arrival) -> Request | None:
    """The request for one sighting; `None` for what introduces no name and for a project of the user's own."""
    if "constraint" in sighting.extra or "link" in sighting.extra or _own(sighting):
        return None
    try:
        name = normalize(sighting.ecosystem, sighting.raw)
    except BadName:
        name = None
    return Request(
        ecosystem=sighting.ecosystem,
        name=name,
        raw=sighting.raw,
        version=sighting.version,
        digests=sighting.digests,
        arrived=arrived,
        source=source_of(sighting, name or sighting.raw, indexes),
        actor=actor,
        locations=(sighting.location,) if sighting.location else (),
        runs="run" in sighting.extra,
    )


def _member(made: Plan, sighting: Sighting, members: frozenset[str]) -> bool:
    """Whether a manifest names a project of the same workspace: that is linked, and nobody is asked about it.

    Where its version does not do, the client asks the registry; the gate judges it then, as introduced.
    """
    if sighting.raw not in members or sighting.source != REGISTRY or "alias" in sighting.extra:
        return False
    with suppress(BadName):
        made.introduced.add((sighting.ecosystem, normalize(sighting.ecosystem, sighting.raw)))
    return True


def as_mapped(sighting: Sighting, mapped: frozenset[str]) -> Sighting:
    """A locked package whose recorded address means "the configured registry" to the client."""
    source = sighting.source
    same = source.kind is SourceKind.REGISTRY and source.index is not None and canonical(source.index) in mapped
    return replace(sighting, source=REGISTRY) if same else sighting


def _own(sighting: Sighting) -> bool:
    """A folder of the user's own; a single archive could have come from anywhere."""
    return sighting.source.kind in (SourceKind.PATH, SourceKind.WORKSPACE) and "archive" not in sighting.extra


def source_of(sighting: Sighting, name: str, indexes: tuple[Index, ...]) -> Source:
    """Where a package would come from, with the trust that place deserves in this session."""
    source = sighting.source
    if source.kind is not SourceKind.REGISTRY:
        return replace(source, trusted=False)
    mine = [index for index in indexes if index.ecosystem is sighting.ecosystem]
    if source.index:
        found = _recorded((source.index, *sighting.extra.get("indexes", "").split()), mine)
        return replace(source, index=found, trusted=False) if isinstance(found, str) else found
    if named := sighting.extra.get("index"):
        same = next((i for i in mine if i.name == named), None)
        if same is None and named == _BUILT_IN:
            return _from(next((i for i in mine if i.kind is IndexKind.DEFAULT and i.trusted), None))
        return _from(same) if same else Source(index=named, trusted=False)
    if sighting.ecosystem is Ecosystem.NPM:
        from slopguard.guard.addresses import npm_index  # knows lock files, too, which most commands have none of

        return _from(npm_index(mine, name))
    foreign = (i for i in mine if not i.trusted and not i.explicit and (not i.lenient or _offers(i, name)))
    return _from(next(foreign, None) or _private([i for i in mine if i.trusted and not i.explicit]))


def _recorded(urls: Iterable[str], mine: list[Index]) -> Source | str:
    """The source that recorded addresses stand for; the first of them that nobody trusts, if there is one."""
    found: Source = REGISTRY
    for url in urls:
        same = next((i for i in mine if canonical(i.url) == canonical(url)), None)
        if same is None or not same.trusted:
            return url
        found = _from(same) if same.explicit or not same.private else Source(private=True)
    return found


def _offers(index: Index, name: str) -> bool:
    """Whether an index on disk may hold a package; what is no name at all is looked for nowhere."""
    from slopguard.registries.pypi.local import offers  # heavy, and seldom needed

    try:
        return offers(index, normalize(index.ecosystem, name))
    except BadName:
        return False


def _private(indexes: list[Index]) -> Index | None:
    """The private index, if the session has one: an internal name will come from there."""
    return next((index for index in indexes if index.private), indexes[0] if indexes else None)


def _from(index: Index | None) -> Source:
    """The source that one index is; of an explicit one the address says whom to ask."""
    if index is None:
        return REGISTRY
    if index.trusted and not index.private and not index.explicit:
        return REGISTRY
    return Source(index=index.url, trusted=index.trusted, private=index.private)


def with_index_lines(indexes: tuple[Index, ...], lines: Iterable[IndexLine]) -> tuple[Index, ...]:
    """The session's indexes with those that requirement files name; known addresses keep their trust."""
    found = list(indexes)
    for line in lines:
        kind = _KINDS.get(line.kind)
        if kind is None or any(canonical(i.url) == canonical(line.url) for i in found):
            continue
        if "://" in line.url:
            named = f"{line.location.path}:{line.location.line or 1}"
            found.append(Index(Ecosystem.PYPI, key_of(line.url), line.url, kind, line.layer, named=named))
    return tuple(found)


def _merged(requests: Iterable[Request]) -> list[Request]:
    """Each question once, with all its places; digests of one version are joined."""
    found: dict[tuple[object, ...], Request] = {}
    for request in requests:
        locked = request.arrived is Arrival.LOCKED
        key = (request.ecosystem, request.name or request.raw, request.version, request.source, locked)
        first = found.get(key)
        if first is None:
            found[key] = request
        else:
            places = dict.fromkeys((*first.locations, *request.locations))
            found[key] = replace(first, digests=first.digests | request.digests, locations=tuple(places))
    return list(found.values())
