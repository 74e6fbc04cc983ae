"""What the lock files of a tree prove or disprove about the packages in them, beside what they ask for.

Invariant: evidence only ever speaks against a package; whatever cannot be told says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from slopguard.check import lock_digests, lock_hosts, locks
from slopguard.check.found import Evidence, Finding, Package
from slopguard.check.kinds import INSTALLED
from slopguard.check.tree import Read
from slopguard.indexes import Index
from slopguard.model import Sighting
from slopguard.readers.interface import Reading

Indexes = Callable[[Reading], tuple[Index, ...]]
"""The indexes that count for a lock file."""


def evidence(
    read: Iterable[Read], beside: Iterable[Read], before: Iterable[Read], indexes: Indexes
) -> Mapping[Path, Evidence]:
    """The evidence of each lock file that has some.

    Args:
        read: what is judged.
        beside: what that is seen beside: manifests that did not change.
        before: what the base held of the files that changed.
        indexes: asked only of lock files that record addresses.
    """
    read = list(read)
    held = [each.reading for each in read if each.kind.lock and each.reading.locked]
    manifests = [each.reading for each in (*read, *beside) if _is_manifest(each)]
    old = {each.reading.path: each.reading for each in before if each.kind.lock}
    usual = lock_hosts.usual(held) if len(held) > 1 else {}
    return {lock.path: _of(lock, manifests, old.get(lock.path), indexes, usual) for lock in held}


def findings(read: Iterable[Read], beside: Iterable[Read]) -> list[Finding]:
    """What is to be told of lock files themselves: no digests, or not what the manifests ask for."""
    read = list(read)
    manifests = [each.reading for each in (*read, *beside) if _is_manifest(each)]
    found: list[Finding] = []
    for each in read:
        if each.kind is INSTALLED:
            continue  # metadata of what is installed carries no digests
        if each.kind.lock and each.reading.locked:
            found += locks.drift(each.reading, manifests)
        bare = lock_digests.unhashed(each.reading) if each.kind.lock or each.kind.name == "requirements" else None
        found += [bare] if bare and bare not in found else []  # a file that another includes is read with both
    return found


def _of(
    lock: Reading, manifests: list[Reading], old: Reading | None, indexes: Indexes, usual: lock_hosts.Hosts
) -> Evidence:
    strange: dict[Package, str] = {}
    unsure: set[Package] = set()
    if any("origins" in sighting.extra for sighting in lock.sightings):
        known = indexes(lock)
        for other in lock_hosts.foreign(lock, known, usual):
            strange[_package(other.sighting)] = min(other.hosts)
            unsure |= set() if other.sure else {_package(other.sighting)}
        moved = lock_digests.moved(old, lock) if old is not None else []
        for each in moved:
            if hosts := each.hosts - lock_hosts.fine(each.sighting, known):
                strange[_package(each.sighting)] = min(hosts)
                unsure.discard(_package(each.sighting))
    changed = lock_digests.changed(old, lock) if old is not None else ()
    return Evidence(
        locks.orphans(lock, manifests),
        strange,
        frozenset(unsure),
        frozenset(_package(each.sighting) for each in changed),
    )


def _is_manifest(each: Read) -> bool:
    return each.kind.room == "slopguard.readers" and not each.kind.lock


def _package(sighting: Sighting) -> Package:
    return sighting.raw, sighting.version
