"""PyPI's feed: RSS with the newest packages, one page that is always about the last few dozen.

Invariants: XML is read by expat alone and only as far as items and their links; a document type, and with it every
entity of its own, is refused before anything of it is read. Where no item of the last page is on this one, there may
have been others in between: the page has a gap.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from slopguard.errors import UpstreamError
from slopguard.model import Ecosystem, NormalizedName
from slopguard.radar.feeds.page import Page, named

LIMIT = 4 << 20
"""Bytes that the page may have."""
MOST = 1_000
"""Items of it that are read."""
DEEPEST = 32
"""Elements within elements."""
_MARK = 8
"""Hexadecimal digits that stand for one item."""


def page(body: bytes, before: str) -> Page:
    """The page in `body`.

    Args:
        before: `at` of the last one, `""` if there was none.

    Raises:
        UpstreamError: it is no RSS.
    """
    names = tuple(dict.fromkeys(name for link in _links(body) if (name := _name(link)) is not None))
    marks = [_mark(name) for name in names]
    known = set(before.split())
    gap = bool(known) and bool(marks) and known.isdisjoint(marks)
    new = names if not known else tuple(name for name in names if _mark(name) not in known)
    return Page(new, " ".join(marks) or before, gap=gap)


def _mark(name: NormalizedName) -> str:
    return sha256(name.encode()).hexdigest()[:_MARK]


def _name(link: str) -> NormalizedName | None:
    """The package that an item leads to: `.../project/NAME/`."""
    try:
        path = urlsplit(link.strip()).path
    except ValueError:
        return None
    parts = [unquote(part) for part in path.split("/") if part]
    if "project" not in parts[:-1]:
        return None
    return named(Ecosystem.PYPI, parts[parts.index("project") + 1])


class _Refused(Exception):
    """The document is not one that is read."""


class _Reader:
    """Collects the links of items."""

    def __init__(self) -> None:
        self.links: list[str] = []
        self.rss = False
        self._path: list[str] = []
        self._text: list[str] | None = None

    def start(self, name: str, _: object) -> None:
        if len(self._path) >= DEEPEST:
            raise _Refused
        self.rss = self.rss or (name == "rss" and not self._path)
        self._path.append(name)
        if self._path[-2:] == ["item", "link"] and len(self.links) < MOST:
            self._text = []

    def end(self, _: str) -> None:
        self._path.pop()
        if self._text is not None:
            self.links.append("".join(self._text))
            self._text = None

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def refuse(self, *_: object) -> None:
        raise _Refused


def _links(body: bytes) -> list[str]:
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.data
    refuse: Callable[..., None] = reader.refuse
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, _Refused, ValueError, LookupError):  # the last: an encoding that nobody knows
        raise UpstreamError("the feed answered with something that is no RSS") from None
    if not reader.rss:
        raise UpstreamError("the feed answered with something that is no RSS")
    return reader.links
