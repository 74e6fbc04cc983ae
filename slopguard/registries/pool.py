"""All the indexes of a session: one registry each, and what they say together about a name.

Invariants:

* Facts count from trusted indexes only. YES if any lists the name; NO only if every one answered clearly; an index that
  failed while none lists the name makes the answer DOWN or AUTH, and else partial: what it lacks may still exist.
* npm asks one registry a name: that of its scope if one is configured, else the default. PyPI asks all of them, but
  uv's `explicit` ones only when they are the route.
* An index without dates makes the facts undated unless a person vouches for it (`curated`; its releases then have no
  upload time and `dated` stays true), or another trusted index dates the same versions, or `dates_from` the same files.
* A document without dates will do only where nothing but the cooldown asks for them, and its last change is far older.
* What sessions share is taken unasked only where that changes no verdict: never about names of the organisation's own,
  nor where no version is too young. Offline, nobody is asked.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from aiohttp.abc import AbstractResolver

from slopguard.config import Settings
from slopguard.errors import SlopguardError, UpstreamAuth, UpstreamError
from slopguard.indexes import Index, IndexKind, origin
from slopguard.model import OFFLINE, Ecosystem, Existence, Facts, Layer, NormalizedName, Release
from slopguard.names import matches
from slopguard.registries.documents import Stance
from slopguard.registries.http import Upstream
from slopguard.registries.interface import FileStream, ProjectNotFound, Registry
from slopguard.registries.npm.packument import Packument
from slopguard.registries.npm.registry import NpmRegistry
from slopguard.registries.once import Once
from slopguard.registries.pypi.filenames import parse_version
from slopguard.registries.pypi.local import LocalRegistry
from slopguard.registries.pypi.page import ProjectPage
from slopguard.registries.pypi.registry import PyPIRegistry
from slopguard.registries.shared import Shared
from slopguard.registries.supply import Supply
from slopguard.registries.surroundings import Surroundings

AnyRegistry = PyPIRegistry | LocalRegistry | NpmRegistry
AnyDocument = ProjectPage | Packument
Settled = Callable[[Ecosystem, NormalizedName], bool]
CLOCKS = timedelta(days=1)
"""How far a registry's clock may be from ours."""
SEVERITY = ("quarantined", "archived", "deprecated", "active")


