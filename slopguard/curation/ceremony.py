"""Signing in several steps: what is staged, who must sign it, and adding a signature.

`stage` writes the next version of every role whose content changed; people sign it one after the other, on their own
machines, with the repository between them; `slopguard.curation.publish` puts it in force. Invariants: versions rise by
one; nobody signs anything but what the sources in front of them give, with an expiry that `lists.toml` allows; a change
of content loses the signatures and says so; a root needs the keys of the root before it too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from securesystemslib.exceptions import UnverifiedSignatureError
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Metadata, Signed

from slopguard.curation import bundles, metadata, people
from slopguard.curation.book import Book, alone, put
from slopguard.curation.layout import Layout
from slopguard.curation.metadata import body
from slopguard.curation.people import People
from slopguard.curation.quorum import Quorum, Waiting, quorums, result, results, waiting
from slopguard.errors import SigningError, UsageError

if TYPE_CHECKING:
    from securesystemslib.signer import Signer

__all__ = [
    "BUILD",
    "Change",
    "Quorum",
    "Waiting",
    "add",
    "check",
    "endorse",
    "payloads",
    "sign",
    "signable",
    "stage",
    "waiting",
    "wanted",
]

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


def wanted(found: People, made: Mapping[str, bytes]) -> dict[str, Signed]:
    """What every role must say now, undated; the delegators first."""
    leaves = {role: metadata.leaf(role, made[role]) for role in (*found.teams, "watch")}
    return {"root": metadata.root(found), "targets": metadata.targets(found, made), **leaves}


def _wanted_of(layout: Layout, found: People, roles: Collection[str] | None) -> dict[str, Signed]:
    """As `wanted`, from the sources; of some lists alone if no delegator is among the roles."""
    if roles is None or set(roles) & set(people.TOP):
        return wanted(found, bundles.build(layout, found))
    return {role: metadata.leaf(role, data) for role, data in bundles.build(layout, found, roles).items()}


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


def sign(
    layout: Layout, signer: Signer, today: date | None = None, shown: Mapping[str, bytes] | None = None
) -> tuple[tuple[str, ...], tuple[Waiting, ...]]:
    """Sign every staged role that this key may sign and has not signed yet.

    Args:
        shown: what was checked and shown to the person before (`payloads`); checked here if `None`.

    Returns:
        the roles signed now, and everything staged with what it still needs.

    Raises:
        SigningError: the key may sign nothing that is staged, or cannot sign.
        UsageError: nothing is staged, or it is not what the sources give, or not what was shown.
    """
    with alone(layout):
        book = Book(layout)
        if shown is None:
            check(book, today or datetime.now(UTC).date())
        elif shown != payloads(book):
            raise UsageError("what is staged changed while you read", BUILD)
        ours = signable(book, signer.public_key.keyid)
        done = tuple(each.role for each in ours if endorse(book, each, signer))
        return done, waiting(book)


def payloads(book: Book) -> dict[str, bytes]:
    """Role to the very bytes that a signature of what is staged is made of."""
    return {role: part.signed_bytes for role in book.staged_roles() if (part := book.staged(role))}


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
    wants = _wanted_of(book.layout, found, roles)
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
    if any(key.keyid in each.signed for each in results(book, what.role, part)):
        return False
    add(part, signer)
    part.signatures = {keyid: part.signatures[keyid] for keyid in sorted(what.keyids & part.signatures.keys())}
    put(book.staged_path(what.role), metadata.written(part))
    return True


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
    return tuple(sorted({name for quorum in quorums(book, role, staged) for name in quorum.signed}))


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
