"""Keeps a cache within its limit: what was not used for longest goes first.

Invariants: one process sweeps at a time; what somebody reads stays readable, as only its name goes; links are removed,
never followed, and nothing outside the folder is touched; a file that is being written counts, and stays.

Who writes has a `Sweeper` that sweeps in a thread of its own whenever a share of the limit was written. It sweeps to
`HEADROOM` below the limit, so that several processes may write between two sweeps. Where writing outruns sweeping,
`room` says no and nothing is kept for a while: a cache may forget, but not fill a disk.
"""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple

from slopguard.cache.handles import Handle
from slopguard.cache.place import UNFINISHED, Place, cost, left_over, lock

LOCK = "sweep.lock"
HEADROOM, SHARE, BEHIND, BEHIND_BEGUN = 8, 128, 64, 32
"""Parts of the limit: kept free by sweeps; written before the next one; written at most while that is
late, where a file is not begun yet, and where it is."""
LARGEST = 2
"""What is larger than this part of the limit is not kept."""
SEVERAL = 16
"""Processes that may fill what was free at the last sweep before any of them looks again."""
_SHARD = re.compile(r"[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a cache holds, in files and in bytes as its limit counts them (whole blocks).

    Args:
        files: packages' files.
        documents: pages and packuments.
        unfinished: bytes of what is being written, or was when a process died.
    """

    files: int = 0
    file_bytes: int = 0
    documents: int = 0
    document_bytes: int = 0
    unfinished: int = 0

    @property
    def bytes(self) -> int:
        """All of it."""
        return self.file_bytes + self.document_bytes + self.unfinished


class _Entry(NamedTuple):
    used: int
    cost: int
    shard: str
    name: str


def sweep(folder: Path, limit: int) -> int:
    """Remove what was least recently used until the cache is within `limit` bytes, and what dead processes left.

    Gives the bytes that were freed; 0 as well where another process sweeps just now, or nothing can be removed.
    """
    swept = _swept(Place(folder), limit)
    return swept[0] if swept else 0


def usage(folder: Path) -> Usage:
    """What the cache in `folder` holds; nothing where there is none or it cannot be read."""
    place, counts = Place(folder), Counter[str]()
    for entry in _all(place):
        if entry.name.startswith(UNFINISHED):
            counts["unfinished"] += entry.cost
            continue
        kind = "file" if entry.name.startswith("sha") else "document"
        counts[f"{kind}s"] += not entry.name.startswith("body")
        counts[f"{kind}_bytes"] += entry.cost
    return Usage(**counts)


class Sweeper:
    """Sweeps when enough was written.

    Args:
        place: what it sweeps.
        limit: bytes that it may hold.
    """

    def __init__(self, place: Place, limit: int) -> None:
        self.place, self.limit = place, limit
        self._lock, self._thread = Lock(), Thread()
        self._since, self._due, self._next, self._full = 0, 0, 0, False
        # nothing is known yet, so the first write sweeps: processes that end soon would never fill a share

    def wrote(self, count: int) -> None:
        """Count bytes that were written, and sweep if it is time."""
        with self._lock:
            self._since += count
            if self._since >= self._next and not self._thread.is_alive():
                self._thread = Thread(target=self._sweep, name="slopguard-cache", daemon=True)
                with suppress(RuntimeError):  # the process is ending
                    self._thread.start()

    def room(self, *, begun: bool = False) -> bool:
        """Whether more may be written now; if not, a sweep is on its way.

        Args:
            begun: it is about the rest of a file, which gets more patience.
        """
        if not self._full and self._since <= self._due + self.limit // (BEHIND_BEGUN if begun else BEHIND):
            return True
        self.wrote(0)
        return False

    def wait(self) -> None:
        """Wait for a sweep that is on its way."""
        if self._thread.ident is not None:
            self._thread.join()

    def _sweep(self) -> None:
        since, ceiling = self._since, self.limit - self.limit // HEADROOM
        swept = _swept(self.place, ceiling)
        with self._lock:
            if swept is None:  # another process is at it, and may have counted before this one wrote
                self._next = min(self._since + self.limit // SHARE, self._due + self.limit // BEHIND)
                return
            left = swept[1]
            self._since -= since
            self._full = left > ceiling  # of files that are being written
            self._due = 0 if self._full else max(self.limit // SHARE, (ceiling - left) // SEVERAL)
            self._next = self._due


def _swept(place: Place, limit: int) -> tuple[int, int] | None:
    """The bytes freed and those left; `None` where another sweeps just now, or nothing can be swept."""
    with place.troubles:
        place.trust()
        held = Handle(os.open(place.root / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        if lock(held) is False:
            return None
        return _shrunk(place, list(_all(place, tidy=True)), limit)
    return None


def _shrunk(place: Place, entries: list[_Entry], limit: int) -> tuple[int, int]:
    left, freed = sum(entry.cost for entry in entries), 0
    if left <= limit:
        return 0, left
    entries.sort()
    for entry in entries:
        if left - freed <= limit:
            break
        if not entry.name.startswith(UNFINISHED):
            with place.troubles:
                shard = place.shard(entry.shard)
                os.unlink(entry.name, dir_fd=shard.fd)
                freed += entry.cost
    return freed, left - freed


def _all(place: Place, *, tidy: bool = False) -> Iterator[_Entry]:
    """Every file there is; whatever else stands among them is taken away if it is to be tidied."""
    with place.troubles:
        for key in sorted(each.name for each in place.root.iterdir() if _SHARD.fullmatch(each.name)):
            with place.troubles:
                if tidy and not stat.S_ISDIR((place.root / key).lstat().st_mode):
                    (place.root / key).unlink()
                else:
                    yield from _within(place, key, tidy=tidy)


def _within(place: Place, key: str, *, tidy: bool) -> Iterator[_Entry]:
    shard = place.shard(key)
    with os.scandir(shard.fd) as found:
        for each in found:
            with place.troubles:
                status = each.stat(follow_symlinks=False)
                if tidy and _rubbish(shard, each.name, status):
                    os.unlink(each.name, dir_fd=shard.fd)
                elif stat.S_ISREG(status.st_mode):
                    yield _Entry(status.st_mtime_ns, cost(status.st_size), key, each.name)


def _rubbish(shard: Handle, name: str, status: os.stat_result) -> bool:
    """Whether an entry is none: a link, a pipe, or what a process left that died."""
    if stat.S_ISREG(status.st_mode):
        return name.startswith(UNFINISHED) and left_over(shard, name, status)
    return not stat.S_ISDIR(status.st_mode)
