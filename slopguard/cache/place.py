"""The folder of the cache: `<folder>/<two hex digits>/<entry>`, and what is done to one file of it.

Invariants: an entry is written beside its place and renamed, so that it is there whole or not at all; nothing is synced
to disk, because a power cut can only leave bytes that fail their digest, which is to be absent; folders are 0700 and
files 0600; no link inside the folder is followed; a folder to which others may write is not used. All errors are those
of the operating system; `Troubles` is where they end.

A file on its way is locked by whoever writes it. The lock ends with the process, however that ends, so what is not
locked is left over (`left_over`), unless it was made just now: there is a moment between making and locking. Where
there are no locks, what nobody wrote to for an hour counts as left over.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from slopguard.cache.handles import Handle

BLOCK = 4096
"""File systems give files whole blocks; the cache counts as they do."""
TOUCH_AFTER = 3600.0
"""A use within so many seconds of the last is not written down."""
JUST_NOW = 60.0
UNFINISHED = ".new-"
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NO_LINK
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NO_LINK
_WRITE = os.O_RDWR | os.O_CREAT | _NO_LINK
_ABSENT = (errno.ENOENT, errno.ELOOP, errno.EMLINK)
"""What is not there, or is a link, as Linux and macOS or as BSD say it."""
USABLE = os.open in os.supports_dir_fd
"""Whether this platform opens files relative to a folder; where it does not, there is no cache."""


def cost(size: int) -> int:
    """What a file of `size` bytes takes of the limit."""
    return max(-(-size // BLOCK), 1) * BLOCK


class Troubles:
    """Where errors of the disk end: a block under it is left quietly, and all but missing files are counted."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if isinstance(error, OSError):
            self.count += not isinstance(error, FileNotFoundError)
            return True
        return False


@dataclass(frozen=True, slots=True)
class Found:
    """One entry, open for reading."""

    handle: Handle
    size: int


class Place:
    """One folder of a cache.

    Args:
        root: the folder; made when something is written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.troubles = Troubles()
        self._trusted = False

    def shard(self, key: str, *, make: bool = False) -> Handle:
        """The folder in which the entries of `key`, a digest in hex, lie.

        Raises:
            OSError: it cannot be opened, or others may write to it.
        """
        path = self.root / key[:2]
        try:
            self.trust()
            return Handle(os.open(path, _FOLDER))
        except FileNotFoundError:
            if not make:
                raise
        self._make()
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        return Handle(os.open(path, _FOLDER))

    def read(self, shard: Handle, name: str) -> Found | None:
        """An entry, which counts as used now; `None` where there is none.

        Raises:
            OSError: it cannot be opened.
        """
        try:
            handle = Handle(os.open(name, _READ, dir_fd=shard.fd))
        except OSError as why:
            if why.errno in _ABSENT:
                return None
            raise
        status = os.fstat(handle.fd)
        if not stat.S_ISREG(status.st_mode):
            return None
        if abs(time.time() - status.st_mtime) > TOUCH_AFTER:
            with suppress(OSError):  # a read-only disk still has what it has
                os.utime(handle.fd)
        return Found(handle, status.st_size)

    def _make(self) -> None:
        for folder in (self.root.parent, self.root):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.trust()

    def trust(self) -> None:
        """Make sure that nobody else could have prepared the folder; where a link to all of it leads is what counts.

        Raises:
            OSError: there is none, or others may write to it.
        """
        if self._trusted:
            return
        if not USABLE:
            raise OSError("no cache on this platform")
        status, me = self.root.stat(), os.geteuid()
        if status.st_mode & 0o022 or (me != 0 and status.st_uid not in (me, 0)):
            raise PermissionError("others may write to the cache")
        if status.st_mode & 0o077:
            with suppress(OSError):  # one that belongs to the system can be read by all, and is
                self.root.chmod(0o700)
        self._trusted = True


class Fresh:
    """An entry on its way: a file of its own beside its place.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, shard: Handle) -> None:
        self._shard, self._name = shard, UNFINISHED + os.urandom(12).hex()
        self.handle = Handle(os.open(self._name, _WRITE | os.O_EXCL, 0o600, dir_fd=shard.fd))
        lock(self.handle, shared=True)

    def write(self, piece: bytes) -> None:
        """Add a piece.

        Raises:
            OSError: not all of it could be written.
        """
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(self.handle.fd, rest) :]

    def land(self, name: str) -> None:
        """Give the file its name. What had it goes first: ext4 lets a file replace another only once it is on disk.

        Raises:
            OSError: it could not be renamed.
        """
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._shard.fd)
        os.rename(self._name, name, src_dir_fd=self._shard.fd, dst_dir_fd=self._shard.fd)

    def drop(self) -> None:
        """Take the file away."""
        with suppress(OSError):
            os.unlink(self._name, dir_fd=self._shard.fd)


def put(shard: Handle, name: str, pieces: tuple[bytes, ...]) -> None:
    """Write an entry as a whole.

    Raises:
        OSError: it could not be written; what was there before still is, unless renaming failed.
    """
    fresh = Fresh(shard)
    try:
        for piece in pieces:
            fresh.write(piece)
        fresh.land(name)
    except BaseException:
        fresh.drop()
        raise


def lock(handle: Handle, *, shared: bool = False) -> bool | None:
    """Lock a file for as long as it is open, without waiting; `None` where there are no locks."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(handle.fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def left_over(shard: Handle, name: str, status: os.stat_result) -> bool:
    """Whether nobody writes to an unfinished file any more."""
    quiet = abs(time.time() - status.st_mtime)
    if quiet < JUST_NOW:
        return False
    try:
        locked = lock(Handle(os.open(name, _READ, dir_fd=shard.fd)))
    except OSError:
        locked = None
    return quiet > TOUCH_AFTER if locked is None else locked
