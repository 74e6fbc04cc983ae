"""The judge: gathers evidence, asks the policy, writes the ledger. The only way to a verdict; it holds no rule.

Invariants:

* `verdict` writes nothing; `record` is one transaction that is on disk before it returns, or `StoreError` is raised and
  nothing may be answered. A judge without a store (tests) records nothing.
* Recorded facts stand in for an index only when the settings say `offline`; they never hide a question from an index.
* The same session, package, version and rule give the same decision id, whichever door asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import TracebackType
from typing import TYPE_CHECKING, Self

from slopguard.evidence import Lookalikes, Suggestions, about_names, about_versions, gather
from slopguard.lists import Lists
from slopguard.locked import LockedSet
from slopguard.model import (
    Arrival,
    Decision,
    Door,
    Ecosystem,
    Evidence,
    Existence,
    Facts,
    Mode,
    NormalizedName,
    Outcome,
    Release,
    Request,
    SourceKind,
    Verdict,
)
from slopguard.policy import Policy, Thresholds, decide, until
from slopguard.store import Store, redact
from slopguard.store.entries import Stamp, entry, tally
from slopguard.store.store import Learned
from slopguard.store.watch import invention
from slopguard.watchlist.lazy import Lookup

if TYPE_CHECKING:
    from slopguard.config import Settings
    from slopguard.store.suggestions import Suggested
    from slopguard.store.suggestions import Suggestions as Suggesting

ID_DIGITS = 12
"""Hexadecimal digits of a decision id: two of ten million decisions share one with a chance of about 1 in 6."""


def utc_now() -> datetime:
    """The clock, aware UTC."""
    return datetime.now(UTC)


class Judge:
    """The judge of one set of settings.

    Args:
        settings: the effective settings.
        lists: verified lists.
        store: where answers are recorded; `None` records nothing.
        clock: gives aware UTC.
        locked: what adopted lock files hold.
        policy: the policy to ask; the shipped one under the settings' thresholds by default.

    The watchlist is the one beside the store; a judge without a store has none.
    """

    def __init__(
        self,
        settings: Settings,
        lists: Lists,
        store: Store | None = None,
        clock: Callable[[], datetime] = utc_now,
        *,
        locked: LockedSet | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.settings = settings
        self.policy = policy or Policy.load(Thresholds.of(settings))
        self._lists, self._store, self._clock = lists, store, clock
        self._session = os.urandom(8).hex()
        self._locked = locked or LockedSet()
        lookalikes = Lookalikes(lists)
        self._suggestions = Suggestions(lists, lookalikes)
        self._about_versions = about_versions(lists, self._locked)
        self._watchlist = Lookup(settings.home) if store else None
        watch = store.watch if store else None
        self._about_names = about_names(settings, lists, lookalikes, watch, clock, self._watchlist)

    @classmethod
    def open(cls, settings: Settings, locked: LockedSet | None = None) -> Judge:
        """The judge over the lists, the policy and the database that the settings name.

        Lists that cannot be verified refuse everything as `list-invalid`.

        Args:
            locked: what adopted lock files hold, if that was read already.

        Raises:
            StoreError: the database cannot be opened.
            ConfigError: the policy cannot be used, a newer slopguard wrote the database, or the record of an adopted
                project was changed.
        """
        text = _policy_text(settings)
        policy = Policy.load(Thresholds.of(settings), text=text)
        locked = LockedSet.of(settings) if locked is None else locked
        return cls(settings, Lists.load(settings), Store.open(settings), locked=locked, policy=policy)

    @property
    def lists(self) -> Lists:
        """The verified lists that it judges with."""
        return self._lists

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know about the lists, one fixed line each."""
        return self._lists.notes

    def watched(self, ecosystem: Ecosystem, name: NormalizedName) -> bool:
        """Whether the watchlist of this machine holds a name.

        Raises:
            StoreError: it cannot be read.
        """
        return self._watchlist is not None and self._watchlist.get(ecosystem, name, self._clock()) is not None

    @property
    def suggested(self) -> Suggesting | None:
        """What agents suggested so far; `None` where nothing is recorded."""
        return self._store.suggestions if self._store is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Write what is still counted and close the database.

        Raises:
            StoreError: it could not be written.
        """
        if self._watchlist is not None:
            self._watchlist.close()
        if self._store is not None:
            self._store.close()

    def verdict(
        self, request: Request, facts: Facts, *, hash_mismatch: bool = False, session: str | None = None
    ) -> Verdict:
        """The verdict on one request; nothing is written.

        Args:
            facts: what the trusted indexes say.
            hash_mismatch: the bytes delivered have another digest than promised.
            session: the door's session; this judge's own by default.

        Raises:
            ListInvalid: a list holds a row that cannot be read.
            StoreError: the database cannot be read.
        """
        evidence = Evidence(self._facts(request, facts), hash_mismatch=hash_mismatch)
        evidence = gather((*self._about_versions, *self._about_names), request, evidence)
        return self._answer(request, evidence, self._clock(), session)

    def expect(self, requests: Iterable[Request]) -> None:
        """Read at once what the database knows of names that will be asked about: for more than a handful.

        Raises:
            StoreError: the database cannot be read.
        """
        if self._store is not None:
            names = list(dict.fromkeys((r.ecosystem, str(r.name)) for r in requests if r.name is not None))
            self._store.watch.expect(names)
            if self._watchlist is not None:
                self._watchlist.expect(names)
            if self.settings.offline:
                self._store.facts.expect(names)

    def record(
        self, verdicts: Sequence[Verdict], door: Door, *, counted: bool = False, suggested: Sequence[Suggested] = ()
    ) -> None:
        """Write verdicts and what they taught in one transaction; on disk when this returns.

        Args:
            counted: those that are simply allowed share one row, which counts them and names them by a digest.
            suggested: what one call of an agent suggested.

        Raises:
            StoreError: they are not; nothing may be answered.
        """
        if self._store is None or not (verdicts or suggested):
            return
        command = redact(door.command)
        stamp = Stamp(door.name, command, self._lists.versions, self.policy.digest, self.settings.digest)
        told = [verdict for verdict in verdicts if not counted or verdict.outcome is not Outcome.ALLOW]
        entries = [entry(verdict, stamp) for verdict in told]
        if len(told) < len(verdicts):
            allowed = [verdict for verdict in verdicts if verdict.outcome is Outcome.ALLOW]
            entries.append(tally(allowed, stamp, decision_id(self._session, allowed[0].request, "several")))
        self._store.write(entries, _learned(verdicts), self._clock(), suggested)

    def judge(self, request: Request, facts: Facts, door: Door) -> Verdict:
        """The verdict on one request, recorded."""
        verdict = self.verdict(request, facts, session=door.session or None)
        self.record([verdict], door)
        return verdict

    def versions(self, request: Request, facts: Facts, *, session: str | None = None) -> Mapping[str, Verdict]:
        """Every listed version of an admitted name that must step back, with its verdict, in index order.

        Only versions that a rule could treat otherwise than the name are looked at: undated ones, those inside the
        cooldown, and every one when a row is about some versions only. Versions with equal evidence are decided once.
        """
        if request.name is None:
            return {}
        now, about_name = self._clock(), self._about_name(request, facts)
        decided: dict[tuple[object, ...], Decision] = {}
        found: dict[str, Verdict] = {}
        for release in self._suspects(request, facts, now):
            asked = replace(request, version=release.version, digests=release.digests)
            evidence = gather(self._about_versions, asked, about_name)
            rows = (evidence.allow, evidence.deny, evidence.lists, evidence.released, evidence.fixes)
            key = (*rows, evidence.locked, evidence.hash_mismatch, self._age(release, now))
            if key not in decided:
                decided[key] = decide(asked, evidence, self.policy, now)
            if decided[key].outcome.refuses:
                found[release.version] = self._answer(asked, evidence, now, session, decided[key])
        return found

    def locked(self, request: Request, facts: Facts, *, session: str | None = None) -> Mapping[str, Verdict]:
        """The listed versions of a name that an adopted lock file holds and that nothing forbids.

        Each request names the locked files among those listed; other files of the version are not locked.
        """
        if request.name is None or not self._locked.digests:
            return {}
        found: dict[str, Verdict] = {}
        for release in facts.releases:
            files = self._locked.files(request.ecosystem, request.name, release.version, release.digests)
            if files:
                asked = replace(request, version=release.version, digests=files, arrived=Arrival.LOCKED)
                verdict = self.verdict(asked, facts, session=session)
                if not verdict.outcome.refuses:
                    found[release.version] = verdict
        return found

    # ------------------------------------------------------------ gathering

    def _facts(self, request: Request, facts: Facts) -> Facts:
        """`facts`; offline, what a trusted index was last seen to say."""
        asking = facts.existence is Existence.OFFLINE and self.settings.offline and self._store is not None
        if not asking or request.name is None or request.source.kind is not SourceKind.REGISTRY:
            return facts
        assert self._store is not None
        return self._store.facts.get(request.ecosystem, request.name) or facts

    def _about_name(self, request: Request, facts: Facts) -> Evidence:
        """Everything but what depends on the version; the allow row of the name spares the search for look-alikes."""
        name_only = replace(request, version=None, digests=frozenset())
        evidence = gather((*self._about_versions, *self._about_names), name_only, Evidence(facts))
        state = evidence.lists if evidence.lists != "expired" else "ok"  # of the name's own row; a version has its own
        return replace(evidence, allow=None, deny=None, lists=state, released=None, released_until=None)

    def _suspects(self, request: Request, facts: Facts, now: datetime) -> list[Release]:
        assert request.name is not None
        if self._lists.narrow(request.ecosystem, request.name):
            return list(facts.releases)
        fresh = now - timedelta(days=self.settings.min_version_age_days)
        return [release for release in facts.releases if release.uploaded is None or release.uploaded > fresh]

    def _age(self, release: Release, now: datetime) -> int | None:
        """Whole days since a version was uploaded, as far as a threshold can tell them apart."""
        if release.uploaded is None:
            return None
        return min((now - release.uploaded).days, self.policy.thresholds.longest)

    # ------------------------------------------------------------ answering

    def _answer(
        self, request: Request, evidence: Evidence, now: datetime, session: str | None, decision: Decision | None = None
    ) -> Verdict:
        decision = decision or decide(request, evidence, self.policy, now)
        return Verdict(
            request=request,
            decision=decision,
            evidence=evidence,
            decided=now,
            decision_id=decision_id(session or self._session, request, decision.rule),
            suggestions=self._suggestions.of(request, evidence) if decision.outcome.refuses else (),
            until=until(request, evidence, decision, self.policy.thresholds),
            enforced=self.settings.mode is not Mode.OBSERVE,
        )


def decision_id(session: str, request: Request, rule: str) -> str:
    """`d-` and hexadecimal digits that stand for one decision of one session."""
    text = "\0".join((session, request.ecosystem.value, request.name or request.raw, request.version or "", rule))
    return f"d-{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:ID_DIGITS]}"


def _learned(verdicts: Sequence[Verdict]) -> Learned:
    """Facts worth keeping, and names that nobody vouches for and no index has."""
    facts = [
        (verdict.request.ecosystem, verdict.request.name, verdict.evidence.facts)
        for verdict in verdicts
        if verdict.request.name is not None and verdict.request.source.trusted
    ]
    missing = {
        (verdict.request.ecosystem, verdict.request.name, verdict.request.actor): None
        for verdict in verdicts
        if verdict.request.name is not None and verdict.rule == "not-found" and invention(verdict.evidence)
    }
    return Learned(facts, tuple(missing))


def _policy_text(settings: Settings) -> str | None:
    from slopguard.errors import ConfigError

    if settings.policy_file is None:
        return None
    try:
        return settings.policy_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("the policy file cannot be read") from error
