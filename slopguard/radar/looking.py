"""Asking indexes whether one name exists: politely, with as little as tells it.

Invariants:

* A name that nobody has costs one HEAD request. Of one that is there the dated document is fetched once, and after that
  only asked about conditionally.
* NO takes a clear answer from every trusted index that may list the name; anything else that is not YES is `DOWN` or
  `AUTH`. An internal name is asked of nobody, nor is one of ours.
* Every request waits for its host's turn. An index that knows a name which nobody can have (a captive portal, a
  wildcard) is not heard.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

from slopguard.config import Settings
from slopguard.errors import SlopguardError, UpstreamAuth, UpstreamError
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Existence, NormalizedName
from slopguard.names import matches
from slopguard.radar import documents
from slopguard.radar.model import Held, Look, Record, Target
from slopguard.radar.pace import Pace, Stopped, Why
from slopguard.radar.paces import NO_HEAD, Counted, Paces, paced
from slopguard.registries.connections import Connections
from slopguard.registries.http import PACKUMENT_LIMIT, PAGE_LIMIT, Answer, Upstream, translated
from slopguard.registries.interface import ProjectNotFound, Rejected
from slopguard.registries.npm.names import quoted
from slopguard.registries.npm.packument import FULL_TYPE, Packument, parse_packument
from slopguard.registries.pool import Upstreams
from slopguard.registries.pypi.page import ProjectPage
from slopguard.registries.pypi.parse import ACCEPT, parse_page
from slopguard.registries.validity import Known, Validity

UNKNOWN, UNASKED = Look(Existence.DOWN), Look(Existence.OFFLINE)


@dataclass(slots=True)
class _Way:
    """How one index is asked."""

    index: Index
    upstream: Upstream
    pace: Pace
    head: bool = True
    checked: bool = False
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Looking:
    """The indexes of a poll; an async context manager.

    Args:
        indexes: of all ecosystems, as the clients are configured.
        paces: the pace of each host.
        canary: a name that nobody can have.
    """

    def __init__(self, indexes: Sequence[Index], settings: Settings, paces: Paces, canary: str = "") -> None:
        self._settings, self._paces = settings, paces
        self._upstreams = Upstreams(indexes, settings)
        self._connections = Connections()
        self._ways: dict[Index, _Way] = {}
        self._canary = NormalizedName(canary or f"slopguard-radar-{os.urandom(12).hex()}")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._upstreams.__aexit__(kind, error, trace)
        for way in self._ways.values():
            await way.upstream.__aexit__(None, None, None)
        await self._connections.close()

    def asked(self, target: Target) -> tuple[Index, ...]:
        """The indexes that may be asked about a name; none for a name that is the organisation's own."""
        if ours(self._settings, target):
            return ()
        return self._upstreams.relevant(target.ecosystem, target.name)

    def stopped(self, ecosystem: Ecosystem) -> bool:
        """Whether no name of an ecosystem can be found free any more, because an index is left alone."""
        mine = (way for index, way in self._ways.items() if index.ecosystem is ecosystem and way.pace.stopped)
        return any(ecosystem is Ecosystem.PYPI or way.index.kind is IndexKind.DEFAULT for way in mine)

    async def look(self, target: Target, record: Record | None) -> Look:
        """What the indexes say together.

        One that has the name does not speak for the others: a package of the organisation's own may have stood on its
        index for years when somebody registers the name on the public one.
        """
        there: Look | None = None
        worst: Look | None = None
        for index in self.asked(target):
            look = await self._of(index, target.name, record)
            if look.existence is not Existence.YES:
                worst = look if worst is None or worst.existence is Existence.NO else worst
            elif _since(look, target):
                return look
            else:
                there = there or look
        return there or worst or UNASKED

    async def _of(self, index: Index, name: NormalizedName, record: Record | None) -> Look:
        """What one index says; whatever goes wrong is a look that found nothing out."""
        try:
            if index.kind is IndexKind.FIND_LINKS or index.url.startswith("file:"):
                return await self._links(index, name)
            way = self._way(index)
            if not way.checked:
                await self._check(way)
            return await self._asked(way, name, _held(record, index))
        except ProjectNotFound:
            return Look(Existence.NO)
        except UpstreamAuth:
            return Look(Existence.AUTH)
        except Stopped:
            return UNASKED
        except SlopguardError:
            return UNKNOWN

    async def _links(self, index: Index, name: NormalizedName) -> Look:
        """Of a folder, or a page of links: they are read once for all names."""
        document = await self._upstreams.page(index, name)
        return Look(Existence.YES, documents.found(document))

    async def _check(self, way: _Way) -> None:
        """Find out whether an index knows even what nobody can have.

        Raises:
            UpstreamError: it does, or does not answer.
        """
        async with way.checking:
            if way.checked:
                return
            try:
                await self._there(way, self._nobody(way.index))
            except ProjectNotFound:
                way.checked = True
                return
        way.pace.stop(Why.ODD)
        raise UpstreamError("the index knows names that nobody has registered")

    async def _answers(self, way: _Way) -> bool:
        """Whether an index that refused several names in a row answers about the one that nobody can have."""
        address, accept = _address(way.index, self._nobody(way.index)), _accept(way.index)
        try:
            if way.head:
                await _head(way.upstream, address, accept)
            else:
                await way.upstream.asked(address, accept, PAGE_LIMIT)
        except ProjectNotFound:
            return True
        except SlopguardError:
            return False
        return False

    def _nobody(self, index: Index) -> NormalizedName:
        """The name that nobody can have; the registry of a scope is asked about names of that scope only."""
        scoped = index.kind is IndexKind.SCOPE and index.name
        return NormalizedName(f"{index.name}/{self._canary}") if scoped else self._canary

    async def _asked(self, way: _Way, name: NormalizedName, held: Held | None) -> Look:
        if held is None:
            await self._there(way, name)
        known = Known(held.url, held.login, held.etag, held.modified) if held is not None else None
        answer = await self._document(way, name, known)
        if isinstance(answer, Validity):
            return Look(Existence.YES, None, held)
        document = await self._read(way.index, name, answer)
        return Look(Existence.YES, documents.found(document, answer.body), _keep(answer))

    async def _there(self, way: _Way, name: NormalizedName) -> None:
        """Ask with HEAD, where the host takes it, whether a name is there.

        Raises:
            ProjectNotFound: it is not.
            UpstreamError: that was not answered.
        """
        address, accept = _address(way.index, name), _accept(way.index)
        if way.head:
            try:
                await paced(way.pace, partial(_head, way.upstream, address, accept), head=True)
                return
            except Rejected as why:
                if why.status not in NO_HEAD:
                    raise
            way.head = False
        await self._document(way, name, None)

    async def _document(self, way: _Way, name: NormalizedName, known: Known | None) -> Answer | Validity:
        limit = PACKUMENT_LIMIT if way.index.ecosystem is Ecosystem.NPM else PAGE_LIMIT
        address, accept = _address(way.index, name), _accept(way.index)
        return await paced(way.pace, partial(way.upstream.asked, address, accept, limit, known))

    async def _read(self, index: Index, name: NormalizedName, answer: Answer) -> ProjectPage | Packument:
        """The document in an answer, with dates from elsewhere where the settings name such a place."""
        document: ProjectPage | Packument
        if index.ecosystem is Ecosystem.NPM:
            document = parse_packument(name, answer.body)
        else:
            document = parse_page(name, answer.body, answer.content_type, answer.url)
        setting = self._settings.upstream.get(index.ecosystem)
        if document.facts().dated or setting is None or setting.dates_from is None:
            return document
        await self._paces.of(index.url).turn()  # it is asked once more, to be compared
        return await self._elsewhere(index, name, setting.dates_from)

    async def _elsewhere(self, index: Index, name: NormalizedName, place: str) -> ProjectPage | Packument:
        """The document with the dates that another place has."""
        asking = partial(self._upstreams.page, index, name)
        return await (asking() if place.startswith("file:") else paced(self._paces.of(place), asking))

    def _way(self, index: Index) -> _Way:
        if index not in self._ways:
            upstream = Counted(self._paces, index, self._settings.timeout, connections=self._connections)
            upstream.hold()
            way = self._ways[index] = _Way(index, upstream, self._paces.of(index.url))
            way.pace.control = way.pace.control or partial(self._answers, way)
        return self._ways[index]


