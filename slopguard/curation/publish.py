"""Putting signed lists in force: into a folder that any static server or bucket can serve, and into one file.

For CI: nothing is asked. Invariants: nothing is published that lacks a signature, or that does not fit the rest; a
reader of the folder finds a whole repository at any moment, because bundles are written before the metadata that names
them and `timestamp.json` last; nothing that is named by an older snapshot is changed or removed; versions never fall,
neither below the repository's nor below the folder's; a run that was killed is completed by the next.

A new root comes right before the timestamp. Between those two writes a reader may find signatures that the new root
does not want; it then keeps what it has and succeeds at the next try. No order of two files avoids that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuf.api.metadata import Metadata, Signed

from slopguard.curation import ceremony, metadata, people
from slopguard.curation.book import Book, Stored, alone, put, sweep
from slopguard.curation.bundles import PUBLISHED
from slopguard.curation.layout import Layout
from slopguard.curation.people import People
from slopguard.curation.quorum import Waiting, result
from slopguard.curation.state import State, choose, read
from slopguard.curation.state import files as files_of
from slopguard.errors import ListExpired, ListInvalid, SigningError

if TYPE_CHECKING:
    from securesystemslib.signer import Signer

SOON = 14
"""Days before the end of a signature from which it is spoken of."""
ABSURD = 100_000_000
"""A version that nobody reaches by publishing."""
SKEW = timedelta(minutes=5)
"""How far two clocks may differ."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was put in force.

    Args:
        pin: SHA-256 of the first root: what machines name in their settings.
        roles: roles published now, with their versions.
        snapshot: its version.
        timestamp: its version.
        expires: until when the timestamp is good.
        waiting: what stays staged, because signatures are missing.
        notes: what ends soon, or has ended.
    """

    pin: str
    roles: Mapping[str, int]
    snapshot: int
    timestamp: int
    expires: datetime
    waiting: tuple[Waiting, ...]
    notes: tuple[str, ...]


def publish(
    layout: Layout, out: Path, ci_signer: Signer, now: datetime, pack: Path | None = None, *, ready: bool = False
) -> Published:
    """Put what is staged and signed in force.

    Args:
        out: the folder to be served.
        ci_signer: signs snapshot and timestamp, and the watch list where `lists.toml` lets it.
        pack: also write everything into this one file.
        ready: publish what is fully signed and leave the rest staged, instead of refusing.

    Raises:
        SigningError: signatures are missing, or the key may not sign snapshot and timestamp.
        ListExpired: the signature of root or targets has ended, or the clock is before the last timestamp.
        ListInvalid: something on disk is not what it should be, or the folder is ahead of the repository.
    """
    now = now.replace(microsecond=0)
    with alone(layout):
        sweep((layout.metadata, layout.staged, layout.bundles / PUBLISHED, out / "metadata", out / "targets"))
        found, book, served = people.read(layout), Book(layout), Book(Layout(out))
        _sign_watch(book, ci_signer, now)
        taken = choose(book, ready=ready)
        state = State(book, taken)
        notes = tuple(_ending(state.parts, found, now))
        files = files_of(layout, served, state)
        _not_behind(book, state, served)
        online = _online(book, served, state, found, ci_signer, now)
        _move(layout, book, state, files, online)
        _serve(out, book, state, files, online)
        if pack is not None:
            _pack(pack, book, state, files, online)
        return Published(
            pin=sha256(book.roots()[0].data).hexdigest(),
            roles={role: state.parts[role].version for role in taken},
            snapshot=online[0].version,
            timestamp=online[1].version,
            expires=online[1].part.signed.expires,
            waiting=ceremony.waiting(book),
            notes=notes,
        )


def _sign_watch(book: Book, signer: Signer, now: datetime) -> None:
    """CI may sign what can only refuse."""
    ours = [each for each in ceremony.waiting(book) if each.role == "watch" and signer.public_key.keyid in each.keyids]
    if ours:
        ceremony.check(book, now.date(), ("watch",))
        ceremony.endorse(book, ours[0], signer)


def _ending(parts: Mapping[str, Stored], found: People, now: datetime) -> Iterator[str]:
    """What ends soon.

    Raises:
        ListExpired: root or targets has ended: no machine would accept the lists.
    """
    for role, stored in parts.items():
        ends = stored.part.signed.expires
        if ends <= now and role in people.OFFLINE:
            raise ListExpired(f"the signature of {role} ended on {ends:%Y-%m-%d}", _renew(role))
        if ends <= now + timedelta(days=min(SOON, found.duties[role].days // 3 if role in found.duties else SOON)):
            yield f"the signature of {role} {'ended' if ends <= now else 'ends'} on {ends:%Y-%m-%d}. {_renew(role)}"


def _renew(role: str) -> str:
    return f"Sign {role} again: slopguard lists build --renew {SOON}, then slopguard lists sign"


def _not_behind(book: Book, state: State, served: Book) -> None:
    """Make sure that the folder is this repository's, and holds nothing newer or other of the same version.

    Raises:
        ListInvalid: it is another's, or is ahead.
    """
    for stored in (*book.roots(), *state.parts.values()):
        there = read(served.layout.metadata / f"{stored.version}.{stored.role}.json")
        newest = served.newest(stored.role)
        if there not in (None, stored.data) or (newest and newest.version > state.parts[stored.role].version):
            hint = "Pull the repository of lists first; to start anew, publish to an empty folder"
            raise ListInvalid(f"the folder holds another or newer version of {stored.role}", hint)


def _online(
    book: Book, served: Book, state: State, found: People, signer: Signer, now: datetime
) -> tuple[Stored, Stored]:
    """Snapshot and timestamp; the snapshot in force, if nothing changed.

    Raises:
        SigningError: this key may not sign them.
        ListExpired: the clock is before the last timestamp.
    """
    for role in people.ONLINE:
        if signer.public_key.keyid not in state.root.roles[role].keyids:
            names = ", ".join(found.duties[role].keys)
            raise SigningError(f"the CI key may not sign {role}; lists.toml names: {names}", "Use --ci-key of that key")
    shots = [stored for each in (served, book) if (stored := each.newest("snapshot"))]
    stamps = [stored for each in (served, book) if (stored := each.timestamp())]
    for stamp in _ours(book, state, stamps):
        _clock(stamp, now)
    shot = _snapshot(state, max(_ours(book, state, shots), key=_version, default=None), found, signer, now)
    version = max(map(_version, _ours(book, state, stamps)), default=0) + 1
    return shot, _signed("timestamp", metadata.timestamp(shot.version, shot.data, now), version, found, signer, now)


def _ours(book: Book, state: State, found: Iterable[Stored]) -> list[Stored]:
    """Those that a CI key of this repository signed, now or in the past: machines may have seen them.

    What a key of the past signed with an absurd version is left out: a thief wanted to put the next one out of reach,
    and for machines the versions start anew with the keys (TUF 5.3.11).
    """
    before = [stored.part.signed for stored in book.roots()]
    return [
        stored
        for stored in found
        if result(state.root, stored.role, stored.part)
        or (stored.version < ABSURD and any(result(root, stored.role, stored.part) for root in before))
    ]


def _snapshot(state: State, before: Stored | None, found: People, signer: Signer, now: datetime) -> Stored:
    parts = {role: (stored.version, stored.data) for role, stored in state.parts.items() if role != "root"}
    content = metadata.snapshot(parts, before.part.signed if before else None)
    if before is not None and result(state.root, "snapshot", before.part):
        half = timedelta(days=found.duties["snapshot"].days) / 2
        if metadata.body(before.part.signed) == metadata.body(content) and before.part.signed.expires > now + half:
            return before
    return _signed("snapshot", content, (before.version if before else 0) + 1, found, signer, now)


def _signed(role: str, content: Signed, version: int, found: People, signer: Signer, now: datetime) -> Stored:
    metadata.dated(content, version, now.date(), found.duties[role].days)
    part: Metadata[Any] = Metadata(content)
    ceremony.add(part, signer)
    return Stored(role, version, metadata.written(part), part)


def _clock(stamp: Stored, now: datetime) -> None:
    said = stamp.part.signed.unrecognized_fields.get(metadata.SIGNED_AT, "")
    if isinstance(said, str) and said > f"{now + SKEW:%Y-%m-%dT%H:%M:%SZ}":
        raise ListExpired("this machine's clock is before the moment the last timestamp was signed", "Set the clock")


def _move(layout: Layout, book: Book, state: State, files: Mapping[str, bytes], online: tuple[Stored, Stored]) -> None:
    """From staged to published, in the repository; each step may be the last before a kill."""
    for path, data in files.items():
        _put(layout.bundles / PUBLISHED / path, data)
    for role in state.taken:
        book.keep(role, state.parts[role].version, state.parts[role].data)
    for role in book.staged_roles():
        if book.staged(role) is None:  # published now, or by a run that was killed
            book.staged_path(role).unlink()
    shot, stamp = online
    _put(layout.metadata / f"{shot.version}.snapshot.json", shot.data)
    put(layout.metadata / "timestamp.json", stamp.data)


def _serve(out: Path, book: Book, state: State, files: Mapping[str, bytes], online: tuple[Stored, Stored]) -> None:
    for path, data in files.items():
        _put(out / "targets" / f"{sha256(data).hexdigest()}.{path}", data)
    for stored in (*(part for role, part in state.parts.items() if role != "root"), online[0], *book.roots()):
        _put(out / "metadata" / f"{stored.version}.{stored.role}.json", stored.data)
    put(out / "metadata" / "timestamp.json", online[1].data)


def _pack(place: Path, book: Book, state: State, files: Mapping[str, bytes], online: tuple[Stored, Stored]) -> None:
    from slopguard.lists import pack

    parts = (*book.roots(), *(part for role, part in state.parts.items() if role != "root"), online[0])
    content = {f"metadata/{each.version}.{each.role}.json": each.data for each in parts}
    content["metadata/timestamp.json"] = online[1].data
    pack.write(place, content | {f"targets/{path}": data for path, data in files.items()})


def _put(path: Path, data: bytes) -> None:
    """Write a file unless it is there already."""
    if read(path) != data:
        put(path, data)


def _version(stored: Stored) -> int:
    return stored.version
