"""Who has signed a staged role, and who still must.

Invariants: only signatures that verify count; whoever delegates decides who may sign, the staged delegator before the
published one; a root that follows another needs the keys of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tuf.api.metadata import Metadata, Root, Targets, VerificationResult

from slopguard.curation import people
from slopguard.curation.book import Book
from slopguard.curation.metadata import key_name


@dataclass(frozen=True, slots=True)
class Quorum:
    """One threshold that a staged role must meet.

    Args:
        signed: names of the keys that signed.
        may: names of the keys that did not yet.
    """

    threshold: int
    signed: tuple[str, ...]
    may: tuple[str, ...]

    @classmethod
    def of(cls, result: VerificationResult) -> Quorum:
        """From what python-tuf found."""
        signed, may = (tuple(sorted(map(key_name, keys.values()))) for keys in (result.signed, result.unsigned))
        return cls(result.threshold, signed, may)

    @property
    def met(self) -> bool:
        """Whether enough signed."""
        return len(self.signed) >= self.threshold


@dataclass(frozen=True, slots=True)
class Waiting:
    """A staged role: its version, the end of its signature, and what it still needs.

    Args:
        quorums: one; for a root that follows another, the old keys and the new ones.
        keyids: ids of all keys that may sign it.
    """

    role: str
    version: int
    expires: datetime
    quorums: tuple[Quorum, ...]
    keyids: frozenset[str]

    @property
    def complete(self) -> bool:
        """Whether it can be published; never what nobody delegates to."""
        return bool(self.quorums) and all(quorum.met for quorum in self.quorums)

    def __str__(self) -> str:
        kinds = (" of the keys before", " of the new keys") if len(self.quorums) > 1 else ("",)
        wants = (_counted(each) + kind + _who(each) for each, kind in zip(self.quorums, kinds, strict=False))
        return f"{self.role} {self.version}, until {self.expires:%Y-%m-%d}: {'; '.join(wants) or 'nobody may sign it'}"


def waiting(book: Book) -> tuple[Waiting, ...]:
    """Every staged role with the signatures it has and lacks."""
    return tuple(_waiting(book, role, part) for role in book.staged_roles() if (part := book.staged(role)))


def result(by: Root | Targets | None, role: str, part: Metadata[Any]) -> VerificationResult | None:
    """The signatures of a role that count for `by`; `None` if `by` does not know the role."""
    try:
        return by.get_verification_result(role, part.signed_bytes, part.signatures) if by else None
    except ValueError:
        return None


def _waiting(book: Book, role: str, part: Metadata[Any]) -> Waiting:
    ids = {keyid for each in results(book, role, part) for keyid in (*each.signed, *each.unsigned)}
    return Waiting(role, part.signed.version, part.signed.expires, quorums(book, role, part), frozenset(ids))


def quorums(book: Book, role: str, part: Metadata[Any]) -> tuple[Quorum, ...]:
    """The thresholds that a staged role must meet, for people."""
    return tuple(map(Quorum.of, results(book, role, part)))


def results(book: Book, role: str, part: Metadata[Any]) -> Iterator[VerificationResult]:
    """The thresholds that a staged role must meet: the root before it and its own, or its delegator's."""
    newest = book.newest("root")
    if role == "root" and newest is not None:
        before = result(newest.part.signed, role, part)
        if before is not None:
            yield before
    own = result(part.signed if role == "root" else _delegator(book, role), role, part)
    if own is not None:
        yield own


def _delegator(book: Book, role: str) -> Any:
    """Who says who may sign a role: the staged root or targets, else the published ones."""
    above = "root" if role in people.TOP else "targets"
    newest = book.newest(above)
    staged = book.staged(above)
    return staged.signed if staged else newest and newest.part.signed


def _counted(quorum: Quorum) -> str:
    return f"{len(quorum.signed)} of {quorum.threshold} signatures"


def _who(quorum: Quorum) -> str:
    if quorum.met:
        return ""
    return f", missing {' or '.join(quorum.may)}" if quorum.may else ", and nobody is left who could"
