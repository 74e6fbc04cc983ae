"""A lock file held against the manifests it was written for: what nobody asks for, and what it does not hold.

Invariants: pure; whatever cannot be told (a manifest that is not there or cannot be decided, a format that leaves
something out by right) accuses nothing: a package is called an orphan only where everything that could ask for it is
known. Readings given as manifests are of manifests alone, not of the commands in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from slopguard.check.found import Finding
from slopguard.check.kinds import kinds_of
from slopguard.check.ranges import excluded
from slopguard.model import Ecosystem, Location, Sighting, SourceKind
from slopguard.names import BadName, normalize
from slopguard.patterns import regex
from slopguard.readers.interface import Reading
from slopguard.readers.requires import canonical, reachable

_MANIFESTS: Mapping[str, str] = {
    **dict.fromkeys(("uv_lock", "poetry_lock", "pdm_lock", "pylock"), "pyproject.toml"),
    **dict.fromkeys(("package_lock", "pnpm_lock", "yarn_lock", "bun_lock"), "package.json"),
    "pipfile_lock": "Pipfile",
}
"""Kind of lock file to the name of the manifests it is written for."""
_SETTINGS = frozenset({"uv.toml", "pnpm-workspace.yaml", ".yarnrc.yml"})
"""Files beside a manifest that ask for packages too, or put others in their place."""
_WHOLE = frozenset({"uv_lock", "package_lock", "pnpm_lock", "yarn_lock", "bun_lock"})
"""Kinds that hold all of their manifests; the others only the groups that were asked for."""
_MOST = 0.75
"""The share of a group that a lock file holds if the group was asked for; groups may also be those of other tools."""
_MAIN = "dependencies"
_GROUPS = regex(
    r"dependencies|devDependencies|dev|extra:.*|group:(?!requires-plugins$|plugins$|overrides$).*", re.DOTALL
)
"""Groups of a manifest that a lock file has to hold; others it leaves out by right, in whole or in part."""
_OVERRIDES = frozenset({"overrides", "resolutions", "override", "constraint", "group:overrides"})
"""Groups that put another version, or another package, in the place of what is asked for."""
_UNSAFE = frozenset({"pip", "setuptools", "wheel", "distribute"})
"""What older clients of PyPI never write into a lock file."""
_SHOWN = 3


@dataclass(slots=True)
class _Beside:
    """The manifests of one lock file.

    Args:
        kind: the lock file's kind, `""` for one that is held against nothing.
        by_folder: the manifest of each folder, relative to the lock file's.
        others: those of files that add to them.
    """

    kind: str
    by_folder: dict[str, Reading] = field(default_factory=dict)
    others: list[Reading] = field(default_factory=list)

    def readings(self) -> Iterator[Reading]:
        """All of them."""
        yield from self.by_folder.values()
        yield from self.others

    def names(self) -> set[str]:
        """Every name in them, aliases under both of theirs."""
        return {name for reading in self.readings() for s in reading.sightings for name in _both(s)}


def orphans(lock: Reading, manifests: Iterable[Reading]) -> frozenset[str]:
    """The names of locked packages, as written, that neither a manifest nor a package that is asked for requires.

    Somebody wrote them into the lock file by hand. Where a project's manifest is there, that says what the project
    asks for, not the lock file's own record of it; a requirement forged into the record of a package is not seen.

    Args:
        lock: a lock file.
        manifests: those beside it and below, members of its workspace included.
    """
    beside = _beside(lock, manifests)
    asked = _asked(lock, beside) if lock.requires is not None and beside.kind else None
    if asked is None or lock.requires is None:
        return frozenset()
    reached = reachable(lock.requires, asked)
    fetched = (s for s in lock.sightings if s.source.kind is SourceKind.REGISTRY and "link" not in s.extra)
    return frozenset(sighting.raw for sighting in fetched if _name(sighting) not in reached)


def drift(lock: Reading, manifests: Iterable[Reading]) -> list[Finding]:
    """What manifests ask for by name and the lock file does not hold, or holds in other versions alone.

    Where the lock file records what each project asked for, also what it no longer asks for. One finding a manifest.

    Args:
        lock: a lock file.
        manifests: those beside it and below, members of its workspace included.
    """
    beside = _beside(lock, manifests)
    partial = beside.kind == "pdm_lock" and lock.path.name != "pdm.lock"  # of the groups that its name is about
    if beside.kind in ("", "pylock") or partial or lock.path.name.startswith("."):
        return []
    loose = {_name(s) for each in beside.readings() for s in each.sightings if _loose(s)}
    loose |= {name for each in beside.readings() for name in (each.project, canonical(each.project))}
    held: dict[str, list[Sighting]] = {}
    for sighting in lock.sightings:
        held.setdefault(_name(sighting), []).append(sighting)
    asked = beside.names()
    found = (_drifted(lock, folder, beside, held, loose, asked) for folder in beside.by_folder)
    return [finding for finding in found if finding is not None]


def _beside(lock: Reading, manifests: Iterable[Reading]) -> _Beside:
    """Sorts the manifests by their folder; those of no project of the lock file's are left out."""
    kind = next((each.name for each in kinds_of(lock.path.as_posix()) if each.name in _MANIFESTS), "")
    beside = _Beside(kind)
    if lock.path.name.endswith(".py.lock"):
        script = lock.path.with_suffix("")
        beside.by_folder.update(("", reading) for reading in manifests if reading.path == script)
        return beside
    base = "" if (folder := lock.path.parent.as_posix()) == "." else f"{folder.rstrip('/')}/"
    for reading in manifests:
        path = reading.path.as_posix()
        place, _, name = path.removeprefix(base).rpartition("/")
        if not path.startswith(base) or (lock.roots is not None and place and place not in lock.roots):
            continue
        if name == _MANIFESTS.get(kind):
            beside.by_folder.setdefault(place, reading)
        elif name in _SETTINGS:
            beside.others.append(reading)
    return beside


