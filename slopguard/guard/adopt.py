"""What a person may accept of a project: its settings file, and what its lock files hold.

Invariants: looking changes nothing and runs nothing; only registry packages with a version and a strong digest are
locked; what was looked at is what is accepted, so a file that changes while the person reads is not accepted unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slopguard import readers
from slopguard.config import accepted as record
from slopguard.config.accepted import STRONG, Accepted, Locked
from slopguard.config.grammar import read_table
from slopguard.config.places import project_table, settings_table, table_digest
from slopguard.model import Ecosystem, Sighting, SourceKind
from slopguard.names import BadName, normalize
from slopguard.readers.interface import Context, Reading

KINDS = ("bun_lock", "uv_lock", "poetry_lock", "pylock", "package_lock", "requirements")
"""Readers of files that can hold a whole resolution with digests."""

Locking = dict[tuple[Ecosystem, str, str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to accept at one place.

    Args:
        place: the folder or the settings file, resolved.
        settings: settings file to the digest of its table.
        values: what the settings say, key and value as text, in the file's order.
        locks: each lock file with the number of packages that it locks.
        locked: what they lock together.
    """

    place: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    values: tuple[tuple[str, str], ...] = ()
    locks: tuple[tuple[Path, int], ...] = ()
    locked: Locked = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to accept."""
        return not self.settings and not self.locks

    def added_to(self, accepted: Accepted, folder: Path | None = None) -> Accepted:
        """The record with this in it.

        Args:
            folder: the user's settings folder, where the snapshot of the lock files is kept; `None` keeps none.

        Raises:
            ConfigError: the snapshot cannot be written.
        """
        projects = {}
        if folder is not None and self.locks:
            projects[str(self.place)] = record.take(folder, str(self.place), self.locked)
        return accepted.plus(self.settings, projects=projects)


def look(place: Path) -> Offer:
    """What there is to accept in a project's folder, or in one settings file; a lock file stands for its folder.

    Raises:
        ConfigError: a settings file is malformed or holds an unknown key.
        InputError: a lock file is not what it claims to be.
    """
    place = place.resolve()
    if place.is_file() and _claimed(place):
        place = place.parent
    path, table = (place, settings_table(place)) if place.is_file() else project_table(place)
    settings, values = _settings(path, table) if table is not None else ({}, ())
    if place.is_file():
        return Offer(place, settings, values)
    locks: list[tuple[Path, int]] = []
    locked: Locking = {}
    for reading in _readings(place):
        found = _locked(reading)
        if found:
            locks.append((reading.path, len(found)))
            locked |= {key: locked.get(key, frozenset()) | digests for key, digests in found.items()}
    return Offer(place, settings, values, tuple(locks), locked)


def _settings(path: Path, table: Mapping[str, Any]) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    values = read_table(table, str(path))
    return {str(path): table_digest(table, path.parent)}, tuple((key, _text(value)) for key, value in values.items())


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _readings(folder: Path) -> Iterator[Reading]:
    context = Context(cwd=folder, sources=True)
    for path in sorted(folder.iterdir() if folder.is_dir() else ()):
        if path.is_file() and _claimed(path):
            yield readers.read(path, context=context)


def _claimed(path: Path) -> bool:
    return any(readers.READERS[kind].claims(path) for kind in KINDS)


def _locked(reading: Reading) -> Locking:
    found: Locking = {}
    for sighting in reading.sightings:
        key, digests = _key(sighting), frozenset(d for d in sighting.digests if d.startswith(STRONG))
        if key is not None and digests:
            found[key] = found.get(key, frozenset()) | digests
    return found


def _key(sighting: Sighting) -> tuple[Ecosystem, str, str] | None:
    """What a sighting locks, `None` for what comes from no registry or names no version."""
    if sighting.source.kind is not SourceKind.REGISTRY or sighting.version is None or "link" in sighting.extra:
        return None
    try:
        return sighting.ecosystem, normalize(sighting.ecosystem, sighting.raw), sighting.version
    except BadName:
        return None
