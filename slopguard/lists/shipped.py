"""The lists that came with this installation, checked against the digests in its code.

Invariant: where the bytes lie does not matter (inside the wheel, or `allowlists/` beside a source checkout): only bytes
with the digest pinned in `slopguard.lists.digests` are ever used.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from slopguard.errors import ListInvalid
from slopguard.lists.bundle import Bundle
from slopguard.lists.digests import DIGESTS, ENDS, LISTINGS
from slopguard.model import Ecosystem

_PACKAGE = Path(__file__).resolve().parent.parent
SOON = timedelta(days=60)
"""How long before their end one is told of it."""
PLACES = (_PACKAGE / "_shipped", _PACKAGE.parent / "allowlists")
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


def _folder(places: tuple[Path, ...]) -> Path:
    return next((place for place in places if place.is_dir()), places[-1])


def _bundle(folder: Path, name: str, digest: str) -> Bundle:
    try:
        data = (folder / name / "rows.tsv").read_bytes()
    except OSError as error:
        raise ListInvalid(f"list '{name}' cannot be read") from error
    return Bundle(name, data, digest)
