"""What the guard would have stopped: the lock files of a folder and of the folders in it, as questions to the judge.

Invariants: nothing is changed, installed or written to the ledger; each file is read as the client that wrote it would
be guarded, with that client's own indexes; a client that is not there or cannot say which indexes it uses leaves its
files to be judged without them, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slopguard import readers
from slopguard.clients import client_for
from slopguard.clients.applied import applied
from slopguard.clients.interface import Invocation
from slopguard.config import Settings
from slopguard.errors import SlopguardError
from slopguard.guard import find, prejudge
from slopguard.guard.session import unique
from slopguard.indexes import Index
from slopguard.locked import LockedSet
from slopguard.model import Request
from slopguard.readers.interface import Context, Reading

SKIPPED = frozenset({"node_modules", "venv", "site-packages", "__pycache__"})
_COMMANDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "uv_lock": ("uv", ("sync",)),
    "package_lock": ("npm", ("ci",)),
    "pnpm_lock": ("pnpm", ("install",)),
    "yarn_lock": ("yarn", ("install",)),
    "bun_lock": ("bun", ("install",)),
    "poetry_lock": ("poetry", ("install",)),
    "pdm_lock": ("pdm", ("sync",)),
    "pylock": ("pip", ("install",)),
    "requirements": ("pip", ("install",)),
}
"""Kind of lock file to a command of its client that uses the client's indexes."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What lies there to be judged.

    Args:
        files: the lock files that were read.
        requests: every package in them, once.
        indexes: those of their clients.
        unread: lock files that are not what they claim to be.
        unasked: clients whose indexes are not known.
    """

    files: tuple[Path, ...] = ()
    requests: tuple[Request, ...] = ()
    indexes: tuple[Index, ...] = ()
    unread: tuple[Path, ...] = ()
    unasked: tuple[str, ...] = field(default=())


def look(folder: Path, settings: Settings, env: Mapping[str, str]) -> Rehearsal:
    """The lock files in a folder and one level down."""
    found: dict[tuple[object, ...], Request] = {}
    indexes: list[Index] = []
    read, unread, unasked = [], [], []
    adopted = LockedSet.of(settings)
    for path, kind in _lock_files(folder):
        try:
            reading = readers.read(path, context=Context(cwd=path.parent, env=env))
        except SlopguardError:
            unread.append(path)
            continue
        if not reading.locked:
            continue
        read.append(path)
        requests, own = _requests(reading, kind, settings, env, adopted)
        if not own:
            unasked.append(_COMMANDS[kind][0])
        indexes += own
        for each in requests:
            found.setdefault((each.ecosystem, each.name or each.raw, each.version, each.source, each.arrived), each)
    return Rehearsal(tuple(read), tuple(found.values()), unique(indexes), tuple(unread), tuple(dict.fromkeys(unasked)))


def _lock_files(folder: Path) -> Iterator[tuple[Path, str]]:
    for place in (folder, *sorted(each for each in folder.iterdir() if _looked_into(each))):
        for path in sorted(place.iterdir()):
            kind = next((kind for kind in _COMMANDS if kind in readers.READERS and _claims(kind, path)), None)
            if kind:
                yield path, kind


def _claims(kind: str, path: Path) -> bool:
    return readers.READERS[kind].claims(path) and path.is_file()


def _looked_into(place: Path) -> bool:
    return place.is_dir() and not place.name.startswith(".") and place.name not in SKIPPED


def _requests(
    reading: Reading, kind: str, settings: Settings, env: Mapping[str, str], adopted: LockedSet
) -> tuple[list[Request], tuple[Index, ...]]:
    """The packages of one file, and the indexes of its client; none where the client is not there."""
    name, words = _COMMANDS[kind]
    folder = reading.path.parent
    call = Invocation(name, words, words[0], installs=True, cwd=folder)
    indexes: tuple[Index, ...] = ()
    mapped: frozenset[str] = frozenset()
    try:
        client, command = client_for(name), find.command(name, env)
        call = client.parse(name, words, folder, env)
        indexes = applied(client.indexes(call, command, env), settings, env)
        mapped = client.mapped(command, env)
    except (SlopguardError, ImportError):
        reading = _anywhere(reading)
    return prejudge.plan(call, [reading], indexes, settings.actor, mapped, adopted).requests, indexes


def _anywhere(reading: Reading) -> Reading:
    """The reading with every recorded registry taken for the client's own, as nobody can say which that is."""
    from dataclasses import replace

    from slopguard.model import REGISTRY, SourceKind

    kept = (
        replace(each, source=REGISTRY) if each.source.kind is SourceKind.REGISTRY else each
        for each in reading.sightings
    )
    return replace(reading, sightings=tuple(kept))
