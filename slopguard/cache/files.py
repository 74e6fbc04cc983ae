"""Files of packages, found again by their digests.

Invariants: only digests of which nobody can make two files count, and only well-formed ones become names; a file is
there whole or not at all; nothing raises for a disk that is full, read-only or gone.

That a file is the right one is for its reader to check, on the way to the client, and the bytes that are kept are for
the writer: hashing them here as well would be a third time. Who cannot check all bytes, as for a range, asks for them
`checked`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from slopguard.cache.handles import Handle
from slopguard.cache.place import BLOCK, Fresh, Place
from slopguard.cache.sweep import LARGEST, Sweeper

_STRONG = re.compile(r"sha512:[0-9a-f]{128}|sha384:[0-9a-f]{96}|sha256:[0-9a-f]{64}")


class Files:
    """The files of one cache.

    Args:
        folder: where the cache is.
        limit: bytes that all of the cache may take; 0 keeps and finds nothing.
        sweeper: keeps it within the limit; one of its own if `None`.
    """

    def __init__(self, folder: Path, limit: int, sweeper: Sweeper | None = None) -> None:
        self._sweeper = sweeper or Sweeper(Place(folder), limit)
        self._place, self._limit = self._sweeper.place, limit

    @property
    def troubles(self) -> int:
        """How often the disk refused something."""
        return self._place.troubles.count

    def find(self, digests: Iterable[str]) -> Held | None:
        """A file with one of these digests (`algo:hex`), the strongest first; weak and ill-formed ones are ignored."""
        if self._limit <= 0:
            return None
        for digest in sorted(filter(_STRONG.fullmatch, digests), reverse=True):
            with self._place.troubles:
                shard = self._place.shard(_hex(digest))
                found = self._place.read(shard, _name(digest))
                if found:
                    return Held(digest, found.size, found.handle, shard)
        return None

    def keep(self, digest: str) -> Keeping | None:
        """Begin to keep a file that has `digest`; `None` where nothing can be kept now."""
        if self._limit <= 0 or not _STRONG.fullmatch(digest) or not self._sweeper.room():
            return None
        with self._place.troubles:
            shard = self._place.shard(_hex(digest), make=True)
            return Keeping(digest, shard, self._sweeper)
        return None

    def settle(self) -> None:
        """Wait for a sweep that writing has started."""
        self._sweeper.wait()


class Held:
    """A file that is kept, and open: it can be read even if it is swept away meanwhile.

    Args:
        digest: what it was found by, `algo:hex`; it says nothing about the bytes before they are hashed.
        size: bytes.
    """

    def __init__(self, digest: str, size: int, handle: Handle, shard: Handle) -> None:
        self.digest, self.size = digest, size
        self._handle, self._shard = handle, shard

    def open(self) -> BinaryIO:
        """A reader of its own, at the start."""
        return self._handle.stream()

    def checked(self) -> BinaryIO | None:
        """The same after all bytes were hashed; `None` where they are the wrong ones, which are then forgotten."""
        with suppress(OSError), self._handle.stream() as stream:
            if hashlib.file_digest(stream, self.digest.partition(":")[0]).hexdigest() == _hex(self.digest):
                return self.open()
        self.forget()
        return None

    @property
    def identity(self) -> tuple[int, ...]:
        """Stands for the bytes as they are: another one once the file was written to.

        Raises:
            OSError: it cannot be told.
        """
        now = os.fstat(self._handle.fd)
        return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns

    def forget(self) -> None:
        """Take the file out: it is not what it should be. What has replaced it meanwhile stays."""
        with suppress(OSError):
            now = os.stat(_name(self.digest), dir_fd=self._shard.fd, follow_symlinks=False)
            if os.path.samestat(now, os.fstat(self._handle.fd)):
                os.unlink(_name(self.digest), dir_fd=self._shard.fd)


class Keeping:
    """A file on its way into the cache; nobody finds it before `done`.

    Args:
        digest: what it will be found by; that its bytes have it is for the writer to know before `done`.

    Raises:
        OSError: it cannot be begun.
    """

    def __init__(self, digest: str, shard: Handle, sweeper: Sweeper) -> None:
        self.digest, self.whole = digest, True
        self._shard, self._place, self._sweeper = shard, sweeper.place, sweeper
        self._fresh, self._size, self._over = Fresh(shard), 0, False
        sweeper.wrote(BLOCK)

    def write(self, piece: bytes) -> None:
        """Add a piece; where that cannot be, the file is given up and `whole` says so."""
        if self.whole and not self._over:
            self.whole = False
            self._size += len(piece)
            with self._place.troubles:
                if self._size <= self._sweeper.limit // LARGEST and self._sweeper.room(begun=True):
                    self._fresh.write(piece)
                    self.whole = True
            if not self.whole:
                self._fresh.drop()
            self._sweeper.wrote(len(piece))

    def reading(self) -> BinaryIO | None:
        """A reader of the bytes so far; `None` where some were lost."""
        return self._fresh.handle.stream() if self.whole else None

    def done(self) -> Held | None:
        """All is written: let it be found. `None` where it could not be kept."""
        if self.whole and not self._over:
            self._over = True
            with self._place.troubles:
                self._fresh.land(_name(self.digest))
                return Held(self.digest, self._size, self._fresh.handle, self._shard)
        self.discard()
        return None

    def discard(self) -> None:
        """Give it up: it was not the right file, or not all of it came."""
        self._over = True
        self._fresh.drop()


def _hex(digest: str) -> str:
    return digest.partition(":")[2]


def _name(digest: str) -> str:
    return digest.replace(":", "-")
