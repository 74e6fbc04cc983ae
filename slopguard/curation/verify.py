"""Is it what it should be: a repository of lists, a published folder, a pack.

Invariant: each answer is one line, or a `ListInvalid`, `ListExpired` or `InputError` that says what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from tuf.api.metadata import Signed

from slopguard.curation import bundles, ceremony, metadata, people
from slopguard.curation.book import Book, Stored, stored
from slopguard.curation.layout import Layout
from slopguard.curation.state import State, files, read
from slopguard.errors import ListExpired, ListInvalid, SigningError, UsageError
from slopguard.lists.trust import Trusted, verify

PIN = "sha256:"


def repository(layout: Layout, now: datetime) -> Iterator[str]:
    """The lines that say how a repository of lists stands.

    Raises:
        ListInvalid: bundles are not what the sources give, or signatures do not hold or are missing.
        InputError: sources or `lists.toml` are wrong.
        UsageError: what is staged is not what the sources give.
    """
    found, book = people.read(layout), Book(layout)
    made = bundles.build(layout, found)
    for name, data in made.items():
        if read(layout.bundles / f"{name}.tsv") != data:
            raise ListInvalid(f"bundles/{name}.tsv is not what the sources give", ceremony.BUILD)
    rows = sum(data.count(b"\n") - 1 for data in made.values())
    yield f"sources: {len(made)} lists, {rows:,} rows, as built"
    ceremony.check(book, now.date())
    _all_staged(book, ceremony.wanted(found, made))
    if book.newest("targets") is not None:
        yield _published(layout, book, now)
    for each in ceremony.waiting(book):
        missing = {name for quorum in each.quorums if not quorum.met for name in quorum.may}
        if not each.complete and not missing <= set(found.duties["timestamp"].keys):
            raise ListInvalid(f"signatures are missing: {each}", "They run: slopguard lists sign")
        yield f"staged: {each}"


def _all_staged(book: Book, wants: Mapping[str, Signed]) -> None:
    """Make sure that what is neither published nor staged does not exist."""
    for role, want in wants.items():
        part = book.staged(role)
        newest = book.newest(role)
        signed = part.signed if part else newest.part.signed if newest else None
        if signed is None or metadata.body(signed) != metadata.body(want):
            raise ListInvalid(f"{role} is not staged as the sources give it", ceremony.BUILD)


def _published(layout: Layout, book: Book, now: datetime) -> str:
    try:
        state = State(book, ())
    except SigningError as why:
        raise ListInvalid(str(why), why.hint) from None
    files(layout, book, state)
    ends = min(part.part.signed.expires for part in state.parts.values())
    if ends <= now:
        raise ListExpired(f"a signature ended on {ends:%Y-%m-%d}", "Sign again: slopguard lists build --renew 14")
    versions = " ".join(f"{role} {part.version}" for role, part in state.parts.items())
    return f"published: {versions}; signatures hold until {ends:%Y-%m-%d}"


def published(folder: Path, pin: str | None, now: datetime) -> Trusted:
    """A published folder, verified from the pinned root as a machine does it.

    Args:
        pin: `sha256:HEX`; that of the folder's own first root if `None`.

    Raises:
        ListInvalid: it is not what was signed.
        ListExpired: it has expired.
    """
    return content(dict(_files(folder)), pin, now)


def content(found: Mapping[str, bytes], pin: str | None, now: datetime) -> Trusted:
    """The content of a pack, verified likewise.

    Raises:
        UsageError: the pin is none.
        ListInvalid: it is not what was signed.
        ListExpired: it has expired.
    """
    trusted = verify(found, _digest(pin, found), None, now)
    if trusted.expired:
        raise ListExpired(f"the lists '{trusted.name}' ended on {trusted.expires:%Y-%m-%d}", "Publish them again")
    return trusted


def _digest(pin: str | None, found: Mapping[str, bytes]) -> str:
    if pin is None:
        return sha256(found.get("metadata/1.root.json", b"")).hexdigest()
    digest = pin.removeprefix(PIN)
    if pin == digest or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise UsageError("a root is written sha256:HEX", "See your settings: [lists] sources")
    return digest


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """What a machine would fetch of a folder: every root, and what timestamp, snapshot and targets name."""
    book = Book(Layout(folder))
    for root in book.roots():
        yield f"metadata/{root.version}.root.json", root.data
    stamp = book.timestamp()
    if stamp is None:
        raise ListInvalid("that folder holds no published lists", "Name the folder that holds metadata/ and targets/")
    yield "metadata/timestamp.json", stamp.data
    shot = _named(folder, "snapshot", stamp.part.signed.snapshot_meta.version)
    yield f"metadata/{shot.version}.snapshot.json", shot.data
    for name, meta in shot.part.signed.meta.items():
        if not (folder / "metadata" / f"{meta.version}.{name}").is_file():
            continue  # of a team that is gone; whoever is missed, `verify` names
        part = _named(folder, name.removesuffix(".json"), meta.version)
        yield f"metadata/{part.version}.{part.role}.json", part.data
        for path, target in part.part.signed.targets.items():
            data = read(folder / "targets" / f"{target.hashes.get('sha256', '')}.{path}")
            if data is not None:
                yield f"targets/{path}", data


def _named(folder: Path, role: str, version: int) -> Stored:
    return stored(role, folder / "metadata" / f"{version}.{role}.json", version)
