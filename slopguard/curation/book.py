"""The metadata of a repository of lists on disk: what was published last, and what is staged beside it.

Invariants: a file is replaced as a whole; roots form an unbroken chain, each signed as the one before it asks; what is
published is never changed, only followed by a higher version.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tuf.api.metadata import Metadata, Root, Signed, Snapshot, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from slopguard.curation.layout import Layout
from slopguard.errors import ListInvalid, StoreError, UsageError

KINDS: Mapping[str, type[Signed]] = {"root": Root, "targets": Targets, "snapshot": Snapshot, "timestamp": Timestamp}
_FILE = re.compile(r"(\d{1,9})\.([a-z0-9][a-z0-9-]{0,31})\.json")
_HINT = "Take it from the history of the repository: git log -- metadata staged"
PART = ".part"
"""End of the name of a file that is not whole yet."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One signed file.

    Args:
        data: its bytes.
        part: what they say.
    """

    role: str
    version: int
    data: bytes
    part: Metadata[Any]


@dataclass(slots=True)
class Book:
    """The signed files of one repository of lists, read when asked for."""

    layout: Layout
    _newest: dict[str, Stored | None] = field(default_factory=dict)

    def newest(self, role: str) -> Stored | None:
        """What was published last for a role, `None` if nothing ever was.

        Raises:
            ListInvalid: it cannot be read, or its root does not follow from the first.
        """
        if role not in self._newest:
            self._newest[role] = self._root() if role == "root" else self._last(role)
        return self._newest[role]

    def timestamp(self) -> Stored | None:
        """The timestamp as published last."""
        path = self.layout.metadata / "timestamp.json"
        return stored("timestamp", path) if path.exists() else None

    def roots(self) -> list[Stored]:
        """All roots, the first one first.

        Raises:
            ListInvalid: one is missing, or is not signed as the one before it asks.
        """
        versions = sorted(version for version, role in self._versions() if role == "root")
        if versions != list(range(1, len(versions) + 1)):
            raise ListInvalid("metadata/ lacks one of its roots", _HINT)
        chain = [stored("root", self.layout.metadata / f"{version}.root.json", version) for version in versions]
        before: Root | None = None
        for each in chain:
            signed = each.part.signed
            if not signed.get_root_verification_result(before, each.part.signed_bytes, each.part.signatures):
                raise ListInvalid(f"metadata/{each.version}.root.json is not signed by enough keys", _HINT)
            before = signed
        return chain

    def staged(self, role: str) -> Metadata[Any] | None:
        """The next version of a role with the signatures so far; `None` if it is not newer than what was published."""
        path = self.staged_path(role)
        if not path.exists():
            return None
        found = stored(role, path)
        newest = self.newest(role)
        return found.part if newest is None or newest.version < found.version else None

    def staged_path(self, role: str) -> Path:
        """Where the next version of a role waits for signatures."""
        return self.layout.staged / f"{role}.json"

    def staged_roles(self) -> tuple[str, ...]:
        """The roles that have a staged file."""
        order = {"root": 0, "targets": 1}
        found = (path.stem for path in self.layout.staged.glob("*.json"))
        return tuple(sorted(found, key=lambda role: (order.get(role, 2), role)))

    def keep(self, role: str, version: int, data: bytes) -> None:
        """Add a signed file to what is published."""
        put(self.layout.metadata / f"{version}.{role}.json", data)
        self._newest.pop(role, None)

    def _versions(self) -> Iterator[tuple[int, str]]:
        for path in self.layout.metadata.glob("*.json"):
            found = _FILE.fullmatch(path.name)
            if found:
                yield int(found[1]), found[2]

    def _last(self, role: str) -> Stored | None:
        version = max((version for version, found in self._versions() if found == role), default=0)
        return stored(role, self.layout.metadata / f"{version}.{role}.json", version) if version else None

    def _root(self) -> Stored | None:
        chain = self.roots()
        return chain[-1] if chain else None


def stored(role: str, path: Path, version: int | None = None) -> Stored:
    """Read one signed file; signatures are not looked at.

    Args:
        version: the one it must have.

    Raises:
        ListInvalid: it cannot be read, or is another role's or version's.
    """
    try:
        data = path.read_bytes()
        part: Metadata[Any] = Metadata.from_bytes(data)
    except (OSError, DeserializationError, RecursionError):
        raise ListInvalid(f"{path.parent.name}/{path.name} cannot be read as signed metadata", _HINT) from None
    if not isinstance(part.signed, KINDS.get(role, Targets)) or version not in (None, part.signed.version):
        raise ListInvalid(f"{path.parent.name}/{path.name} is not what its name says", _HINT)
    return Stored(role, part.signed.version, data, part)


def put(path: Path, data: bytes) -> None:
    """Replace a file as a whole, on disk before this returns; readable as the account's other files are.

    Raises:
        StoreError: it cannot be written.
    """
    fresh = path.with_name(f".{path.name}{PART}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path)
    except OSError as why:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be written ({type(why).__name__})", "Check its folder") from None


def sweep(folders: Iterable[Path]) -> None:
    """Remove what a killed process left half-written."""
    for folder in folders:
        for path in folder.glob(f".*{PART}"):
            path.unlink(missing_ok=True)


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """One command at a time changes a repository of lists.

    Raises:
        UsageError: another one is at it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(layout.root / ".slopguard.lock", timeout=10)
    try:
        with lock:
            yield
    except Timeout:
        raise UsageError("another slopguard works on this repository of lists", "Try again when it has ended") from None
