"""Where documents are kept once they are here: parsed in memory, as bytes on disk.

Invariants:

* A document is named after everything that can change it: address, form, credentials, and the way to its upstream. So
  no session reads what was fetched with other credentials, through another proxy, or trusting another authority.
* What comes from disk is parsed like what arrives; what cannot be parsed is not there. What an upstream forbids to
  store, and without a key what was fetched with credentials, stays in memory.
* Documents are immutable and carry a `source`: equal sources are equal documents.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from slopguard import cache
from slopguard.cache import About, Stored, digest_of
from slopguard.errors import SlopguardError
from slopguard.registries import marks
from slopguard.registries.http import Answer, Upstream
from slopguard.registries.recent import Recent
from slopguard.registries.validity import Known, Validity

D = TypeVar("D")

MEMORY = 64 << 20
"""Bytes of documents in memory."""
WEIGHT = 2
"""What is not weighed otherwise takes about so many times the bytes of its body."""
BIG = 256 << 10
"""Bytes from which on a document is parsed beside the event loop."""


@dataclass(frozen=True, slots=True)
class Sought(Generic[D]):
    """A document to be had.

    Args:
        url: where.
        accept: in which forms.
        limit: bytes that it may have.
        parse: makes it from an answer and a text that stands for that answer; an `UpstreamError` if it is none.
        reading: what `parse` makes of it, and whose: an index's page may be some uv's page of links.
    """

    url: str
    accept: str
    limit: int
    parse: Callable[[Answer, str], D]
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Copy(Generic[D]):
    """A document as it is held."""

    about: About
    document: D
    size: int

    def known(self, login: str) -> Known:
        """What to ask its upstream about it with."""
        return Known(self.about.url, login, self.about.etag, self.about.modified)


class Shelf:
    """The documents of one event loop.

    Args:
        disk: where they are kept for longer, `None` for memory only.
        key: what names on disk are keyed with.
        limit: bytes in memory.
        clock: seconds since 1970.
    """

    def __init__(self, disk: cache.Documents | None, key: bytes, limit: int, clock: Callable[[], float]) -> None:
        self._disk, self._key, self.clock = disk, key[:64], clock
        self._recent: Recent[Copy[Any]] = Recent(limit)
        self._writer = ThreadPoolExecutor(1, "slopguard-documents")  # one: what is written last must stay
        self._writing: dict[str, Future[None]] = {}

    def name(self, upstream: Upstream, sought: Sought[D], login: str) -> str:
        """The name of a document that was, or is to be, fetched with these credentials."""
        parts = repr((upstream.way, sought.url, sought.accept, sought.reading, login))
        digest = blake2b(parts.encode(), key=self._key, person=b"documents", digest_size=32)
        return f"{'+' if login else '-'}{digest.hexdigest()}"

    def recent(self, name: str) -> Copy[Any] | None:
        """A document that is in memory."""
        return self._recent.get(name)

    async def read(self, name: str, sought: Sought[D]) -> Copy[D] | None:
        """A document that is on disk, in memory from now on."""
        if self._disk is None or not self._writable(name):
            return None
        if (writing := self._writing.get(name)) is not None:  # what is there now is about to be replaced
            await asyncio.wait({asyncio.wrap_future(writing)})
        copy = await asyncio.to_thread(self._read, self._disk, name, sought)
        if copy is not None:
            self._put(name, copy)
        return copy

    async def made(self, answer: Answer, sought: Sought[D], before: Copy[D] | None) -> Copy[D]:
        """The copy that an answer amounts to: the one before, with a new date, where the bytes are the same.

        Raises:
            UpstreamError: it is no document.
        """
        if len(answer.body) < BIG:
            return self._made(answer, sought, before)
        return await asyncio.to_thread(self._made, answer, sought, before)

    def keep(self, name: str, copy: Copy[D], answer: Answer) -> None:
        """Keep what has just arrived."""
        self._put(name, copy)
        if self._disk is None or not self._writable(name):
            return
        if answer.validity.storable:
            self._write(self._disk.put, name, Stored(copy.about, answer.body))
        else:  # what was written before is out of date
            self._write(self._disk.drop, name)

    def vouched(self, name: str, copy: Copy[D], said: Validity) -> Copy[D]:
        """The same document, of which its upstream has just said that it is still the one."""
        about = replace(copy.about, asked=self.clock(), etag=said.etag or copy.about.etag)
        about = replace(about, modified=said.modified or about.modified, max_age=said.max_age)
        copy = replace(copy, about=about)
        self._put(name, copy)
        if self._disk is not None and self._writable(name):
            self._write(self._disk.touch, name, about)
        return copy

    async def gone(self, name: str, copy: Copy[Any]) -> None:
        """Its upstream has it no more: neither has this."""
        self._recent.drop(name)
        if self._disk is not None and self._writable(name):
            never = replace(copy.about, asked=0.0)
            await asyncio.wrap_future(self._write(self._disk.touch, name, never))

    def _write(self, how: Callable[..., None], name: str, *more: object) -> Future[None]:
        self._writing = {other: writing for other, writing in self._writing.items() if not writing.done()}
        self._writing[name] = self._writer.submit(how, name, *more)
        return self._writing[name]

    async def close(self) -> None:
        """Finish writing."""
        await asyncio.to_thread(self._writer.shutdown)

    def _put(self, name: str, copy: Copy[Any]) -> None:
        self._recent.put(name, copy, getattr(copy.document, "weight", copy.size * WEIGHT))

    def _writable(self, name: str) -> bool:
        """Whether a name may stand on disk: one that covers credentials only if nobody can guess at them."""
        return bool(self._key) or name.startswith("-")

    def _made(self, answer: Answer, sought: Sought[D], before: Copy[D] | None) -> Copy[D]:
        said, kind = answer.validity, answer.content_type
        digest = digest_of(answer.body)
        about = About(answer.url, kind, said.etag, said.modified, self.clock(), said.max_age, digest)
        if before is not None:
            old = before.about
            if (old.digest, old.url, old.content_type) == (digest, answer.url, kind):
                return replace(before, about=about)
        return _parsed(about, answer, sought)

    def _read(self, disk: cache.Documents, name: str, sought: Sought[D]) -> Copy[D] | None:
        stored = disk.get(name)
        if stored is None or not stored.about.asked or len(stored.body) > sought.limit:
            return None
        about = stored.about
        try:
            return _parsed(about, Answer(stored.body, about.content_type, about.url), sought)
        except SlopguardError:
            return None


def _parsed(about: About, answer: Answer, sought: Sought[D]) -> Copy[D]:
    source = marks.source(about.url, about.content_type, about.digest)
    return Copy(about, sought.parse(answer, source), len(answer.body))
