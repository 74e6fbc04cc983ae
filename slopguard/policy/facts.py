"""Turns a request and its evidence into the plain facts that the policy weighs (`schema.cedarschema`).

Invariants: pure; every fact is a string, a Boolean or a whole number; what is unknown takes the value that
permits nothing; numbers are clamped at the limits they are compared with, so that few distinct facts exist and
a decision can be remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from slopguard.model import Evidence, Existence, Facts, Mode, Request, RowKind, SourceKind, WatchRow
from slopguard.versions import listed

FOREIGN_KINDS = frozenset({SourceKind.URL, SourceKind.VCS})
STATUSES = frozenset({"active", "archived", "quarantined", "deprecated"})
ORIGINS = frozenset({"imported", "generated"})


class _Limits(Protocol):
    """The part of the settings that the policy weighs."""

    @property
    def mode(self) -> Mode: ...
    @property
    def established_days(self) -> int: ...
    @property
    def established_releases(self) -> int: ...
    @property
    def min_version_age_days(self) -> int: ...
    @property
    def vouched_days(self) -> int: ...
    @property
    def watch_rank(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The mode and the limits of one session; the contract's names and defaults.

    Args:
        mode: the enforcement mode (`observe` decides as `balanced`; not enforcing is the judge's affair).
        established_days: age in days from which an unlisted name may count as established.
        established_releases: distinct days with a release that it needs.
        min_version_age_days: the cooldown of a version, in days.
        vouched_days: age in days from which a transitive name is vouched for.
        watch_rank: watch rows up to this rank block a name registered since.
    """

    mode: Mode = Mode.BALANCED
    established_days: int = 90
    established_releases: int = 3
    min_version_age_days: int = 3
    vouched_days: int = 7
    watch_rank: int = 10_000

    @classmethod
    def of(cls, settings: _Limits) -> Thresholds:
        """The thresholds in `settings` (`slopguard.config.Settings`, or anything with the same fields)."""
        return cls(
            mode=settings.mode,
            established_days=settings.established_days,
            established_releases=settings.established_releases,
            min_version_age_days=settings.min_version_age_days,
            vouched_days=settings.vouched_days,
            watch_rank=settings.watch_rank,
        )

    @property
    def longest(self) -> int:
        """The largest limit that an age is compared with, in days."""
        return max(self.established_days, self.min_version_age_days, self.vouched_days)


class Weighed(NamedTuple):
    """The policy's context but for mode and limits; field for field the schema's `Facts`. Hashable: the memo's key."""

    arrived: str
    runs: bool
    bad_name: bool
    stdlib: bool
    import_name: bool
    lookalike: bool
    internal: bool
    own: bool
    lists: str
    row: str
    deny: str
    watch: str
    watch_high: bool
    scope_vouched: bool
    released: str
    fixes: bool
    locked: bool
    hash_mismatch: bool
    foreign: bool
    private: bool
    exists: str
    status: str
    dated: bool
    first_known: bool
    first_days: int
    registered_since: bool
    release_days: int
    span_days: int
    versioned: bool
    version_exists: str
    version_known: bool
    version_days: int


