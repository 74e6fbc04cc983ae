"""Open files that close themselves, and streams that read them independently of each other.

Invariants: a descriptor is closed when nobody holds its `Handle` any more, and not before; every `Reading` has a place
of its own, so that one open file serves several readers; what was opened stays readable when its name is gone.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE = 1 << 16


class Handle:
    """A file descriptor that is closed when the last who holds this lets go: keep it while its `fd` is in use.

    Args:
        fd: the descriptor; this owns it from now on.
    """

    __slots__ = ("fd",)

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        with suppress(OSError):
            close(self.fd)

    def content(self, size: int) -> bytes:
        """The first `size` bytes, or fewer where there are no more.

        Raises:
            OSError: they cannot be read.
        """
        return os.pread(self.fd, size, 0)

    def stream(self) -> io.BufferedReader:
        """A new reader, at the start of the file."""
        return io.BufferedReader(_Reading(self), _PIECE)


class _Reading(io.RawIOBase):
    """Reads a file by position, so that no other reader of the same handle moves it."""

    def __init__(self, handle: Handle) -> None:
        super().__init__()
        self._handle, self._at = handle, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        piece = os.pread(self._handle.fd, len(view), self._at)
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            offset += self._at
        elif whence == os.SEEK_END:
            offset += os.fstat(self._handle.fd).st_size
        if offset < 0:
            raise ValueError("a file has no bytes before its first")
        self._at = offset
        return offset
