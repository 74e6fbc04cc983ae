"""The lists that came with this installation, checked against the digests in its code.

Invariant: where the bytes lie does not matter (inside the wheel, or `allowlists/shipped/` beside a source checkout):
only bytes with the digest pinned in `slopguard.lists.digests` are ever used. They are trusted as this package is, so
that nothing else is looked at when they are used; their signatures say the same once more, for whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from slopguard.errors import ListInvalid
from slopguard.lists.bundle import Bundle
from slopguard.lists.digests import DIGESTS, ENDS, LISTINGS, ROOT
from slopguard.model import Ecosystem

_PACKAGE = Path(__file__).resolve().parent.parent
ROLES = {
    "root": "1.root.json",
    "targets": "targets.json",
    "snapshot": "snapshot.json",
    "timestamp": "timestamp.json",
}
"""The roles of TUF, and the files that hold what they signed."""
_DAY = timedelta(days=1)
SOON = timedelta(days=60)
"""How long before their end one is told of it."""
PLACES = (_PACKAGE / "_shipped", _PACKAGE.parent / "allowlists" / "shipped")
"""Where the files may lie: the wheel's copy, then a source checkout."""


def bundles(places: tuple[Path, ...] = PLACES) -> tuple[Bundle, ...]:
    """Every shipped list, verified.

    Raises:
        ListInvalid: a file is missing, unreadable, or not the one this version was built with.
    """
    return tuple(_bundle(_folder(places), name, digest) for name, digest in DIGESTS.items())


def prepared(ecosystem: Ecosystem, places: tuple[Path, ...] = PLACES) -> str | None:
    """The listing of all names that the shipped lists allow; `None` if its bytes are not the promised ones.

    It says nothing that the lists do not say; making it takes longer than all else that one question needs.
    """
    try:
        data = (_folder(places) / "listings" / f"{ecosystem.value}.tsv").read_bytes()
    except OSError:
        return None
    return data.decode("ascii") if sha256(data).hexdigest() == LISTINGS[ecosystem.value] else None


def ended(now: datetime) -> bool:
    """Whether the time of the shipped lists is over."""
    return now.date() > ENDS


def ends_soon(now: datetime) -> bool:
    """Whether their time ends within `SOON`."""
    return now.date() > ENDS - SOON


def verify_signatures(places: tuple[Path, ...] = PLACES) -> str:
    """Check the signatures over the shipped lists, and that they promise what the code pins; gives the root's digest.

    Signed are: every list, every listing, and the day on which they end. Whether that is over is not asked here.

    Raises:
        ListInvalid: a file is missing, unreadable or not the one that was signed.
    """
    from tuf.api.exceptions import RepositoryError

    folder = _folder(places) / "metadata"
    try:
        data = {role: (folder / name).read_bytes() for role, name in ROLES.items()}
        promised = _promised(data)
    except (OSError, RepositoryError, ValueError, LookupError) as error:
        raise ListInvalid("the signatures of the shipped lists cannot be verified") from error
    wanted = {f"{name}.tsv": digest for name, digest in DIGESTS.items()}
    wanted |= {f"listings/{name}.tsv": digest for name, digest in LISTINGS.items()}
    if promised != wanted:
        raise ListInvalid("the shipped lists were signed for another version")
    return ROOT


def _promised(data: Mapping[str, bytes]) -> Mapping[str, str]:
    """File name to digest, as the shipped metadata sign it.

    Raises:
        RepositoryError, ValueError, LookupError: they do not.
    """
    from tuf.api.metadata import Metadata

    if sha256(data["root"]).hexdigest() != ROOT:
        raise ValueError
    signed = {role: Metadata[Any].from_bytes(text) for role, text in data.items()}
    root, targets, snapshot, timestamp = (signed[role].signed for role in ROLES)
    for role, metadata in signed.items():
        root.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        if metadata.signed.type != role or metadata.signed.expires.date() != ENDS + _DAY:
            raise ValueError
    for promise, role in ((timestamp.snapshot_meta, "snapshot"), (snapshot.meta["targets.json"], "targets")):
        if promise.hashes != {"sha256": sha256(data[role]).hexdigest()}:
            raise ValueError
    return {name: target.hashes["sha256"] for name, target in targets.targets.items()}


def _folder(places: tuple[Path, ...]) -> Path:
    return next((place for place in places if place.is_dir()), places[-1])


def _bundle(folder: Path, name: str, digest: str) -> Bundle:
    try:
        data = (folder / f"{name}.tsv").read_bytes()
    except OSError as error:
        raise ListInvalid(f"list '{name}' cannot be read") from error
    return Bundle(name, data, digest)
