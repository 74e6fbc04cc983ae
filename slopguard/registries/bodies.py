"""Bodies of documents, read to their end and no further than a limit.

Invariants: a body that breaks off, is broken or is too long is an `UpstreamError`; the limit counts decompressed bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import aiohttp

from slopguard.errors import UpstreamError

PIECE = 64 * 2**10


async def whole(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, decompressed piece by piece so that a bomb is noticed at the limit and not after it."""
    gunzip = _decompressor(response.headers.get("Content-Encoding", ""))
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_chunked(PIECE):
        for out in _inflated(gunzip, piece) if gunzip else (piece,):
            size += len(out)
            if size > limit:
                raise UpstreamError("the index sent more than a document can be")
            pieces.append(out)
    if gunzip and (not gunzip.eof or gunzip.unused_data):
        raise UpstreamError("the index sent half of a document")
    return b"".join(pieces)


def _inflated(gunzip: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    try:
        out = gunzip.decompress(piece, PIECE)
        while out:
            yield out
            out = gunzip.decompress(gunzip.unconsumed_tail, PIECE)
    except zlib.error:
        raise UpstreamError("the index sent a document that is broken") from None


def _decompressor(encoding: str) -> zlib._Decompress | None:
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
    raise UpstreamError("the index sent a document in an encoding nobody asked for")
