"""Files that are kept on this machine, served instead of being fetched, and files on their way there.

Invariants: a file is found only by a strong digest that the session's own index promised, and all of its bytes are
hashed before anything of it leaves: small ones each time, as they are read whole; large ones once, until the file on
disk changes, and again on their way. A wrong one is forgotten, and fetched as if it had not been there. A file on its
way is found by nobody before all of it came and was the right one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

from slopguard import cache
from slopguard.cache import Held, Keeping
from slopguard.errors import UpstreamError
from slopguard.hashes import STRONG
from slopguard.registries.interface import FileStream, HashMismatch
from slopguard.registries.wanted import FILE_TYPE, Check, Wanted, nothing

SMALL = 1 << 20
"""Bytes up to which a file is read, or written, at once."""
PIECE = 256 << 10
REMEMBERED = 10_000
"""Large files that are known to be right; a bound on memory, no more."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class Depot:
    """The files of one cache, as one process serves them."""

    def __init__(self, files: cache.Files) -> None:
        self._files = files
        self._verified: dict[tuple[str, frozenset[str]], tuple[int, ...]] = {}

    async def find(self, wanted: Wanted, byte_range: str | None = None, *, head: bool = False) -> FileStream | None:
        """A file that is held, or a range of it; `None` if it is not, or is the wrong one."""
        digests = [f"{algo}:{digest}" for algo in STRONG & wanted.hashes.keys() for digest in wanted.hashes[algo]]
        found = await asyncio.to_thread(self._found, digests, wanted) if digests else None
        if found is None:
            return None
        size = len(found) if isinstance(found, bytes) else found.size
        part = _part(byte_range, size)
        start, end = part or (0, size)
        headers = {"Content-Length": str(end - start), "Content-Type": FILE_TYPE, "Accept-Ranges": "bytes"}
        if part:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        if head:
            chunks = nothing()
        elif isinstance(found, bytes):
            chunks = _once(found[start:end])
        else:
            chunks = _read_on(found, start, end, None if part else Check(wanted))
        return FileStream(206 if part else 200, headers, chunks)

    def keeping(self, wanted: Wanted) -> Tee | None:
        """What takes a file on its way along; `None` where its page does not promise one strong digest."""
        algo, promised = wanted.promised
        return Tee(self._files, f"{algo}:{next(iter(promised))}") if algo in STRONG and len(promised) == 1 else None

    def _found(self, digests: list[str], wanted: Wanted) -> bytes | Held | None:
        """The verified bytes of a file, or the verified file where it is large."""
        held = self._files.find(digests)
        if held is None:
            return None
        try:
            if held.size <= SMALL:
                return _read(held, wanted)
            self._verify(held, wanted)
        except (OSError, HashMismatch):
            held.forget()
            return None
        return held

    def _verify(self, held: Held, wanted: Wanted) -> None:
        """Hash a large file, unless that was done before and nothing was written to it since."""
        now = held.identity
        if self._verified.get(wanted.promised) == now:
            return
        check = Check(wanted)
        with held.open() as stream:
            while piece := stream.read(PIECE):
                check.take(piece)
        check.finish()
        if len(self._verified) >= REMEMBERED:
            self._verified.clear()
        self._verified[wanted.promised] = now


class Tee:
    """Writes a file into the cache while it is on its way to a client.

    Args:
        files: where to.
        digest: what its page promises.
    """

    def __init__(self, files: cache.Files, digest: str) -> None:
        self._files, self._digest = files, digest
        self._keeping: Keeping | None = None
        self._waiting: list[bytes] = []
        self._size, self._begun = 0, False

    async def take(self, piece: bytes) -> None:
        """One piece more."""
        self._waiting.append(piece)
        self._size += len(piece)
        if self._size >= SMALL:
            await asyncio.to_thread(self._flush)

    async def done(self) -> None:
        """It came whole and is the right one."""
        await asyncio.to_thread(self._finish)

    def discard(self) -> None:
        """It did not, or is not."""
        if self._keeping is not None:
            self._keeping.discard()

    def _flush(self) -> None:
        if not self._begun:
            self._begun, self._keeping = True, self._files.keep(self._digest)
        if self._keeping is not None:
            self._keeping.write(b"".join(self._waiting))
        self._waiting.clear()
        self._size = 0

    def _finish(self) -> None:
        self._flush()
        if self._keeping is not None:
            self._keeping.done()
        self._keeping = None


def _read(held: Held, wanted: Wanted) -> bytes:
    """All bytes of a file.

    Raises:
        HashMismatch: they are not the promised ones.
    """
    with held.open() as stream:
        content = stream.read(SMALL + 1)
    check = Check(wanted)
    check.take(content)
    check.finish()
    return content


def _part(byte_range: str | None, size: int) -> tuple[int, int] | None:
    """The bytes that a `Range` asks for, as start and end; `None` for all of them, also where it makes no sense."""
    asked = _RANGE.fullmatch(byte_range.replace(" ", "").lower()) if byte_range else None
    if asked is None or not (asked[1] or asked[2]):
        return None
    start = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
    end = min(int(asked[2]) + 1, size) if asked[1] and asked[2] else size
    return (start, end) if start < end else None


async def _once(content: bytes) -> AsyncIterator[bytes]:
    if content:
        yield content


async def _read_on(held: Held, start: int, end: int, check: Check | None) -> AsyncIterator[bytes]:
    """The bytes of a large file; one piece is held back until a whole one has been hashed once more."""
    waiting = b""
    try:
        stream = held.open()
    except OSError:
        raise UpstreamError("a file that is kept on this machine cannot be opened") from None
    stream.seek(start)

    def following(left: int) -> bytes:
        piece = stream.read(min(PIECE, left))
        if check is not None:
            check.take(piece)
        return piece

    try:
        while end > start and (piece := await asyncio.to_thread(following, end - start)):
            start += len(piece)
            if waiting:
                yield waiting
            waiting = piece
        if check is not None:
            check.finish()
    except (OSError, HashMismatch):
        held.forget()
        raise UpstreamError("a file that is kept on this machine was changed while it was read") from None
    finally:
        stream.close()
    if waiting:
        yield waiting
