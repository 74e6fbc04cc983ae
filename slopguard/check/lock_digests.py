"""The digests in a lock file: packages that have none, and packages whose digests are not those of before.

Invariants: pure; only a package of a registry needs a digest, for what comes from elsewhere is judged by its place and
what is bundled travels in another archive; a format that carries none is not blamed for that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from slopguard.check.found import Finding
from slopguard.check.kinds import kinds_of
from slopguard.hashes import STRONG, disproven
from slopguard.model import Ecosystem, Sighting, SourceKind
from slopguard.readers.interface import Reading
from slopguard.readers.requires import canonical

_WITHOUT = frozenset({"sbom"})
"""Kinds of lock file that are no client's own: what they leave out nobody checks."""
_SOME = frozenset({"deno_lock"})
"""Kinds that carry digests for a part of what they hold: judged only where there are some."""

Key = tuple[Ecosystem, str, str]
"""Ecosystem, name and version of a locked package."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A package whose files are not those that an earlier lock file held for the same version.

    Args:
        sighting: the package as it is locked now.
        before: the digests it had.
    """

    sighting: Sighting
    before: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moved:
    """A package that is fetched from a host from which an earlier lock file did not fetch it, in any version.

    Args:
        sighting: the package as it is locked now.
        hosts: those new hosts, as `scheme://host[:port]`.
    """

    sighting: Sighting
    hosts: frozenset[str]


def unhashed(reading: Reading) -> Finding | None:
    """The packages of a file without any digest: one finding with their number and the place of the first.

    In a requirement file they count only beside others that have one; pip refuses such a file altogether.
    """
    kinds = {kind.name for kind in kinds_of(reading.path.as_posix())}
    if kinds & _WITHOUT or not (reading.locked or kinds <= {"requirements"}):
        return None
    fetched = [sighting for sighting in reading.sightings if _fetched(sighting)]
    bare = [s for s in fetched if not s.digests and "checksum" not in s.extra]
    some = len(bare) < len(fetched)
    if not bare or not (some or (reading.locked and not kinds & _SOME)):
        return None
    first = tuple(sighting.location for sighting in bare if sighting.location)[:1]
    return Finding("unhashed", first, f"{len(bare):,} of {len(fetched):,} packages without a digest")


def changed(old: Reading, new: Reading) -> list[Changed]:
    """The packages whose digests are others than in an earlier lock file, although name and version are the same.

    One digest in common is enough: an index may list more files for a version by now. What shares no algorithm is not
    compared, but where there was a strong one there must be one.
    """
    before: dict[Key, set[str]] = {}
    sealed: dict[Key, set[str]] = {}
    for sighting in old.sightings:
        if key := _key(sighting):
            before.setdefault(key, set()).update(sighting.digests)
            sealed.setdefault(key, set()).add(sighting.extra.get("checksum", ""))
    found = []
    for sighting in new.sightings:
        key = _key(sighting)
        known = frozenset(before.get(key, ())) if key else frozenset()
        weaker = bool(sighting.digests) and _strong(known) and not _strong(sighting.digests)
        if key and (weaker or disproven(sighting.digests, known) or _resealed(sealed.get(key, set()), sighting)):
            found.append(Changed(sighting, known))
    return found


def moved(old: Reading, new: Reading) -> list[Moved]:
    """The packages that come from another host than in an earlier lock file that said where they come from."""
    before: dict[str, set[str]] = {}
    for sighting in old.sightings:
        before.setdefault(_name(sighting), set()).update(hosts_of(sighting))
    found = []
    for sighting in new.sightings:
        known = before.get(_name(sighting))
        if known and (hosts := hosts_of(sighting) - known):
            found.append(Moved(sighting, hosts))
    return found


def hosts_of(sighting: Sighting) -> frozenset[str]:
    """Where the files of a locked package lie, as `scheme://host[:port]`, as far as the lock file says."""
    return frozenset(sighting.extra.get("origins", "").split())


def _fetched(sighting: Sighting) -> bool:
    """Whether it is a package that a client fetches from a registry as it stands there."""
    aside = ("link", "bundled", "constraint", "editable")
    at_hand = (sighting.source.index or "").startswith("file:")
    kept = sighting.source.kind is SourceKind.REGISTRY and not at_hand
    return kept and sighting.version is not None and not any(key in sighting.extra for key in aside)


def _strong(digests: Iterable[str]) -> bool:
    """Whether one of the digests identifies a file."""
    return any(digest.partition(":")[0] in STRONG for digest in digests)


def _key(sighting: Sighting) -> Key | None:
    if sighting.version is None or sighting.source.kind is not SourceKind.REGISTRY:
        return None
    return sighting.ecosystem, _name(sighting), sighting.version


def _name(sighting: Sighting) -> str:
    return canonical(sighting.raw) if sighting.ecosystem is Ecosystem.PYPI else sighting.raw


def _resealed(before: set[str], sighting: Sighting) -> bool:
    """Whether yarn's own checksum is another than any before that was made in the same way (what its `/` follows)."""
    now = sighting.extra.get("checksum", "")
    comparable = {each for each in before if each and each.rpartition("/")[0] == now.rpartition("/")[0]}
    return bool(now and comparable) and now not in comparable
