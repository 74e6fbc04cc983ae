"""Files on their way from an upstream to a client, hashed as they pass.

Invariants: one piece is always held back, so nobody ever holds a complete wrong file; the first piece is fetched before
the stream is handed out, so whatever is wrong from the start is raised as an error and not as a broken body. A range
cannot be verified; it is passed on for wheels only (their metadata is read that way), and never for "from byte 0 to
the end", which is the whole file.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp

from slopguard.errors import UpstreamError
from slopguard.registries.http import PIECE, SLOWEST, Upstream, translated
from slopguard.registries.interface import FileStream, HashMismatch

STRENGTH = ("sha512", "sha384", "sha256", "sha224", "sha1", "md5")
PASSED_ON = ("Content-Length", "Content-Type", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified")


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


class Check:
    """Verifies a body against the strongest digests known for it, and against its size."""

    def __init__(self, wanted: Wanted) -> None:
        self._algo = next((algo for algo in STRENGTH if wanted.hashes.get(algo)), None)
        self._allowed = wanted.hashes.get(self._algo or "", frozenset())
        self._hash = hashlib.new(self._algo, usedforsecurity=False) if self._algo else None
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


def wanted_range(filename: str, byte_range: str | None) -> str | None:
    """The `Range` to send upstream, `None` for the whole file."""
    if byte_range is None or not filename.lower().endswith(".whl"):
        return None
    return None if byte_range.replace(" ", "").lower() == "bytes=0-" else byte_range


async def fetch(upstream: Upstream, wanted: Wanted, *, byte_range: str | None = None, head: bool = False) -> FileStream:
    """Start fetching a file; see the module's invariants.

    Raises:
        HashMismatch: it ended before the first piece was handed over and is the wrong file.
        ProjectNotFound, UpstreamAuth, UpstreamError: as `Upstream.opened`.
    """
    headers = {"Accept-Encoding": "identity", **({"Range": byte_range} if byte_range else {})}
    stack = AsyncExitStack()
    try:
        with translated():
            async with asyncio.timeout(upstream.timeout):
                opened = upstream.opened(
                    "HEAD" if head else "GET", wanted.url, headers, hashed=bool(wanted.hashes) or wanted.safe
                )
                response = await stack.enter_async_context(opened)
        partial = response.status == 206 and byte_range is not None
        if response.status != 200 and not partial:
            raise UpstreamError(f"the index answered with status {response.status}")
        passed = {name: response.headers[name] for name in PASSED_ON if name in response.headers}
        if head:
            await stack.aclose()
            return FileStream(response.status, passed, nothing())
        pieces = _pieces(stack, response, upstream.timeout)
        chunks = await primed(pieces if partial else checked(pieces, Check(wanted)))
    except BaseException:
        await stack.aclose()
        raise
    return FileStream(response.status, passed, chunks)


async def _pieces(stack: AsyncExitStack, response: aiohttp.ClientResponse, patience: float) -> AsyncIterator[bytes]:
    """The raw body; an `UpstreamError` if it breaks, stands still, or crawls for longer than `patience` seconds."""
    loop = asyncio.get_running_loop()
    waited, seen, since = 0.0, 0, loop.time()
    async with stack:
        with translated():
            async for piece in response.content.iter_chunked(PIECE):
                waited, seen = waited + loop.time() - since, seen + len(piece)
                if waited > patience and seen < SLOWEST * waited:
                    raise UpstreamError("the index sends too slowly")
                yield piece
                since = loop.time()


async def checked(pieces: AsyncIterator[bytes], check: Check) -> AsyncIterator[bytes]:
    """The pieces, one held back until the whole is known to be right.

    Raises:
        HashMismatch: it is not; the last piece is not handed over.
    """
    held: bytes | None = None
    async for piece in pieces:
        check.take(piece)
        if held is not None:
            yield held
        held = piece
    check.finish()
    if held is not None:
        yield held


async def primed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, the first of them already here."""
    try:
        first = await anext(pieces)
    except StopAsyncIteration:
        return nothing()
    return _chained(first, pieces)


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


async def nothing() -> AsyncIterator[bytes]:
    """No bytes at all."""
    none: tuple[bytes, ...] = ()
    for piece in none:
        yield piece
