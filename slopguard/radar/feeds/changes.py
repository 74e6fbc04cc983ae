"""The npm registry's feed: CouchDB's `_changes`, a page of JSON at a time, each with the number where the next begins.

Invariant: the number only ever comes from the registry; who has none begins with what changes from now on.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from slopguard.errors import UpstreamError
from slopguard.model import Ecosystem
from slopguard.patterns import regex
from slopguard.radar.feeds.page import Page, named

NOW = "now"
"""CouchDB's word for the newest number."""
ROWS = 1_000
"""Changes of one page."""
LIMIT = 16 << 20
"""Bytes that a page may have."""
_NUMBER = regex(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,1999}")
"""A sequence number; CouchDB 2 and later make long texts of them."""


class _Change(msgspec.Struct):
    id: str


class _Changes(msgspec.Struct):
    results: list[_Change]
    last_seq: Any
    pending: Any = None


_DECODER = msgspec.json.Decoder(_Changes)


def address(place: str, since: str) -> str:
    """Where the page after a number is.

    Args:
        place: the feed's URL; what it asks for besides is kept.
        since: a number, or `NOW`.
    """
    parts = urlsplit(place)
    kept = [(key, value) for key, value in parse_qsl(parts.query) if key not in ("since", "limit", "feed")]
    query = urlencode([*kept, ("since", since), ("limit", ROWS if since != NOW else 1)])
    return urlunsplit(parts._replace(query=query, fragment=""))


def page(body: bytes, since: str) -> Page:
    """The page in `body`.

    Raises:
        UpstreamError: it is none.
    """
    try:
        changes = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamError("the feed answered with something that is no page of changes") from None
    number = changes.last_seq
    at = str(number) if isinstance(number, int | str) and not isinstance(number, bool) else ""
    if not _NUMBER.fullmatch(at):
        raise UpstreamError("the feed does not say where to go on")
    if since == NOW:
        return Page((), at)
    names = (named(Ecosystem.NPM, change.id) for change in changes.results)
    more = len(changes.results) >= ROWS if not isinstance(changes.pending, int) else changes.pending > 0
    return Page(tuple(dict.fromkeys(name for name in names if name)), at, more=more and at != since)
