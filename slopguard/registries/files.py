"""Files on their way from an upstream to a client, hashed as they pass.

Invariants: one piece is always held back, so nobody ever holds a complete wrong file; the first piece is fetched before
the stream is handed out, so whatever is wrong from the start is raised as an error and not as a broken body. A range
cannot be verified; it is passed on for wheels only (their metadata is read that way), and one that turns out to be the
whole file is verified as that.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp

from slopguard.errors import UpstreamError
from slopguard.registries.bodies import PIECE
from slopguard.registries.held import Depot, Tee
from slopguard.registries.http import SLOWEST, Upstream, translated
from slopguard.registries.interface import FileStream
from slopguard.registries.wanted import FILE_TYPE, Check, Wanted, nothing

_PART = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
PASSED_ON = ("Content-Length", "Content-Range", "Accept-Ranges")


def wanted_range(filename: str, byte_range: str | None) -> str | None:
    """The `Range` to send upstream, `None` for the whole file."""
    if byte_range is None or not filename.lower().endswith(".whl"):
        return None
    return None if byte_range.replace(" ", "").lower() == "bytes=0-" else byte_range


async def fetch(
    upstream: Upstream,
    wanted: Wanted,
    *,
    byte_range: str | None = None,
    head: bool = False,
    depot: Depot | None = None,
) -> FileStream:
    """Start fetching a file, from this machine if it is held here; see the module's invariants.

    Args:
        byte_range: the `Range` to ask for (`wanted_range`).
        head: only its headers.
        depot: the files held here.

    Raises:
        HashMismatch: it ended before the first piece was handed over and is the wrong file.
        ProjectNotFound, UpstreamAuth, UpstreamError: as `Upstream.opened`.
    """
    held = await depot.find(wanted, byte_range, head=head) if depot is not None else None
    if held is not None:
        return held
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
        passed = {"Content-Type": FILE_TYPE, **{n: response.headers[n] for n in PASSED_ON if n in response.headers}}
        if head:
            await stack.aclose()
            return FileStream(response.status, passed, nothing())
        pieces = _pieces(stack, response, upstream.timeout)
        part = partial and not _all_of_it(response.headers.get("Content-Range", ""))
        tee = depot.keeping(wanted) if depot is not None and not part else None
        chunks = await primed(pieces if part else checked(pieces, Check(wanted), tee))
    except BaseException:
        await stack.aclose()
        raise
    return FileStream(response.status, passed, chunks)


def _all_of_it(content_range: str) -> bool:
    """Whether a `Content-Range` (RFC 9110, section 14.4) is that of a whole file; one that makes no sense is."""
    found = _PART.fullmatch(content_range.strip().lower())
    return found is None or (int(found[1]) == 0 and int(found[2]) + 1 >= int(found[3]))


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


async def checked(pieces: AsyncIterator[bytes], check: Check, tee: Tee | None = None) -> AsyncIterator[bytes]:
    """The pieces, one held back until the whole is known to be right.

    Args:
        tee: takes them along.

    Raises:
        HashMismatch: it is not; the last piece is not handed over.
    """
    held: bytes | None = None
    try:
        async for piece in pieces:
            check.take(piece)
            if tee is not None:
                await tee.take(piece)
            if held is not None:
                yield held
            held = piece
        check.finish()
        if tee is not None:
            await tee.done()
    finally:
        if tee is not None:
            tee.discard()
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