def weigh(request: Request, evidence: Evidence, limits: Thresholds, now: datetime) -> Weighed:
    """The facts of one request. Ages are whole days before `now`, rounded down, so `>= N days` is exact."""
    facts, watch = evidence.facts, evidence.watch
    first = facts.first_upload
    first_days, since = _days(first, now, limits.longest), _registered_since(watch, first)
    uploads = _uploads(facts, now) if facts.releases else []
    asked = version_upload(request, facts) if facts.releases else None
    return Weighed(
        arrived=request.arrived.value,
        runs=request.runs,
        bad_name=request.name is None or evidence.name_problem is not None,
        stdlib=evidence.stdlib,
        import_name=bool(evidence.import_of),
        lookalike=evidence.lookalike_of is not None,
        internal=evidence.internal,
        own=evidence.own,
        lists=evidence.lists,
        row=evidence.allow.kind.value if evidence.allow is not None else "none",
        deny=_deny(evidence),
        watch=_origin(watch, news=since and first_days < limits.established_days),
        watch_high=_ranks_high(watch, limits),
        scope_vouched=evidence.scope_vouched,
        released=_released(evidence),
        fixes=evidence.fixes,
        locked=evidence.locked,
        hash_mismatch=evidence.hash_mismatch,
        foreign=not request.source.trusted or request.source.kind in FOREIGN_KINDS,
        private=request.source.private,
        exists=facts.existence.value,
        status=facts.status if facts.status in STATUSES else "active",
        dated=facts.dated,
        first_known=first is not None,
        first_days=first_days,
        registered_since=since,
        release_days=min(len({upload.date() for upload in uploads}), limits.established_releases) if uploads else 0,
        span_days=min((max(uploads) - min(uploads)).days, limits.longest) if uploads else 0,
        versioned=request.version is not None,
        version_exists=version_existence(request, facts).value,
        version_known=asked is not None,
        version_days=_days(asked, now, limits.longest),
    )


def _uploads(facts: Facts, now: datetime) -> list[datetime]:
    """When something was released, up to now; bounds are no dates."""
    if facts.bounded:
        return []
    return [upload for release in facts.releases if (upload := release.uploaded) is not None and upload <= now]


def version_existence(request: Request, facts: Facts) -> Existence:
    """Whether the version asked about exists; for a question about the name, whether that does.

    A version that is not listed does not exist only if every index was heard; else why it is not known.
    """
    if facts.existence is not Existence.YES or request.version is None:
        return facts.existence
    return Existence.YES if listed(request.ecosystem, request.version, facts) else facts.partial or Existence.NO


def version_upload(request: Request, facts: Facts) -> datetime | None:
    """When the version asked about was uploaded; for a question about the name, its oldest release. `None`: unknown.

    Every release asked about must be dated for the oldest to be known; one that is not listed has no date.
    """
    version = request.version
    asked = facts.releases if version is None else listed(request.ecosystem, version, facts)
    dates = [release.uploaded for release in asked if release.uploaded is not None]
    return min(dates) if dates and len(dates) == len(asked) else None


def _days(moment: datetime | None, now: datetime, most: int) -> int:
    """Whole days from `moment` to `now`, within 0 and `most`; 0 when unknown or in the future."""
    return 0 if moment is None else min(max((now - moment).days, 0), most)


def _deny(evidence: Evidence) -> str:
    if evidence.deny is None:
        return "none"
    return "malicious" if evidence.deny.rule == "malicious" else "denied"


def _origin(watch: WatchRow | None, *, news: bool) -> str:
    """The origin of a watch row; an unknown one counts as `observed`, which only ever quarantines.

    A generated row that no model was seen to say is only `forecast`. It says nothing of a name that is no news: then
    counts whether that was asked for here.
    """
    if watch is None:
        return "none"
    if watch.origin == "generated" and not watch.models:
        return "observed" if watch.asked and not news else "forecast"
    return watch.origin if watch.origin in ORIGINS else "observed"


def _ranks_high(watch: WatchRow | None, limits: Thresholds) -> bool:
    """Whether the row stands within `watch_rank`; an unranked one does not."""
    return watch is not None and watch.rank is not None and watch.rank <= limits.watch_rank


def _released(evidence: Evidence) -> str:
    if evidence.released is None:
        return "none"
    return "pinned" if evidence.released == RowKind.PINNED.value else "name"


def _registered_since(watch: WatchRow | None, first: datetime | None) -> bool:
    """Whether the name was registered after it was predicted: by its first upload, or because the radar saw it free."""
    if watch is None or watch.predicted_at is None:
        return False
    return watch.appeared is not None or (first is not None and first > watch.predicted_at)
