"""Reading a registry's feed from where it was left: page by page, each name looked up in the watchlist.

Invariants: where a feed was read up to is written together with the watched names that it spoke of, so that a poll that
is killed misses none; a feed without watched names costs no question about any; whatever goes wrong leaves it where it
was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from slopguard.config import Settings
from slopguard.errors import SlopguardError
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer
from slopguard.radar.feeds import changes, newest
from slopguard.radar.feeds.page import Page
from slopguard.radar.memory import Fed, Memory
from slopguard.radar.model import Held
from slopguard.radar.pace import Stopped
from slopguard.radar.paces import Counted, Paces, paced
from slopguard.radar.watched import Watched
from slopguard.registries.http import Answer, Upstream
from slopguard.registries.validity import Known

MOST = 10_000
"""Pages of one feed that one poll reads."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of one ecosystem: npm's pages of changes, PyPI's RSS of newest packages."""

    ecosystem: Ecosystem
    place: str


@dataclass(slots=True)
class Heard:
    """What a feed said.

    Args:
        names: packages that it spoke of, of which
        hits: so many are watched.
        first: it was read for the first time: what came before it is not known.
        gap: something may have been missed.
        failed: it could not be read to its end.
    """

    feed: Feed
    names: int = 0
    hits: int = 0
    first: bool = False
    gap: bool = False
    failed: bool = False

    @property
    def whole(self) -> bool:
        """Whether it told of every package that appeared since it was read last."""
        return not (self.first or self.gap or self.failed)


class Reading:
    """Reads the feeds of a poll.

    Args:
        over: whether it is time to end.
    """

    def __init__(
        self, settings: Settings, paces: Paces, memory: Memory, watched: Watched, over: Callable[[], bool]
    ) -> None:
        self._settings, self._paces = settings, paces
        self._memory, self._watched, self._over = memory, watched, over

    async def read(self, feed: Feed, now: datetime) -> Heard:
        """Read a feed to its end."""
        heard = Heard(feed, first=self._memory.fed(feed.place) is None)
        index = Index(feed.ecosystem, "feed", feed.place, IndexKind.DEFAULT, Layer.ACCEPTED)
        async with Counted(self._paces, index, self._settings.timeout) as upstream:
            try:
                for _ in range(MOST):
                    page = await self._page(feed, upstream, heard, now)
                    if not page.more:
                        return heard
                    if self._over():
                        break
            except (SlopguardError, Stopped):
                pass
        heard.failed = True
        return heard

    async def _page(self, feed: Feed, upstream: Upstream, heard: Heard, now: datetime) -> Page:
        """One page, and what it says kept."""
        before = self._memory.fed(feed.place)
        npm = feed.ecosystem is Ecosystem.NPM
        page, held = await (self._changes if npm else self._newest)(feed, upstream, before)
        hits = [(feed.ecosystem, name) for name in page.names if self._watched.get(feed.ecosystem, name) is not None]
        self._memory.feed(feed.place, Fed(page.at, held), hits, now)
        heard.names += len(page.names)
        heard.hits += len(hits)
        heard.gap = heard.gap or page.gap
        return page

    async def _changes(self, feed: Feed, upstream: Upstream, before: Fed | None) -> tuple[Page, Held | None]:
        since = before.at if before is not None else changes.NOW
        place = changes.address(feed.place, since)
        answer = await paced(
            self._paces.of(place), partial(upstream.document, place, "application/json", changes.LIMIT)
        )
        return changes.page(answer.body, since), None

    async def _newest(self, feed: Feed, upstream: Upstream, before: Fed | None) -> tuple[Page, Held | None]:
        at, held = (before.at, before.held) if before is not None else ("", None)
        known = Known(held.url, held.login, held.etag, held.modified) if held is not None else None
        accept = "application/rss+xml, application/xml;q=0.9, text/xml;q=0.9"
        asking = partial(upstream.asked, feed.place, accept, newest.LIMIT, known)
        answer = await paced(self._paces.of(feed.place), asking)
        if not isinstance(answer, Answer):
            return Page((), at), held
        validity = answer.validity
        return newest.page(answer.body, at), Held(answer.url, answer.login, validity.etag, validity.modified)
