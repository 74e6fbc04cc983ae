"""Bytes that are seldom wanted, kept small.

A packument of 21 MB deflates to less than one; a session holds hundreds of packuments, and reads each of them once or
twice. Invariant: immutable, and safe to unfold in any thread.
"""

from __future__ import annotations

import zlib

SMALL = 16 << 10
"""Bytes below which folding saves nothing worth its time."""
LEVEL = 1


class Folded:
    """Some bytes.

    Args:
        content: the bytes; deflated now unless they are few.
    """

    __slots__ = ("_kept", "size")

    def __init__(self, content: bytes) -> None:
        self.size = len(content)
        self._kept = content if self.size <= SMALL else zlib.compress(content, LEVEL)

    def unfold(self) -> bytes:
        """The bytes."""
        return self._kept if self.size <= SMALL else zlib.decompress(self._kept, bufsize=self.size)

    @property
    def weight(self) -> int:
        """Bytes that it takes in memory."""
        return len(self._kept)


EMPTY = Folded(b"{}")
"""The body of a document that holds nothing."""
