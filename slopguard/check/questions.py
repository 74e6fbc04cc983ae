"""From what files say to questions for the judge: each package and version once, with all its places.

A name in a manifest or command is *introduced*; what only a lock file holds is *transitive*, unless nothing in the
file asks for it. Invariants: every sighting becomes a question or is a project of the tree's own; of two places the
one that deserves less trust is asked about by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from slopguard.check.found import NOTHING, Evidence, RequestKey, key
from slopguard.check.indexes import Indexes
from slopguard.check.tree import Read
from slopguard.guard import prejudge
from slopguard.locked import LockedSet
from slopguard.model import REGISTRY, Actor, Arrival, Ecosystem, Location, Request, Sighting, Source

Key = tuple[Ecosystem, str]
"""Ecosystem and name of a package, normalised where that is possible."""


@dataclass(slots=True)
class Questions:
    """What the judge is asked.

    Args:
        requests: one for each package, version and source, in the order found.
        unsure: those of `strange` of which only the index can tell.
        sure: those of which one lock file at least could tell: that counts for all.
        strange: what would come from a strange host, with the source it would have otherwise: a digest that the index
            lists proves that it is the same file.
        own: what may be a project of the tree itself wherever it is named: told only if it is on a list.
        changed: what has other digests than before, for the same version.
    """

    requests: list[Request] = field(default_factory=list)
    strange: dict[RequestKey, Source] = field(default_factory=dict)
    unsure: set[RequestKey] = field(default_factory=set)
    sure: set[RequestKey] = field(default_factory=set)
    changed: set[RequestKey] = field(default_factory=set)
    own: set[RequestKey] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Asking:
    """What the questions depend on beside the files.

    Args:
        indexes: the clients' indexes.
        actor: who asks.
        adopted: what the lock files of adopted projects hold.
        mapped: addresses (canonical) in lock files of npm that mean "the configured registry"; asked when needed.
        placed: gives a question, with the source that a file records for it, as it will be asked.
        own: whether what a file asks for is a project of the tree itself.
        evidence: what each lock file is told of.
        unknown: whether something is taken for a member of a workspace that no project of the tree is.
    """

    indexes: Indexes
    actor: Actor
    adopted: LockedSet
    mapped: Callable[[], frozenset[str]]
    placed: Callable[[Request, str | None], Request] = lambda request, recorded: request
    own: Callable[[Read, Sighting], bool] = lambda *_: False
    evidence: Mapping[Path, Evidence] = field(default_factory=dict)
    unknown: Callable[[Sighting], bool] = lambda _: False


def questions(read: Iterable[Read], asking: Asking) -> Questions:
    """The questions about everything that was read."""
    made = Questions()
    pairs = [pair for each in read for pair in _of(each, asking, made)]
    found = [request for request, _ in pairs]
    if any(own for _, own in pairs):
        made.own = {key(request) for request, own in pairs if own} - {key(r) for r, own in pairs if not own}
    introduced = {_key(request) for request in found if request.arrived is Arrival.INTRODUCED}
    found = [_promoted(request, introduced) for request in found]
    made.unsure -= made.sure
    made.requests = joined(found)
    if asking.adopted.digests:
        made.requests = prejudge.with_adopted(made.requests, asking.adopted)
    return made


def joined(requests: Iterable[Request]) -> list[Request]:
    """Each question once, with all its places; one that runs what it fetched is a question of its own."""
    first: dict[tuple[object, ...], Request] = {}
    places: dict[tuple[object, ...], dict[Location, None]] = {}
    digests: dict[tuple[object, ...], frozenset[str]] = {}
    for request in requests:
        same = (*_key(request), request.version, request.source, request.runs and request.version is None)
        first.setdefault(same, request)
        places.setdefault(same, {}).update(dict.fromkeys(request.locations))
        if request.digests:
            digests[same] = digests.get(same, frozenset()) | request.digests
    for several in [each for each, found in places.items() if len(found) > 1]:
        united = digests.get(several, frozenset())
        first[several] = replace(first[several], locations=tuple(places[several]), digests=united)
    return list(first.values())


def _of(each: Read, asking: Asking, made: Questions) -> Iterator[tuple[Request, bool]]:
    """The questions of one file, each with whether it names a project of the tree."""
    reading = each.reading
    matter = asking.indexes.matter(each.kind.name, reading)
    indexes = asking.indexes.for_file(each.kind.name, reading) if matter else ()
    mapped = asking.mapped() if reading.locked and indexes else frozenset()
    told = asking.evidence.get(reading.path, NOTHING)
    for sighting in reading.sightings:
        asked_for = sighting.raw in told.orphans or "requested" in sighting.extra
        arrived = Arrival.TRANSITIVE if reading.locked and not asked_for else Arrival.INTRODUCED
        meant = prejudge.as_mapped(sighting, mapped)
        meant = replace(meant, source=REGISTRY) if asking.unknown(meant) else meant
        request = prejudge.question(meant, indexes, asking.actor, arrived)
        if request is not None:
            request = asking.placed(request, meant.source.index)
            request = _with(request, told, made) if reading.locked else request
            yield request, asking.own(each, sighting)


def _with(request: Request, told: Evidence, made: Questions) -> Request:
    """The question, with what the lock file is told of it."""
    package = (request.raw, request.version)
    host = told.strange.get(package)
    if host is not None and request.source.trusted:
        elsewhere = replace(request, source=Source(index=host, trusted=False))
        made.strange[key(elsewhere)] = request.source
        (made.unsure if package in told.unsure else made.sure).add(key(elsewhere))
        request = elsewhere
    if package in told.changed:
        made.changed.add(key(request))
    return request


def _promoted(request: Request, introduced: set[Key]) -> Request:
    if request.arrived is Arrival.TRANSITIVE and _key(request) in introduced:
        return replace(request, arrived=Arrival.INTRODUCED)
    return request


def _key(request: Request) -> Key:
    return request.ecosystem, request.name or request.raw