class Upstreams:
    """The registries of a session; an async context manager.

    Args:
        indexes: the client's own, in its own order.
        settings: time-out, offline, `dates_from` and `curated` count here.
        resolver: for tests; the system's by default.
        surroundings: the caller's; by default this process is the caller.
        settled: whether a name stands whatever its document says (an allow row).
    """

    def __init__(
        self,
        indexes: Sequence[Index],
        settings: Settings,
        resolver: AbstractResolver | None = None,
        *,
        surroundings: Surroundings | None = None,
        settled: Settled | None = None,
    ) -> None:
        self.indexes = tuple(indexes)
        self._settings = settings
        self._resolver = resolver
        self._surroundings = Surroundings.of(os.environ) if surroundings is None else surroundings
        self._settled = settled
        self._given: Shared | None = None
        self._own: Shared | None = None
        self._upstreams: list[Upstream] = []
        self._plain: dict[Index, AnyRegistry] = {}
        self._registries: dict[Index, AnyRegistry | Dated] = {}
        self._facts: Once[tuple[Ecosystem, str, tuple[Index, ...]], Facts] = Once()

    def share(self, shared: Shared) -> None:
        """Share documents, files and connections with other sessions; to be called before anything is asked."""
        self._given = shared

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._facts.close()
        for registry in (*self._registries.values(), *self._plain.values()):
            await registry.close()
        for upstream in self._upstreams:
            await upstream.__aexit__(None, None, None)
        if self._own is not None:
            await self._own.close()
            self._own = None
        self._registries.clear()
        self._plain.clear()
        self._upstreams.clear()

    def registry(self, index: Index) -> Registry[Any]:
        """The registry of an index, its documents dated as far as `dates_from` can: `ProjectPage`s or `Packument`s."""
        if index not in self._registries:
            plain = self._undated(index)
            self._registries[index] = Dated(plain, partial(self._completed, index)) if self._undating(index) else plain
        return self._registries[index]

    def npm(self, index: Index) -> NpmRegistry:
        """The npm registry of an index itself, for its service paths (`NpmRegistry.service`)."""
        registry = self._undated(index)
        assert isinstance(registry, NpmRegistry)
        return registry

    def whole(self, name: NormalizedName) -> None:
        """Nothing but the full npm document of this name will do from now on."""
        for index in self.relevant(Ecosystem.NPM, name):
            self.npm(index).whole(name)

    def _undated(self, index: Index) -> AnyRegistry:
        if index not in self._plain:
            shared = self._shared()
            upstream = Upstream(
                index,
                self._settings.timeout,
                self._resolver,
                surroundings=self._surroundings,
                connections=shared.connections,
                offline=self._settings.offline,
            )
            upstream.hold()
            self._upstreams.append(upstream)
            supply = shared.supply(partial(self._stance, index.ecosystem), partial(self._before, index))
            self._plain[index] = _registry(index, upstream, supply)
        return self._plain[index]

    def _shared(self) -> Shared:
        if self._given is None and self._own is None:
            self._own = Shared()
        shared = self._given or self._own
        assert shared is not None
        return shared

    def _stance(self, ecosystem: Ecosystem, name: NormalizedName) -> Stance:
        """What may be taken unasked: what a document may lack by then would be stepped over for being too young."""
        settings = self._settings
        ours = (*settings.own.get(ecosystem, ()), *settings.internal.get(ecosystem, ()))
        patient = settings.min_version_age_days >= 1 and not matches(ours, name, ecosystem)
        return Stance(patient, settled=patient and self._settled is not None and self._settled(ecosystem, name))

    def _before(self, index: Index, name: NormalizedName) -> datetime | None:
        """When a name must have changed last, at the latest, for a document without dates to do; clocks may differ."""
        setting = self._settings.upstream.get(index.ecosystem)
        elsewhere = setting is not None and setting.dates_from is not None
        if not index.trusted or index.private or elsewhere or self._curated(index):
            return None
        if not self._stance(index.ecosystem, name).settled:
            return None
        return datetime.now(UTC) - timedelta(days=self._settings.min_version_age_days) - CLOCKS

    async def page(self, index: Index, name: NormalizedName) -> AnyDocument:
        """The project's document on one index, as `registry(index).project(name)`; remembered for the session.

        Raises:
            ProjectNotFound, UpstreamAuth, UpstreamError: as `Registry.project`; also if `dates_from` was needed and
                did not answer.
        """
        document: AnyDocument = await self.registry(index).project(name)
        return document

    async def facts(self, ecosystem: Ecosystem, name: NormalizedName, *, route: Index | None = None) -> Facts:
        """What the trusted indexes say together; failures are values (`DOWN`, `AUTH`), never errors.

        Args:
            route: the index the client is asking; adds an `explicit` one to those that count.
        """
        asked = self.relevant(ecosystem, name, route)
        if self._settings.offline or not asked:
            return OFFLINE
        return await self._facts.get((ecosystem, name, asked), lambda: self._union(asked, name))

    def relevant(self, ecosystem: Ecosystem, name: NormalizedName, route: Index | None = None) -> tuple[Index, ...]:
        """The trusted indexes whose word counts for this name, in the client's order."""
        trusted = [index for index in self.indexes if index.ecosystem is ecosystem and index.trusted]
        if matches(self._settings.internal.get(ecosystem, ()), name, ecosystem):
            trusted = [index for index in trusted if index.private] or trusted  # never asked of a public one
        if ecosystem is Ecosystem.NPM:
            return tuple(_npm_index(trusted, name))
        return tuple(index for index in trusted if not index.explicit or index == route)

    async def _union(self, asked: tuple[Index, ...], name: NormalizedName) -> Facts:
        answers = await asyncio.gather(*(self._answer(index, name) for index in asked))
        found = [answer for answer in answers if isinstance(answer, Facts)]
        failed = [answer for answer in answers if isinstance(answer, SlopguardError)]
        now = datetime.now(UTC)
        if failed and not any(facts.releases for facts in found):
            return Facts(_failure(failed), asked=now)
        if not found:
            return Facts(Existence.NO, asked=now)
        return replace(merged(found), asked=now, partial=self._unheard(asked, failed))

    def _unheard(self, asked: tuple[Index, ...], failed: Sequence[SlopguardError]) -> Existence | None:
        """Why some trusted index that may list more versions was not heard; `None` if all were."""
        if failed:
            return _failure(failed)
        mine = (i for i in self.indexes if i.ecosystem is Ecosystem.PYPI is asked[0].ecosystem)
        return Existence.OFFLINE if any(i.trusted and i.explicit and i not in asked for i in mine) else None

    async def _answer(self, index: Index, name: NormalizedName) -> Facts | UpstreamError | None:
        """One index's facts; `None` if it has no such project; the error if it gave no answer."""
        try:
            facts = (await self.page(index, name)).facts()
        except ProjectNotFound:
            return None
        except UpstreamError as error:
            return error
        return replace(facts, dated=True) if self._curated(index) else facts

    def _curated(self, index: Index) -> bool:
        setting = self._settings.upstream.get(index.ecosystem)
        if index.curated or setting is None or not setting.curated:
            return index.curated
        return setting.url is None or setting.url.rstrip("/") == index.url.rstrip("/")

    def _undating(self, index: Index) -> bool:
        """Whether dates that it lacks are to be had from elsewhere."""
        setting = self._settings.upstream.get(index.ecosystem)
        return setting is not None and setting.dates_from is not None and not self._curated(index)

    async def _completed(self, index: Index, name: NormalizedName, document: AnyDocument) -> AnyDocument:
        setting = self._settings.upstream[index.ecosystem]
        if setting.dates_from is None or document.facts().dated:
            return document
        source = self._undated(_dates_index(index.ecosystem, setting.dates_from))
        try:
            other = await source.project(name)
        except ProjectNotFound:
            return document
        if isinstance(document, ProjectPage) and isinstance(other, ProjectPage):
            return document.dated_by(other)
        assert isinstance(document, Packument)
        assert isinstance(other, Packument)
        return document.dated_by(other)


