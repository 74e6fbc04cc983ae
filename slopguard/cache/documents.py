"""Pages and packuments as their upstream sent them, with what is known about each.

Invariants: a document is exactly what was put under that name, or absent: what is known about it is authenticated
together with its name by a key that is not in the folder, and holds the digest of the body. What fails is removed.
A name never becomes part of a path, only its digest does. Nothing raises for a disk that is full, read-only or gone.

Two files are a document: `page-<name>` (32 bytes of MAC, then JSON) and `body-<name>-<digest>`. A new body gets a file
of its own before the page leads to it, so a reader sees the old document or the new one. That a body is as current as
its `asked` says is all that the key proves: who can write here can put an old document back, with its old time.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from slopguard.cache.handles import Handle
from slopguard.cache.place import BLOCK, Found, Place, put
from slopguard.cache.sweep import LARGEST, Sweeper

LARGEST_ABOUT = 1 << 16
_CONTEXT = b"slopguard cache: documents 1"
_MAC_BYTES = 32
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class About:
    """What is known about a document.

    Args:
        url: where it came from, without credentials.
        content_type: as the upstream sent it.
        etag: its `ETag`, to ask again with.
        modified: its `Last-Modified`, likewise.
        asked: when the upstream last vouched for it, in seconds since 1970.
        max_age: for how many seconds from then on the upstream lets it be used unasked.
        digest: `digest_of` the body.
    """

    url: str
    content_type: str
    etag: str | None
    modified: str | None
    asked: float
    max_age: float | None
    digest: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A document."""

    about: About
    body: bytes


class _Record(msgspec.Struct, frozen=True):
    about: About
    size: int


_READER = msgspec.json.Decoder(_Record)


def digest_of(body: bytes) -> str:
    """BLAKE2b of 256 bits, in hex."""
    return hashlib.blake2b(body, digest_size=32).hexdigest()


class Documents:
    """The documents of one cache.

    Args:
        folder: where the cache is.
        key: a secret kept elsewhere; without one nothing is kept.
        limit: bytes that all of the cache may take; 0 keeps and finds nothing.
        sweeper: keeps it within the limit; one of its own if `None`.
    """

    def __init__(self, folder: Path, key: bytes, limit: int, sweeper: Sweeper | None = None) -> None:
        self._sweeper = sweeper or Sweeper(Place(folder), limit)
        self._place, self._limit = self._sweeper.place, limit if key else 0
        self._key = hmac.digest(key, _CONTEXT, "sha256")

    @property
    def troubles(self) -> int:
        """How often the disk refused something."""
        return self._place.troubles.count

    def get(self, name: str) -> Stored | None:
        """The document of that name, exactly as it was put."""
        page = _Page(name)
        for _ in range(2):  # a body that is gone may just have been replaced: then the page leads to another
            with self._place.troubles:
                shard, record = self._record(page)
                if record is None:
                    return None
                found = self._body(shard, page, record)
                if found:
                    return self._sound(shard, page, record, found)
                continue
            break
        return None

    def about(self, name: str) -> About | None:
        """What is known about a document whose body is there, too; the body itself is not looked at."""
        page = _Page(name)
        with self._place.troubles:
            shard, record = self._record(page)
            return record.about if record and self._body(shard, page, record) else None
        return None

    def put(self, name: str, stored: Stored) -> None:
        """Keep a document in place of what has that name; where it cannot be kept, that stays."""
        page, about, size = _Page(name), stored.about, len(stored.body)
        sealed = self._sealed(page, _Record(about, size))
        if sealed is None or size > self._limit // LARGEST or not self._sweeper.room():
            return
        with self._place.troubles:
            shard = self._place.shard(page.key, make=True)
            before = self._record(page)[1]
            put(shard, page.body(about.digest), (stored.body,))
            put(shard, page.name, sealed)
            if before and before.about.digest != about.digest:
                _remove(shard, page.body(before.about.digest))
        self._sweeper.wrote(size + 2 * BLOCK)

    def touch(self, name: str, about: About) -> None:
        """Know something newer about the same body; for another body, or none, nothing happens."""
        page = _Page(name)
        with self._place.troubles:
            shard, record = self._record(page)
            if record and record.about.digest == about.digest and self._body(shard, page, record):
                sealed = self._sealed(page, _Record(about, record.size))
                if sealed:
                    put(shard, page.name, sealed)

    def drop(self, name: str) -> None:
        """Forget a document."""
        page = _Page(name)
        with self._place.troubles:
            shard, record = self._record(page)
            _remove(shard, page.name)
            if record:
                _remove(shard, page.body(record.about.digest))

    def settle(self) -> None:
        """Wait for a sweep that writing has started."""
        self._sweeper.wait()

    def _record(self, page: _Page) -> tuple[Handle, _Record | None]:
        if self._limit <= 0:
            raise FileNotFoundError
        shard = self._place.shard(page.key)
        found = self._place.read(shard, page.name)
        if found is None:
            return shard, None
        record = self._opened(page, found.handle.content(min(found.size, LARGEST_ABOUT)))
        if record is None:
            _remove(shard, page.name)
        return shard, record

    def _body(self, shard: Handle, page: _Page, record: _Record) -> Found | None:
        return self._place.read(shard, page.body(record.about.digest))

    def _sound(self, shard: Handle, page: _Page, record: _Record, found: Found) -> Stored | None:
        if found.size == record.size:
            body = found.handle.content(record.size)
            if digest_of(body) == record.about.digest:
                return Stored(record.about, body)
        _remove(shard, page.name)
        _remove(shard, page.body(record.about.digest))
        return None

    def _sealed(self, page: _Page, record: _Record) -> tuple[bytes, bytes] | None:
        """A record as it is written; `None` where it is none that could be read again."""
        try:
            content = msgspec.json.encode(record)
        except ValueError:
            return None
        fits = _DIGEST.fullmatch(record.about.digest) and len(content) <= LARGEST_ABOUT - _MAC_BYTES
        return (self._mac(page, content), content) if fits else None

    def _opened(self, page: _Page, raw: bytes) -> _Record | None:
        mac, content = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(page, content)):
            return None
        try:
            return _READER.decode(content)
        except msgspec.DecodeError:
            return None

    def _mac(self, page: _Page, content: bytes) -> bytes:
        return hmac.digest(self._key, page.key.encode() + content, "sha256")


class _Page:
    """The names of one document's files."""

    __slots__ = ("key", "name")

    def __init__(self, name: str) -> None:
        self.key = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        self.name = f"page-{self.key}"

    def body(self, digest: str) -> str:
        return f"body-{self.key}-{digest}"


def _remove(shard: Handle, name: str) -> None:
    with suppress(OSError):
        os.unlink(name, dir_fd=shard.fd)
