"""How `watch.db` is laid out, so that ten million names take little room and one look-up is one statement.

A batch (`batches`) has parts (`parts`): names of one ecosystem in the order of their rank. A part is kept in chunks of
`TOGETHER` names, one line a name (`chunks`). Where a name stands is found by its hash: the first bits name a row of
`buckets`, the next a mark in it, and behind the mark stands the number of the chunk. The hash is salted with bytes of
this file alone, so that nobody can write a list whose names all fall into one bucket.

Invariants: a name stands in the chunk itself, so that hashes that clash cost time and never an answer; no number of a
batch or part is given twice; within a part, ranks rise with the chunks' numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from slopguard.errors import StoreError
from slopguard.model import Ecosystem, NormalizedName
from slopguard.store.sqlite import Migrations
from slopguard.watchlist.model import Watched

FILE = "watch.db"
TROUBLE = ("the watchlist cannot be read or written", "Move watch.db out of SLOPGUARD_HOME, then fill a new one")
TOGETHER = 32
"""Names in a chunk: a dozen chunks share a page of the file."""
UNRANKED = 1 << 40
"""Stands for no rank where ranks are compared; greater than every rank."""
BUCKET = 46
"""By how many bits the hash is shifted for the number of the bucket; its last two bytes are the mark."""
BUCKETS = 1 << 64 - BUCKET
MARKS = 1 << 16

MIGRATIONS: Migrations = (
    (
        "CREATE TABLE salt (bytes BLOB NOT NULL)",
        (
            "CREATE TABLE batches (number INTEGER PRIMARY KEY AUTOINCREMENT, origin TEXT NOT NULL,"
            " source TEXT NOT NULL, at TEXT NOT NULL, expires TEXT, detail TEXT NOT NULL)"
        ),
        (
            "CREATE TABLE parts (part INTEGER PRIMARY KEY AUTOINCREMENT, batch INTEGER NOT NULL,"
            " ecosystem TEXT NOT NULL, rows INTEGER NOT NULL, last INTEGER NOT NULL)"
        ),
        "CREATE INDEX parts_batch ON parts (batch)",
        (
            "CREATE TABLE chunks (id INTEGER PRIMARY KEY, part INTEGER NOT NULL, first INTEGER NOT NULL,"
            " body TEXT NOT NULL)"
        ),
        "CREATE INDEX chunks_part ON chunks (part, first)",
        "CREATE TABLE buckets (id INTEGER PRIMARY KEY, refs TEXT NOT NULL)",
        (
            "CREATE TABLE appeared (ecosystem TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL,"
            " PRIMARY KEY (ecosystem, name)) WITHOUT ROWID"
        ),
        "INSERT INTO salt VALUES (randomblob(16))",
    ),
)
"""Statements that lead from each schema version to the next."""


class Line(NamedTuple):
    """One name of a chunk.

    Args:
        rank: 1 = most likely; `UNRANKED` without one.
        stats: models, prompts, hits, samples, low and high as they are kept; empty if nothing is known.
    """

    name: str
    rank: int
    stats: str = ""


def placed(ecosystem: Ecosystem, name: str, salt: bytes) -> tuple[int, str]:
    """The bucket of a name, and its mark in it."""
    hashed = seed(ecosystem, salt)
    hashed.update(name.encode())
    digest = hashed.digest()
    return int.from_bytes(digest, "big") >> BUCKET, f"|{digest[6:].hex()}"


def seed(ecosystem: Ecosystem, salt: bytes) -> blake2b:
    """What the hash of every name of an ecosystem begins with; copied, it saves half of the time that a hash takes."""
    return blake2b(digest_size=8, salt=salt, person=ecosystem.encode())


def body_of(lines: Sequence[str]) -> str:
    """The text of a chunk."""
    return f"\n{chr(10).join(lines)}\n"


def written(line: Line, expected: int) -> str:
    """A line as it is kept.

    Args:
        expected: the rank that it has if it does not say.
    """
    if line.rank == expected:
        return f"{line.name}\t\t{line.stats}" if line.stats else line.name
    rank = "-" if line.rank >= UNRANKED else str(line.rank)
    return f"{line.name}\t{rank}\t{line.stats}" if line.stats else f"{line.name}\t{rank}"


def expected(first: int, at: int) -> int:
    """The rank of the line at a place in its chunk if it does not say: one more than the line before."""
    return first + at if first < UNRANKED else UNRANKED


def read_line(text: str, otherwise: int) -> Line:
    """A line as it was kept.

    Args:
        otherwise: its rank if it does not say.

    Raises:
        ValueError: it makes no sense.
    """
    name, _, more = text.partition("\t")
    if not more:
        return Line(name, otherwise)
    rank, _, stats = more.partition("\t")
    return Line(name, (UNRANKED if rank == "-" else int(rank)) if rank else otherwise, stats)


def numbered(first: int, body: str) -> Iterator[tuple[int, Line]]:
    """The names of a chunk with their places in it; those that were taken out are left out.

    Raises:
        StoreError: it makes no sense.
    """
    try:
        for at, text in enumerate(body[1:-1].split("\n")):
            if text:
                yield at, read_line(text, expected(first, at))
    except ValueError as error:
        raise damaged() from error


def lines_of(first: int, body: str) -> list[Line]:
    """The names of a chunk.

    Raises:
        StoreError: it makes no sense.
    """
    return [line for _, line in numbered(first, body)]


def find_line(name: str, first: int, body: str) -> Line | None:
    """The line about one name in a chunk.

    Raises:
        ValueError: it makes no sense.
    """
    at = body.find(f"\n{name}\n")
    if at >= 0:
        return Line(name, first + body.count("\n", 0, at) if first < UNRANKED else UNRANKED)
    at = body.find(f"\n{name}\t")
    if at < 0:
        return None
    return read_line(body[at + 1 : body.index("\n", at + 1)], expected(first, body.count("\n", 0, at)))


def stats_of(row: Watched) -> str:
    """What a row says beside its rank, as it is kept."""
    values = (row.models, row.prompts, row.hits, row.samples, row.low, row.high)
    if not any(value is not None for value in values):
        return ""
    return " ".join("-" if value is None else repr(value) for value in values)


def watched(ecosystem: Ecosystem, line: Line) -> Watched:
    """The row that a line stands for.

    Raises:
        StoreError: it makes no sense.
    """
    rank = line.rank if line.rank < UNRANKED else None
    name = NormalizedName(line.name)
    if not line.stats:
        return Watched(ecosystem, name, rank)
    try:
        *whole, low, high = line.stats.split(" ")
        models, prompts, hits, samples = (None if text == "-" else int(text) for text in whole)
        bounds = [None if text == "-" else float(text) for text in (low, high)]
    except ValueError as error:
        raise damaged() from error
    return Watched(ecosystem, name, rank, models, prompts, hits, samples, *bounds)


def damaged() -> StoreError:
    """The error for content that makes no sense."""
    return StoreError(*TROUBLE)