class Dated:
    """A registry whose documents are completed with dates from elsewhere; the rest is delegated.

    Args:
        inner: the index itself.
        complete: gives the document with every date that can be had.
    """

    def __init__(
        self, inner: AnyRegistry, complete: Callable[[NormalizedName, AnyDocument], Awaitable[AnyDocument]]
    ) -> None:
        self._inner, self._complete = inner, complete
        self._documents: Once[str, AnyDocument] = Once((ProjectNotFound,))

    async def names(self) -> AsyncIterator[bytes]:
        """As the index lists them."""
        return await self._inner.names()

    async def project(self, name: NormalizedName) -> AnyDocument:
        """The document, remembered; see `Registry.project`."""
        return await self._documents.get(name, lambda: self._project(name))

    async def _project(self, name: NormalizedName) -> AnyDocument:
        return await self._complete(name, await self._inner.project(name))

    async def file(
        self, name: NormalizedName, filename: str, *, byte_range: str | None = None, head: bool = False
    ) -> FileStream:
        """As the index serves it."""
        return await self._inner.file(name, filename, byte_range=byte_range, head=head)

    async def close(self) -> None:
        """Stop what is under way."""
        await self._documents.close()


def _failure(failed: Iterable[SlopguardError]) -> Existence:
    """What several failures amount to: `AUTH` if that is all that is wrong."""
    return Existence.AUTH if all(isinstance(error, UpstreamAuth) for error in failed) else Existence.DOWN


def merged(found: Sequence[Facts]) -> Facts:
    """One view of several indexes: versions united (earliest upload, all digests), the gravest status."""
    releases: dict[object, Release] = {}
    for release in (release for facts in found for release in facts.releases):
        key = parse_version(release.version) or release.version
        known = releases.get(key)
        releases[key] = release if known is None else _united(known, release)
    undated = {parse_version(r.version) or r.version for facts in found if not facts.dated for r in _open(facts)}
    return Facts(
        existence=Existence.YES,
        releases=tuple(releases.values()),
        status=min((facts.status for facts in found), key=SEVERITY.index),
        dated=all(releases[key].uploaded for key in undated),
        bounded=any(facts.bounded for facts in found),
    )


def _open(facts: Facts) -> Iterable[Release]:
    return (release for release in facts.releases if release.uploaded is None)


def _united(one: Release, other: Release) -> Release:
    return Release(
        version=one.version,
        uploaded=min((when for when in (one.uploaded, other.uploaded) if when), default=None),
        digests=one.digests | other.digests,
        yanked=one.yanked and other.yanked,
        install_script=one.install_script and other.install_script,
        foreign=one.foreign or other.foreign,
    )


def _npm_index(trusted: Iterable[Index], name: str) -> list[Index]:
    scope = name.partition("/")[0] if name.startswith("@") else None
    choices = list(trusted)
    own = [i for i in choices if i.kind is IndexKind.SCOPE and i.name == scope] if scope else []
    return (own or [i for i in choices if i.kind is IndexKind.DEFAULT])[:1]


def _registry(index: Index, upstream: Upstream, supply: Supply) -> AnyRegistry:
    if index.ecosystem is Ecosystem.NPM:
        return NpmRegistry(index, upstream, supply)
    made = LocalRegistry if origin(index.url)[0] in ("file", "") else PyPIRegistry
    return made(index, upstream, supply)


def _dates_index(ecosystem: Ecosystem, url: str) -> Index:
    return Index(ecosystem=ecosystem, key="dates-from", url=url, kind=IndexKind.DEFAULT, layer=Layer.ACCEPTED)
