"""What the tests of the cache keep in it, and how they look into its folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from slopguard.cache import About, Cache, Files, Held, Stored, digest_of

KEY = b"k" * 32
PLENTY = 1 << 26
OLD = 10_000
"""Seconds; long enough ago that a use is written down."""


@contextmanager
def emptied() -> Iterator[Path]:
    """A home for one example; sweeps may still write to it when the example is over."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as home:
        yield Path(home)


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def opened(home: Path, limit: int = PLENTY, key: bytes = KEY) -> Cache:
    return Cache.open(home, limit, key)


def keep(files: Files, data: bytes, digest: str = "") -> Held | None:
    """Keep `data` in two pieces."""
    keeping = files.keep(digest or sha256(data))
    if keeping is None:
        return None
    half = len(data) // 2
    for piece in (data[:half], data[half:]):
        keeping.write(piece)
    return keeping.done()


def bytes_of(held: Held | None) -> bytes:
    assert held is not None
    with held.open() as stream:
        return stream.read()


def document(body: bytes, etag: str | None = '"1"', asked: float = 1.5) -> Stored:
    url = "https://registry.example/simple/flask/"
    return Stored(About(url, "text/html", etag, None, asked, 600.0, digest_of(body)), body)


def entries(home: Path, kind: str = "") -> list[Path]:
    """The files of the cache's folder whose names begin so."""
    return sorted(each for each in (home / "cache").glob("??/*") if each.name.startswith(kind))


def aged(path: Path, seconds: float) -> None:
    """Let a file have been used so long ago."""
    then = path.lstat().st_mtime - seconds
    os.utime(path, (then, then), follow_symlinks=False)
