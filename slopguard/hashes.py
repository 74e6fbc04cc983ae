"""When digests speak for a file, and when they speak against it.

A digest is `algo:hex`. Invariants: pure; only digests of one algorithm are compared, the strongest that both sides
have, so that a weak one never outvotes a strong one; digests that share no algorithm prove and disprove nothing; a weak
one disproves, as equal bytes have equal digests, but proves nothing, as others may have been made to share it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

STRONGEST_FIRST = ("sha512", "sha384", "sha256", "sha224", "sha1", "md5")
STRONG = frozenset({"sha512", "sha384", "sha256"})
"""Algorithms for which nobody can make two files with one digest."""
_WELL_FORMED = re.compile(r"[a-z0-9]{2,10}:[0-9a-f]{2,128}")


def well_formed(digest: str) -> bool:
    """Whether a text is a digest and nothing else: what an index calls one may be any text."""
    return _WELL_FORMED.fullmatch(digest) is not None


def proven(asked: Iterable[str], known: Iterable[str]) -> bool:
    """Whether every file asked for is one of those known: each of its strong digests stands among them."""
    mine, theirs = _comparable(asked, known)
    return bool(mine) and mine <= theirs and all(_algorithm(digest) in STRONG for digest in mine)


def disproven(asked: Iterable[str], known: Iterable[str]) -> bool:
    """Whether no file asked for is one of those known; of several one that agrees is enough."""
    mine, theirs = _comparable(asked, known)
    return bool(mine) and mine.isdisjoint(theirs)


def _comparable(asked: Iterable[str], known: Iterable[str]) -> tuple[set[str], set[str]]:
    """The digests of the strongest algorithm that both sides have."""
    mine, theirs = _by_algorithm(asked), _by_algorithm(known)
    shared = next((algorithm for algorithm in STRONGEST_FIRST if algorithm in mine and algorithm in theirs), "")
    return mine.get(shared, set()), theirs.get(shared, set())


def _by_algorithm(digests: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for digest in digests:
        found.setdefault(_algorithm(digest), set()).add(digest)
    return found


def _algorithm(digest: str) -> str:
    return digest.partition(":")[0]