def _asked(lock: Reading, beside: _Beside) -> set[str] | None:
    """Every name that the projects of a lock file ask for; `None` if that cannot be told."""
    own = beside.by_folder.get("")
    if lock.roots is None and (own is None or not _decided(own) or not _complete(lock, beside, own)):
        return None
    asked = beside.names()
    for folder, names in (lock.roots or {}).items():
        manifest = beside.by_folder.get(folder)
        if manifest is None or not _decided(manifest):
            asked |= names
    return asked


def _decided(manifest: Reading) -> bool:
    """Whether a manifest says everything that its project asks for."""
    return all(problem.code not in ("undecidable", "missing-include") for problem in manifest.problems)


def _complete(lock: Reading, beside: _Beside, own: Reading) -> bool:
    """Whether the manifests of a lock file that does not name its projects are all there, and are what it is of."""
    if own.members and len(beside.by_folder) < 2:
        return False
    if beside.kind != "pylock":
        return True
    held = {_name(sighting) for sighting in lock.sightings}
    return all(_name(s) in held for s in own.sightings if s.extra.get("group") == _MAIN and not _conditional(s))


def _both(sighting: Sighting) -> tuple[str, str]:
    """The name of what is asked for, and the one it is installed under."""
    name = _name(sighting)
    return name, sighting.extra.get("alias", name)


def _name(sighting: Sighting) -> str:
    return canonical(sighting.raw) if sighting.ecosystem is Ecosystem.PYPI else sighting.raw


def _loose(sighting: Sighting) -> bool:
    """Whether it lets another version or package stand where its name is asked for."""
    return "constraint" in sighting.extra or sighting.extra.get("group") in _OVERRIDES


def _conditional(sighting: Sighting) -> bool:
    return any(key in sighting.extra for key in ("marker", "limited", "optional"))


def _drifted(
    lock: Reading,
    folder: str,
    beside: _Beside,
    held: Mapping[str, list[Sighting]],
    loose: set[str],
    asked: set[str],
) -> Finding | None:
    """What one manifest asks for and the lock file does not hold, and what that holds for it in vain.

    Args:
        loose: names that may be held in other versions than those asked for.
        asked: every name that any of the manifests asks for.
    """
    manifest = beside.by_folder[folder]
    if folder not in (lock.roots if lock.roots is not None else {""}):
        return None
    recorded = (lock.roots or {}).get(folder, frozenset())
    known = (held, recorded, lock.requires or {})
    wanted = [s for s in _wanted(manifest, beside.kind, held) if _name(s) not in loose and _well_formed(s)]
    missing = [s for s in wanted if not any(name in names for name in _both(s) for names in known)]
    outside = [s for s in wanted if _name(s) in held and _outside(s, held[_name(s)])]
    gone = recorded - asked if _decided(manifest) else frozenset()
    vain = [s for name in sorted(gone) for s in held.get(name, ())]
    idle = [s for s in vain if s.source.kind is SourceKind.REGISTRY and _well_formed(s)]
    parts = [(missing, "not in it"), (outside, "in another version"), (idle, "no longer asked for")]
    if not any(those for those, _ in parts):
        return None
    places = [
        *(_places((*missing, *outside)) or [Location(str(manifest.path))]),
        *(_places([*idle, *(one for s in outside for one in held[_name(s)])])[:1] or [Location(str(lock.path))]),
    ]
    detail = "; ".join(f"{_listed(those)}: {words}" for those, words in parts if those)
    return Finding("lock-drift", tuple(places), detail)


def _places(sightings: Iterable[Sighting]) -> list[Location]:
    return list(dict.fromkeys(sighting.location for sighting in sightings if sighting.location))


def _wanted(manifest: Reading, kind: str, held: Mapping[str, object]) -> Iterator[Sighting]:
    """What a lock file of some kind must hold of a manifest."""
    groups: dict[str, list[Sighting]] = {}
    for sighting in manifest.sightings:
        if sighting.source.kind is SourceKind.REGISTRY and not _conditional(sighting):
            groups.setdefault(sighting.extra.get("group", ""), []).append(sighting)
    optional = {_name(s) for s in manifest.sightings if "optional" in s.extra} | _UNSAFE
    for group, asked in groups.items():
        there = sum(_name(sighting) in held for sighting in asked)
        always = group == _MAIN or (kind in _WHOLE and not group.startswith("group:"))
        if _GROUPS.fullmatch(group) and (always or there >= _MOST * len(asked)):
            yield from (sighting for sighting in asked if _name(sighting) not in optional)


def _outside(wanted: Sighting, held: list[Sighting]) -> bool:
    """Whether a package is locked, and certainly in none of the versions wanted."""
    known = all(s.source.kind is SourceKind.REGISTRY and s.version for s in held)
    return known and all(excluded(wanted.ecosystem, wanted.specifier, s.version or "") for s in held)


def _well_formed(sighting: Sighting) -> bool:
    """Whether a name is one; what is none is judged as that."""
    try:
        normalize(sighting.ecosystem, sighting.raw)
    except BadName:
        return False
    return True


def _listed(sightings: list[Sighting]) -> str:
    """Names for a person; of many only the first."""
    names = list(dict.fromkeys(sighting.raw for sighting in sightings))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