def _since(look: Look, target: Target) -> bool:
    """Whether a name was registered since it was predicted, by its index's own dates."""
    return look.found is not None and look.found.first is not None and look.found.first > target.predicted


def ours(settings: Settings, target: Target) -> bool:
    """Whether a name is the organisation's own (`[internal]`, `[own]`): nobody is asked about it."""
    of = target.ecosystem
    return matches((*settings.internal.get(of, ()), *settings.own.get(of, ())), target.name, of)


async def _head(upstream: Upstream, address: str, accept: str) -> None:
    with translated():
        async with asyncio.timeout(upstream.timeout), upstream.opened("HEAD", address, {"Accept": accept}):
            return


def _address(index: Index, name: NormalizedName) -> str:
    root = index.url if index.url.endswith("/") else f"{index.url}/"
    return root + (quoted(name) if index.ecosystem is Ecosystem.NPM else f"{quote(name, safe='')}/")


def _accept(index: Index) -> str:
    return FULL_TYPE if index.ecosystem is Ecosystem.NPM else ACCEPT


def _held(record: Record | None, index: Index) -> Held | None:
    """How to ask this index again for a document that it gave, if it did."""
    held = record.held if record is not None else None
    same = held is not None and urlsplit(held.url)[:2] == urlsplit(index.url)[:2]
    return held if same else None


def _keep(answer: Answer) -> Held:
    return Held(answer.url, answer.login, answer.validity.etag, answer.validity.modified)
