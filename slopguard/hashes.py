"""When digests speak for a file, and when they speak against it.

A digest is `algo:hex`. Invariants: pure; only digests of one algorithm are compared, so that a weak one never outvotes
a strong one; digests that share no algorithm prove and disprove nothing; a weak one disproves, as equal bytes have
equal digests, but proves nothing, as others may have been made to share it. Of several files, one that cannot be told
from others (`UNTOLD`) is enough to prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from slopguard.patterns import regex

STRONGEST_FIRST = ("sha512", "sha384", "sha256", "sha224", "sha1", "md5")
STRONG = frozenset({"sha512", "sha384", "sha256"})
"""Algorithms for which nobody can make two files with one digest."""
UNTOLD = "none:"
"""Stands among the digests of several files for one that they do not tell from others."""
_WELL_FORMED = regex(r"[a-z0-9]{2,10}:[0-9a-f]{2,128}")


def well_formed(digest: str) -> bool:
    """Whether a text is a digest and nothing else: what an index calls one may be any text."""
    return _WELL_FORMED.fullmatch(digest) is not None


def proven(asked: Iterable[str], known: Iterable[str]) -> bool:
    """Whether every file asked for is one of those known: its strong digests stand among them, whichever both have."""
    mine, theirs = _by_algorithm(asked), _by_algorithm(known)
    shared = STRONG & mine.keys() & theirs.keys()
    return bool(shared) and "none" not in mine and all(mine[each] <= theirs[each] for each in shared)


def told_apart(files: Iterable[Iterable[str]]) -> frozenset[str]:
    """The digests of several files together, with `UNTOLD` where no strong algorithms are the same for all of them."""
    each = [frozenset(digests) for digests in files]
    kinds = {frozenset(map(_algorithm, digests)) & STRONG for digests in each}
    together = frozenset[str]().union(*each)
    return together if len(kinds) == 1 and all(kinds) else together | {UNTOLD}


def disproven(asked: Iterable[str], known: Iterable[str]) -> bool:
    """Whether no file asked for is one of those known; of several one that agrees is enough."""
    mine, theirs = _by_algorithm(asked), _by_algorithm(known)
    shared = next((each for each in STRONGEST_FIRST if each in mine and each in theirs), None)
    return shared is not None and mine[shared].isdisjoint(theirs[shared])


def _by_algorithm(digests: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for digest in digests:
        found.setdefault(_algorithm(digest), set()).add(digest)
    return found


def _algorithm(digest: str) -> str:
    return digest.partition(":")[0]
