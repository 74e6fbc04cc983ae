"""Signing in several steps: what is staged, who must sign it, and adding a signature.

`stage` writes the next version of every role whose content changed; people sign it one after the other, on their own
machines, with the repository between them; `slopguard.curation.publish` puts it in force. Invariants: versions rise by
one; nobody signs anything but what the sources in front of them give, with an expiry that `lists.toml` allows; a change
of content loses the signatures and says so; a root needs the keys of the root before it too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from securesystemslib.exceptions import UnverifiedSignatureError
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Metadata, Root, Signed, Targets, VerificationResult

from slopguard.curation import bundles, metadata, people
from slopguard.curation.book import Book, alone, put
from slopguard.curation.layout import Layout
from slopguard.curation.metadata import body, key_name
from slopguard.curation.people import People
from slopguard.errors import SigningError, UsageError

if TYPE_CHECKING:
    from securesystemslib.signer import Signer

BUILD = "Build and look at it again: slopguard lists build"


@dataclass(frozen=True, slots=True)
class Change:
    """A role whose next version was staged, or taken back.

    Args:
        version: the staged version; 0 for one taken back, because its content is what was published.
        why: `first`, `content`, `keys` or `expiry`; `undone` for one taken back.
        lost: who signed the version before the change, in vain.
    """

    role: str
    version: int
    why: str
    lost: tuple[str, ...] = ()


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
        """Whether it can be published."""
        return all(quorum.met for quorum in self.quorums)

    def __str__(self) -> str:
        kinds = ("of the keys before", "of the new keys") if len(self.quorums) > 1 else ("",)
        wants = (
            f"{_counted(each)} {kind}".rstrip() + _who(each) for each, kind in zip(self.quorums, kinds, strict=True)
        )
        return f"{self.role} {self.version}, until {self.expires:%Y-%m-%d}: {'; '.join(wants)}"


def wanted(found: People, made: Mapping[str, bytes]) -> dict[str, Signed]:
    """What every role must say now, undated; the delegators first."""
    leaves = {role: metadata.leaf(role, made[role]) for role in (*found.teams, "watch")}
    return {"root": metadata.root(found), "targets": metadata.targets(found, made), **leaves}


def stage(layout: Layout, today: date, renew: int = 0) -> tuple[Change, ...]:
    """Build the bundles and stage the next version of every role that must be signed anew.

    Args:
        renew: stage also what ends within so many days (at most half of what its signature lasts).

    Raises:
        InputError: the sources or `lists.toml` are wrong.
    """
    with alone(layout):
        found = people.read(layout)
        made = bundles.build(layout, found)
        book = Book(layout)
        wants = wanted(found, made)
        bundles.write(layout, found, made)
        changes = [_stage(book, found, wants, role, today, renew) for role in wants]
        for role in book.staged_roles():
            if role not in wants:
                book.staged_path(role).unlink()
        return tuple(change for change in changes if change is not None)


def waiting(book: Book) -> tuple[Waiting, ...]:
    """Every staged role with the signatures it has and lacks."""
    return tuple(_waiting(book, role, part) for role in book.staged_roles() if (part := book.staged(role)))


def sign(layout: Layout, signer: Signer, today: date | None = None) -> tuple[tuple[str, ...], tuple[Waiting, ...]]:
    """Sign every staged role that this key may sign and has not signed yet.

    Returns:
        the roles signed now, and everything staged with what it still needs.

    Raises:
        SigningError: the key may sign nothing that is staged, or cannot sign.
        UsageError: nothing is staged, or it is not what the sources give.
    """
    with alone(layout):
        book = Book(layout)
        check(book, today or datetime.now(UTC).date())
        ours = signable(book, signer.public_key.keyid)
        done = tuple(each.role for each in ours if endorse(book, each, signer))
        return done, waiting(book)


def signable(book: Book, keyid: str) -> tuple[Waiting, ...]:
    """The staged roles that a key may sign.

    Raises:
        UsageError: nothing is staged.
        SigningError: there is none that it may sign.
    """
    staged = waiting(book)
    if not staged:
        raise UsageError("nothing waits for a signature", "After a change of the sources run: slopguard lists build")
    ours = tuple(each for each in staged if keyid in each.keyids)
    if not ours:
        roles = ", ".join(each.role for each in staged)
        raise SigningError(f"this key may sign nothing that is staged ({roles})", "See lists.toml for whose turn it is")
    return ours


def check(book: Book, today: date, roles: Collection[str] | None = None) -> None:
    """Make sure that what is staged is what the sources and `lists.toml` say, and nothing else.

    Args:
        roles: those that matter; all if `None`.

    Raises:
        UsageError: it is not.
    """
    found = people.read(book.layout)
    wants = wanted(found, bundles.build(book.layout, found))
    for role in book.staged_roles():
        part, newest = book.staged(role), book.newest(role)
        if part is None or (roles is not None and role not in roles):
            continue
        same = role in wants and body(part.signed) == body(wants[role])
        if not same or part.signed.version != (newest.version if newest else 0) + 1:
            raise UsageError(f"staged/{role}.json is not what the sources give", BUILD)
        if part.signed.expires.date() > today + timedelta(days=found.duties[role].days + 1):
            raise UsageError(f"staged/{role}.json would last longer than lists.toml says", BUILD)


def endorse(book: Book, what: Waiting, signer: Signer) -> bool:
    """Add a signature to a staged role; `False` if it is there already.

    Raises:
        SigningError: the key cannot sign.
    """
    part = book.staged(what.role)
    assert part is not None
    key = signer.public_key
    if any(key.keyid in each.signed for each in _results(book, what.role, part)):
        return False
    add(part, signer)
    part.signatures = {keyid: part.signatures[keyid] for keyid in sorted(what.keyids & part.signatures.keys())}
    put(book.staged_path(what.role), metadata.written(part))
    return True


def counting(book: Book, role: str, part: Metadata[Any]) -> VerificationResult | None:
    """How a role's metadata stands with whoever delegates to it, staged or published; `None` if nobody does.

    For a root see `Book.roots`; this is about its own keys alone.
    """
    by = part.signed if role == "root" else _delegator(book, role)
    return result(by, role, part)


def result(by: Root | Targets | None, role: str, part: Metadata[Any]) -> VerificationResult | None:
    """The signatures of a role that count for `by`; `None` if `by` does not know the role."""
    try:
        return by.get_verification_result(role, part.signed_bytes, part.signatures) if by else None
    except ValueError:
        return None


def _stage(book: Book, found: People, wants: Mapping[str, Signed], role: str, today: date, renew: int) -> Change | None:
    newest, duty = book.newest(role), found.duties[role]
    limit = today + timedelta(days=min(renew, duty.days // 2))
    why = _why(book, wants, role, limit)
    staged = book.staged(role)
    lost = _signers(book, role, staged)
    if why is None:
        book.staged_path(role).unlink(missing_ok=True)
        return Change(role, 0, "undone", lost) if staged else None
    version = (newest.version if newest else 0) + 1
    if staged and _usable(staged.signed, wants[role], version, limit):
        return None
    fresh = wants[role]
    metadata.dated(fresh, version, today, duty.days)
    put(book.staged_path(role), metadata.written(Metadata(fresh)))
    return Change(role, version, why, lost)


def _why(book: Book, wants: Mapping[str, Signed], role: str, limit: date) -> str | None:
    """Why a role must be signed anew; `None` if what was published holds."""
    newest = book.newest(role)
    if newest is None:
        return "first"
    if body(newest.part.signed) != body(wants[role]):
        return "content"
    if role != "root" and not result(_above(wants, role), role, newest.part):
        return "keys"
    return "expiry" if newest.part.signed.expires.date() <= limit else None


def _above(wants: Mapping[str, Signed], role: str) -> Any:
    return wants["root" if role == "targets" else "targets"]


def _usable(staged: Signed, want: Signed, version: int, limit: date) -> bool:
    return staged.version == version and body(staged) == body(want) and staged.expires.date() > limit


def _signers(book: Book, role: str, staged: Metadata[Any] | None) -> tuple[str, ...]:
    if staged is None:
        return ()
    return tuple(sorted({name for quorum in _quorums(book, role, staged) for name in quorum.signed}))


def _waiting(book: Book, role: str, part: Metadata[Any]) -> Waiting:
    ids = {keyid for each in _results(book, role, part) for keyid in (*each.signed, *each.unsigned)}
    return Waiting(role, part.signed.version, part.signed.expires, _quorums(book, role, part), frozenset(ids))


def _quorums(book: Book, role: str, part: Metadata[Any]) -> tuple[Quorum, ...]:
    return tuple(map(Quorum.of, _results(book, role, part)))


def _results(book: Book, role: str, part: Metadata[Any]) -> Iterator[VerificationResult]:
    """The thresholds that a staged role must meet: the root before it and its own, or its delegator's."""
    newest = book.newest("root")
    if role == "root" and newest is not None:
        before = result(newest.part.signed, role, part)
        if before is not None:
            yield before
    own = counting(book, role, part)
    if own is not None:
        yield own


def _delegator(book: Book, role: str) -> Any:
    """Who says who may sign a role: the staged root or targets, else the published ones."""
    above = "root" if role in people.TOP else "targets"
    newest = book.newest(above)
    staged = book.staged(above)
    return staged.signed if staged else newest and newest.part.signed


def add(part: Metadata[Any], signer: Signer) -> None:
    """Sign metadata, and make sure that the signature is one of that key.

    Raises:
        SigningError: it is not, or the key cannot sign.
    """
    try:
        signature = part.sign(signer, append=True)
        signer.public_key.verify_signature(signature, part.signed_bytes)
    except (UnsignedMetadataError, UnverifiedSignatureError) as why:
        if isinstance(why.__cause__, SigningError):  # in our words already
            raise why.__cause__ from None
        raise SigningError("the key did not sign", "Check that it is the right one") from None


def _counted(quorum: Quorum) -> str:
    return f"{len(quorum.signed)} of {quorum.threshold} signatures"


def _who(quorum: Quorum) -> str:
    if quorum.met:
        return ""
    return f", missing {' or '.join(quorum.may)}" if quorum.may else ", and nobody is left who could"
