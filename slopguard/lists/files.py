"""A private file that is replaced as a whole and read within limits: packs, floors and notes are kept in this way.

Invariants: a reader sees the old content or the new, never a part, and is held up by nothing that lies in its place;
the new content is on disk before it takes the old one's place; only the user may read it; what is not put in place
leaves nothing behind. Unlike `slopguard.config.private`, two files can be on disk before either takes its place.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from slopguard.errors import StoreError

NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class Staged:
    """The next content of a file, on disk beside it and not yet in its place; a context that cleans up after itself.

    Args:
        path: the file; its folder is made if need be.
        data: the content.

    Raises:
        StoreError: it cannot be written.
    """

    __slots__ = ("_fresh", "path")

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self._fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | NO_LINK, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as why:
            self._clean()
            raise _unwritten(path, why) from None

    def put(self) -> None:
        """Take the old content's place.

        Raises:
            StoreError: that cannot be done.
        """
        try:
            os.replace(self._fresh, self.path)  # noqa: PTH105  the tests stop a process at each of these calls
            _settle(self.path.parent)
        except OSError as why:
            raise _unwritten(self.path, why) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._clean()

    def _clean(self) -> None:
        with suppress(OSError):
            self._fresh.unlink(missing_ok=True)


def read(path: Path, largest: int) -> bytes:
    """The content of a regular file; a pipe is not waited for, and what has no end is not read.

    Raises:
        OSError: there is none, or it cannot be read.
        ValueError: it is something else, or larger than `largest` bytes.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb", buffering=0) as stream:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > largest:
            raise ValueError("no file of such a size")
        return stream.readall()


def there(path: Path) -> bool:
    """Whether a file is there; one in a folder that cannot be searched is, for all that can be told."""
    try:
        return path.exists()
    except OSError:
        return True


def replace(path: Path, data: bytes) -> None:
    """Replace a file as a whole, on disk before this returns.

    Raises:
        StoreError: it cannot be written.
    """
    with Staged(path, data) as staged:
        staged.put()


def _settle(folder: Path) -> None:
    """Have the new name on disk too; not every system lets a folder be opened for that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unwritten(path: Path, why: OSError) -> StoreError:
    return StoreError(f"{path}: cannot be written ({type(why).__name__})", "Check its folder: space and permissions")
