"""Taking names and batches out of the watchlist, within one transaction.

Invariants: the lines that stay keep their rank; what is taken out of a chunk is taken out of its bucket too.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from slopguard.model import Ecosystem
from slopguard.watchlist import rows
from slopguard.watchlist.layout import damaged, find_line, lines_of, placed


def take_out(connection: sqlite3.Connection, ecosystem: Ecosystem, name: str, chunk: int, salt: bytes) -> None:
    """Take a name out of one chunk; it stands there."""
    found = connection.execute("SELECT part, body FROM chunks WHERE id = ?", (chunk,)).fetchone()
    if found is None:
        raise damaged()
    part, body = found
    texts = ["" if text.partition("\t")[0] == name else text for text in body.split("\n")]
    connection.execute("UPDATE chunks SET body = ? WHERE id = ?", ("\n".join(texts), chunk))
    connection.execute("UPDATE parts SET rows = rows - 1 WHERE part = ?", (part,))
    bucket, mark = placed(ecosystem, name, salt)
    _unpoint(connection, bucket, [f"{mark}{chunk}"])


def remove_name(connection: sqlite3.Connection, ecosystem: Ecosystem, name: str) -> int:
    """Take a name out of every batch; gives out of how many."""
    (salt,) = connection.execute("SELECT bytes FROM salt").fetchone()
    bucket, mark = placed(ecosystem, name, salt)
    found = connection.execute("SELECT refs FROM buckets WHERE id = ?", (bucket,)).fetchone()
    refs = found[0].split("|")[1:] if found is not None else []
    chunks = {int(ref[4:]) for ref in refs if ref.startswith(mark[1:])}
    there = [chunk for chunk in sorted(chunks) if _holds(connection, chunk, ecosystem, name)]
    for chunk in there:
        take_out(connection, ecosystem, name, chunk, salt)
    connection.execute("DELETE FROM appeared WHERE (ecosystem, name) = (?, ?)", (ecosystem.value, name))
    return len(there)


def remove_batch(connection: sqlite3.Connection, number: int) -> int:
    """Take a batch out with all its names; gives how many they were."""
    (salt,) = connection.execute("SELECT bytes FROM salt").fetchone()
    refs: defaultdict[int, list[str]] = defaultdict(list)
    found = connection.execute("SELECT part, ecosystem FROM parts WHERE batch = ?", (number,)).fetchall()
    for part, ecosystem in found:
        statement = "SELECT id, first, body FROM chunks WHERE part = ?"
        for chunk, first, body in connection.execute(statement, (part,)):
            for line in lines_of(first, body):
                bucket, mark = placed(Ecosystem(ecosystem), line.name, salt)
                refs[bucket].append(f"{mark}{chunk}")
        connection.execute("DELETE FROM chunks WHERE part = ?", (part,))
    for bucket in sorted(refs):
        _unpoint(connection, bucket, refs[bucket])
    connection.execute("DELETE FROM parts WHERE batch = ?", (number,))
    connection.execute("DELETE FROM batches WHERE number = ?", (number,))
    return sum(map(len, refs.values()))


def prune(connection: sqlite3.Connection, now: datetime) -> int:
    """Take out the batches that have expired; gives how many names they held."""
    over = [number for number, batch in rows.batches(connection) if batch.expires is not None and batch.expires <= now]
    return sum(remove_batch(connection, number) for number in over)


def _holds(connection: sqlite3.Connection, chunk: int, ecosystem: Ecosystem, name: str) -> bool:
    statement = "SELECT p.ecosystem, c.first, c.body FROM chunks c JOIN parts p ON p.part = c.part WHERE c.id = ?"
    found = connection.execute(statement, (chunk,)).fetchone()
    if found is None:
        raise damaged()
    return found[0] == ecosystem.value and find_line(name, found[1], found[2]) is not None


def _unpoint(connection: sqlite3.Connection, bucket: int, refs: Iterable[str]) -> None:
    """Take these out of a bucket, each once."""
    found = connection.execute("SELECT refs FROM buckets WHERE id = ?", (bucket,)).fetchone()
    if found is None:
        raise damaged()
    text = f"{found[0]}|"
    for ref in refs:
        text = text.replace(f"{ref}|", "|", 1)
    if len(text) > 1:
        connection.execute("UPDATE buckets SET refs = ? WHERE id = ?", (text[:-1], bucket))
    else:
        connection.execute("DELETE FROM buckets WHERE id = ?", (bucket,))
