"""A file that is to be had, and the check that some bytes are it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from slopguard.registries.interface import HashMismatch

STRENGTH = ("sha512", "sha384", "sha256", "sha224", "sha1", "md5")
FILE_TYPE = "application/octet-stream"
"""Of every file, whatever its upstream calls it: installers go by its name, and one that is held here has no other."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch.

    Args:
        url: where it is.
        hashes: algorithm to the digests any of which it may have; empty if none is known.
        size: the bytes it must have, if known.
        safe: counts as hashed even without a digest of its own (a metadata file whose wheel has one).
    """

    url: str
    hashes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    size: int | None = None
    safe: bool = False

    @property
    def promised(self) -> tuple[str, frozenset[str]]:
        """The strongest algorithm that something is promised for, and the digests of which the file has one."""
        algo = next((algo for algo in STRENGTH if self.hashes.get(algo)), "")
        return algo, self.hashes.get(algo, frozenset())


class Check:
    """Verifies a body against the strongest digests known for it, and against its size."""

    def __init__(self, wanted: Wanted) -> None:
        algo, self._allowed = wanted.promised
        self._hash = hashlib.new(algo, usedforsecurity=False) if algo else None
        self._size, self._seen = wanted.size, 0

    def take(self, piece: bytes) -> None:
        """Count one piece in.

        Raises:
            HashMismatch: the body is longer than promised.
        """
        self._seen += len(piece)
        if self._size is not None and self._seen > self._size:
            raise mismatch()
        if self._hash:
            self._hash.update(piece)

    def finish(self) -> None:
        """The body is complete.

        Raises:
            HashMismatch: it is not the promised one.
        """
        if self._size is not None and self._seen != self._size:
            raise mismatch()
        if self._hash and self._hash.hexdigest() not in self._allowed:
            raise mismatch()


def mismatch() -> HashMismatch:
    """The error for a file that is not what its page promised."""
    return HashMismatch("the file is not the one that its index promised (hash or size differs)")


async def nothing() -> AsyncIterator[bytes]:
    """No bytes at all."""
    none: tuple[bytes, ...] = ()
    for piece in none:
        yield piece
