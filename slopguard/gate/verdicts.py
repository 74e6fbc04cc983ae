"""A session's verdicts: each name is judged once, each refusal is in the ledger before it is answered.

Invariants:

* A name is judged over the whole set of trusted indexes, not over the one that was asked.
* An index that is not trusted is never asked anything: what would come from it is judged as coming from it. Only a
  lenient one, a folder of this machine that the environment names, is looked into: what it lacks is judged as usual.
* Versions that must step back are hidden; if none is left, the name is refused with the reason of the version that
  is soonest to pass.
* What was admitted before every index was heard is judged again by the document that is served: no version leaves
  that nobody looked at.
* Admissions are written in batches, at the latest when the session closes; refusals at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from slopguard.errors import EnvironmentFailed, UpstreamError
from slopguard.gate.refused import Refused
from slopguard.gate.session import Session
from slopguard.gate.standing import Standing, soonest
from slopguard.indexes import Index, without_credentials
from slopguard.model import (
    OFFLINE,
    REGISTRY,
    Arrival,
    Decision,
    Ecosystem,
    Existence,
    Facts,
    NormalizedName,
    Outcome,
    Request,
    Sighting,
    Source,
    SourceKind,
    Verdict,
)
from slopguard.names import BadName, matches, normalize
from slopguard.registries.interface import Document, HashMismatch, ProjectNotFound, Registry, Unasked
from slopguard.registries.pool import SEVERITY, merged

BATCH = 64
"""Admissions written to the ledger in one transaction."""

Route = tuple[Ecosystem, str, NormalizedName, Arrival]
"""A name on one index of the session, as it came up."""

ELSEWHERE = Source(SourceKind.URL, trusted=False)
"""Where a requirement comes from that names its own place."""


@dataclass(frozen=True, slots=True)
class _Late:
    """A verdict given once a document was there, and what that said."""

    heard: Facts
    task: asyncio.Task[Standing]


class Verdicts:
    """The verdicts of one session, each made once however many requests wait for it.

    `chains` are the registries that its routes serve, each made once.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._standings: dict[tuple[Ecosystem, str, Arrival, Source], asyncio.Task[Standing]] = {}
        self._routes: dict[Route, asyncio.Task[Standing]] = {}
        self._late: dict[Route, _Late] = {}
        self._heard: dict[Route, Facts] = {}
        self.chains: dict[tuple[Ecosystem, str], Registry[Any]] = {}
        self._homes: dict[tuple[Ecosystem, str, NormalizedName], Index | None] = {}
        self._admitted: list[Verdict] = []

    async def standing(self, index: Index, name: NormalizedName) -> Standing:
        """What this session holds about `name` when it is asked of `index`.

        Raises:
            StoreError: the ledger could not be written, so that nothing may be answered.
        """
        route = self._route(index, name)
        task = self._routes.get(route)
        if task is None:
            request = await self._request(index, name)
            key = (index.ecosystem, name, request.arrived, request.source)
            task = self._standings.get(key)
            if task is None:
                task = self._standings[key] = asyncio.create_task(self._judge(request, index))
            if index.trusted or not index.lenient:  # what a lenient one lacks today it may hold later
                self._routes[route] = task
        return task.result() if task.done() else await asyncio.shield(task)

    async def over(self, index: Index, name: NormalizedName, document: Document) -> Standing:
        """What it holds once `document` is there: by its word where an index was silent, or not asked, before.

        Raises:
            StoreError: as for `standing`.
        """
        standing = await self.standing(index, name)
        key, heard = self._route(index, name), document.facts()
        if standing.verdict.stops or self._covered(key, standing, heard):
            return standing
        while (late := self._late.get(key)) is None or late.heard is not heard:
            request = await self._request(index, name)
            if late is not None:
                await asyncio.wait({late.task})
            if self._late.get(key) is late:
                known = _known(standing.facts, heard)
                self._late[key] = _Late(heard, asyncio.create_task(self._judged(request, known)))
        return await asyncio.shield(late.task)

    def _covered(self, key: Route, standing: Standing, heard: Facts) -> bool:
        """Whether the verdict was given knowing all that a document lists; the one it was last said of is remembered.

        A document that was fetched again, by this session much later or by another meanwhile, may list versions, and
        files of versions, that nobody has looked at.
        """
        facts = standing.facts
        if facts.existence is not Existence.YES or facts.partial is not None or facts.bounded is not heard.bounded:
            return False
        if self._heard.get(key) is not heard:
            both = facts if heard.releases == facts.releases else merged((facts, heard))
            graver = SEVERITY.index(heard.status) < SEVERITY.index(facts.status)
            if graver or both.releases != facts.releases:
                return False
            self._heard[key] = heard
        return True

    async def bad_name(self, ecosystem: Ecosystem, raw: str) -> Refused:
        """The refusal of text that is no name at all."""
        arrived = Arrival.INTRODUCED
        request = Request(ecosystem, None, raw, arrived=arrived, actor=self._session.actor)
        verdict = self._session.judge.verdict(request, OFFLINE, session=self._session.door.session)
        await self._record(verdict)
        return Refused(verdict, OFFLINE)

    async def failed(self, standing: Standing, error: EnvironmentFailed, version: str | None = None) -> Refused:
        """The refusal of an admitted name whose document or file could not be had, or was wrong."""
        mismatch = isinstance(error, HashMismatch)
        request = replace(standing.verdict.request, version=version)
        unasked = isinstance(error, Unasked)
        facts = standing.facts if mismatch else OFFLINE if unasked else _no_answer(error)
        verdict = self._session.judge.verdict(
            request, facts, hash_mismatch=mismatch, session=self._session.door.session
        )
        if not verdict.stops:  # pinned rows excuse a silent index, but not the missing bytes
            evidence = replace(verdict.evidence, facts=OFFLINE) if unasked else verdict.evidence
            decision = Decision(Outcome.UNCHECKED, error.code)
            verdict = replace(verdict, decision=decision, evidence=evidence, enforced=True)
        await self._record(verdict)
        return Refused(verdict, standing.facts)

    async def stranger(self, required: Sighting) -> Refused:
        """The refusal of something that a file requires from a place of its own."""
        ecosystem = required.ecosystem
        try:
            name = normalize(ecosystem, required.raw)
        except BadName:
            name = None
        source = replace(ELSEWHERE, kind=required.source.kind, index=required.source.index)
        request = Request(
            ecosystem, name, required.raw, arrived=Arrival.TRANSITIVE, source=source, actor=self._session.actor
        )
        verdict = self._session.judge.verdict(request, OFFLINE, session=self._session.door.session)
        await self._record(verdict)
        return Refused(verdict, OFFLINE)

    async def refuse_version(self, standing: Standing, version: str) -> Refused:
        """The refusal of a direct request for a version that stepped back."""
        verdict = standing.hidden[version]
        await self._record(verdict)
        return Refused(verdict, standing.facts)

    def elsewhere(self, index: Index, name: NormalizedName) -> bool:
        """Whether `name` is internal and comes from another index than this one."""
        key = (index.ecosystem, index.key, name)
        if key not in self._homes:
            self._homes[key] = home_of(self._session, index, name)
        home = self._homes[key]
        return home is not None and home != index and not index.private

    async def version(self, index: Index, name: NormalizedName, version: str | None) -> Verdict | None:
        """The refusal of one version of `name`, recorded; `None` if it is admitted."""
        standing = await self.standing(index, name)
        if standing.verdict.stops:
            return standing.verdict
        if held := standing.held_back(version):
            return (await self.refuse_version(standing, held)).verdict
        return None

    async def noted(self, verdict: Verdict) -> None:
        """Write a version that was stepped over to the ledger."""
        await self._write([verdict])

    async def close(self) -> None:
        """Let what is being judged end and write the admissions that wait."""
        tasks = [*self._standings.values(), *(late.task for late in self._late.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._flush()

    def _route(self, index: Index, name: NormalizedName) -> Route:
        """What a question is about, as far as this session can tell questions apart before it looks."""
        return index.ecosystem, index.key, name, self._session.arrivals.of(index.ecosystem, name)

    async def _request(self, index: Index, name: NormalizedName) -> Request:
        """The question that a client asks of `index` about a name."""
        arrived, source = self._session.arrivals.of(index.ecosystem, name), await self._source(index, name)
        return Request(index.ecosystem, name, name, arrived=arrived, source=source, actor=self._session.actor)

    async def _source(self, index: Index, name: NormalizedName) -> Source:
        """Where `name` would come from if this route served it; equal for all routes that make no difference."""
        if not index.trusted and (not index.lenient or await self._offered(index, name)):
            return Source(SourceKind.REGISTRY, without_credentials(index.url), trusted=False, private=index.private)
        home = home_of(self._session, index, name)
        return Source(SourceKind.REGISTRY, without_credentials(home.url), private=True) if home else REGISTRY

    async def _offered(self, index: Index, name: NormalizedName) -> bool:
        """Whether an index on disk may hold `name`."""
        try:
            await self._session.upstreams.registry(index).project(name)
        except ProjectNotFound:
            return False
        except UpstreamError:
            return True
        return True

    async def _judge(self, request: Request, index: Index) -> Standing:
        return await self._judged(request, await facts_for(self._session, request, index))

    async def _judged(self, request: Request, facts: Facts) -> Standing:
        session = self._session
        verdict = session.judge.verdict(request, facts, session=session.door.session)
        locked = session.judge.locked(request, facts, session=session.door.session)
        if verdict.stops:
            if locked:
                return await self._locked(verdict, facts, locked)
            await self._record(verdict)
            return Standing(facts, verdict)
        steps = session.judge.versions(request, facts, session=session.door.session)
        hidden = {version: refused for version, refused in steps.items() if version not in locked}
        hidden |= await self._requiring_strangers(request, facts)
        only = {version: locked[version].request.digests for version in steps if version in locked}
        standing = Standing(facts, verdict, hidden, only)
        if facts.releases and len(standing.withheld) == len({release.version for release in facts.releases}):
            verdict = soonest(tuple(hidden.values()))
            await self._record(verdict)
            return Standing(facts, verdict, hidden)
        await self._admit(verdict)
        return standing

    async def _locked(self, refused: Verdict, facts: Facts, locked: Mapping[str, Verdict]) -> Standing:
        """A name that stands for what an adopted lock file holds of it, and for nothing else."""
        for verdict in locked.values():
            await self._admit(verdict)
        others = [release.version for release in facts.releases if release.version not in locked]
        hidden = {v: replace(refused, request=replace(refused.request, version=v)) for v in others}
        only = {version: verdict.request.digests for version, verdict in locked.items()}
        return Standing(facts, list(locked.values())[-1], hidden, only)

    async def _requiring_strangers(self, request: Request, facts: Facts) -> dict[str, Verdict]:
        """Every version that would make the client fetch something from elsewhere than an index: `foreign-source`.

        Each is a verdict of its own; other sessions are answered between them.
        """
        session = self._session
        asked = [
            replace(request, version=release.version, digests=release.digests, source=ELSEWHERE)
            for release in facts.releases
            if release.foreign
        ]
        found: dict[str, Verdict] = {}
        for each in asked:
            verdict = session.judge.verdict(each, facts, session=session.door.session)
            if verdict.outcome.refuses:
                found[str(each.version)] = verdict
            await asyncio.sleep(0)
        return found

    async def _record(self, verdict: Verdict) -> None:
        """A refusal: durable in the ledger first, then in the session's journal."""
        await self._write([verdict])
        self._session.journal.refuse(verdict)

    async def _admit(self, verdict: Verdict) -> None:
        if verdict.outcome.refuses:  # mode observe: shown by the wrapper, refused by nobody
            self._session.journal.refuse(verdict)
        self._admitted.append(verdict)
        if len(self._admitted) >= BATCH:
            await self._flush()

    async def _flush(self) -> None:
        waiting, self._admitted = self._admitted, []
        if waiting:
            await self._write(waiting)

    async def _write(self, verdicts: Sequence[Verdict]) -> None:
        await asyncio.to_thread(self._session.judge.record, verdicts, self._session.door)


async def facts_for(session: Session, request: Request, index: Index | None = None) -> Facts:
    """What the session's trusted indexes say; nothing is asked about what would not come from them."""
    if request.name is None or request.source.kind is not SourceKind.REGISTRY or not request.source.trusted:
        return OFFLINE
    route = index or next((i for i in session.indexes.values() if i.explicit and i.url == request.source.index), None)
    return await session.upstreams.facts(request.ecosystem, request.name, route=route)


async def judge_all(session: Session, requests: Sequence[Request]) -> list[Verdict]:
    """Verdicts in the order of `requests`, facts fetched concurrently, in the ledger before they are returned.

    Raises:
        StoreError: the ledger cannot be written.
    """
    facts = await asyncio.gather(*(facts_for(session, request) for request in requests))
    verdicts = [
        session.judge.verdict(request, known, session=session.door.session)
        for request, known in zip(requests, facts, strict=True)
    ]
    await asyncio.to_thread(session.judge.record, verdicts, session.door)
    return verdicts


def _known(facts: Facts, heard: Facts) -> Facts:
    """What was known and what a document says, together; of bounds and dates, what the document has."""
    return merged((facts, heard)) if facts.releases and facts.bounded is heard.bounded else heard


def home_of(session: Session, index: Index, name: NormalizedName) -> Index | None:
    """The organisation's own index, if `name` is internal and there is one: it comes from nowhere else."""
    if not matches(session.settings.internal.get(index.ecosystem, ()), name, index.ecosystem):
        return None
    candidates = (index, *session.indexes.values())
    return next((i for i in candidates if i.ecosystem is index.ecosystem and i.trusted and i.private), None)


def _no_answer(error: EnvironmentFailed) -> Facts:
    existence = Existence.AUTH if error.code == "upstream-auth" else Existence.DOWN
    return Facts(existence, asked=datetime.now(UTC))
