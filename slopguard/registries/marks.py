"""Names for documents by what they were made of: what the upstream sent, and everything that was changed since.

Invariants: pure; equal marks mean equal documents, so that whatever was made of one may be served for the other; a
document of unknown origin has no mark (`""`), and neither has anything made of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def source(url: str, *parts: str | bytes) -> str:
    """The mark of what an upstream sent from an address; `parts` are all that its reading depends on."""
    return _digest((url, *parts))


def changed(mark: str, how: str, parts: Iterable[str] = ()) -> str:
    """The mark of a document after a change; the order of `parts` is that of their meaning."""
    return _digest((mark, how, *parts)) if mark else ""


def together(how: str, marks: Iterable[str]) -> str:
    """The mark of what several documents make together; none if one of them has none."""
    known = list(marks)
    return _digest((how, *known)) if all(known) else ""


def _digest(parts: Iterable[str | bytes]) -> str:
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(b"%d:" % len(content))
        digest.update(content)
    return digest.hexdigest()
