"""What an upstream says about how long its document stays good, and what it can be asked about later (RFC 9111, 9110).

Invariants: pure, but for the clock that `wait` reads a date with; a validator is repeated to the place it came from or
not at all; what cannot be read is as if it had not been said, which means that the upstream is asked again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_VALIDATOR = re.compile(r"[\x20-\x7e]{1,300}")
_MUST_ASK = frozenset({"no-cache", "no-store", "must-revalidate"})


@dataclass(frozen=True, slots=True)
class Validity:
    """What a response's headers say about later.

    Args:
        etag: its `ETag`.
        modified: its `Last-Modified`.
        max_age: seconds from now that it may be used without asking; `None` if it does not say, 0 if it must be asked.
        storable: it may be written to disk.
    """

    etag: str | None = None
    modified: str | None = None
    max_age: float | None = None
    storable: bool = True

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Validity:
        """What these headers say; `max-age` less the time that the answer has already been under way (`Age`)."""
        said = _directives(headers.get("Cache-Control", ""))
        age: float | None = _seconds(said.get("max-age"))
        if age is not None:
            age = max(0, age - (_seconds(headers.get("Age")) or 0))
        if _MUST_ASK & said.keys():
            age = 0
        return cls(_text(headers.get("ETag")), _text(headers.get("Last-Modified")), age, "no-store" not in said)


SILENT = Validity()
"""Of an answer that says nothing about it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A document that is held here, so that an upstream need not send it again.

    Args:
        url: where it finally came from; asked about there and nowhere else.
        login: stands for the credentials that it was asked for with.
        etag: see `Validity`.
        modified: see `Validity`.
    """

    url: str
    login: str
    etag: str | None
    modified: str | None

    @property
    def headers(self) -> dict[str, str]:
        """The conditions of a conditional request; empty if there is nothing to ask with."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in named.items() if value}


def wait(text: str | None, now: datetime | None = None) -> float | None:
    """Seconds that `Retry-After` asks for: a number, or a date (RFC 9110, section 10.2.3); `None` if it does not say.

    Args:
        now: for a date; the clock by default.
    """
    text = (text or "").strip()
    if (seconds := _seconds(text)) is not None:
        return float(seconds)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def _directives(text: str) -> dict[str, str]:
    parts = (part.strip().partition("=") for part in text.lower().split(","))
    return {name.strip(): value.strip().strip('"') for name, _, value in parts if name}


def _seconds(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 12 else None


def _text(value: str | None) -> str | None:
    return value if value is not None and _VALIDATOR.fullmatch(value) else None
