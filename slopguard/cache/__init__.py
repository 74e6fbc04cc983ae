"""What was fetched once and need not be again: files by their digests, documents as their upstream sent them.

A cache is no authority: nothing that it holds, or lost, changes a verdict or the bytes that a client gets. Several
processes share one folder. It forgets rather than fail: a disk that is full, read-only or gone is counted (`troubles`),
never raised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from slopguard.cache.documents import About, Documents, Stored, digest_of
from slopguard.cache.files import Files, Held, Keeping
from slopguard.cache.place import Place
from slopguard.cache.sweep import Sweeper, Usage, usage

__all__ = [
    "FOLDER",
    "About",
    "Cache",
    "Documents",
    "Files",
    "Held",
    "Keeping",
    "Stored",
    "Usage",
    "digest_of",
    "usage",
]

FOLDER = "cache"
"""Its name in `SLOPGUARD_HOME`."""


@dataclass(frozen=True, slots=True)
class Cache:
    """The cache of one `SLOPGUARD_HOME`, as one process sees it."""

    folder: Path
    files: Files = field(repr=False)
    documents: Documents = field(repr=False)

    @classmethod
    def open(cls, home: Path, limit_bytes: int, key: bytes) -> Cache:
        """The cache in `home`; nothing is made or read before it is used.

        Args:
            limit_bytes: what all of it may take; 0 keeps and finds nothing, and removes nothing.
            key: a secret that is not kept in the cache's folder.
        """
        folder = home / FOLDER
        both = Sweeper(Place(folder), limit_bytes)
        return cls(folder, Files(folder, limit_bytes, both), Documents(folder, key, limit_bytes, both))

    @property
    def troubles(self) -> int:
        """How often the disk refused something since this was opened."""
        return self.files.troubles

    def usage(self) -> Usage:
        """What it holds now; looks at every file."""
        return usage(self.folder)

    def settle(self) -> None:
        """Wait for a sweep that writing has started."""
        self.files.settle()
