"""Judging the files that share one set of settings.

Invariants: verdicts are in the ledger before they are returned; the network is asked only about names whose verdict
could depend on it, and each once; where no client is there to say which index is meant, nothing was heard from it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from slopguard.check.before import Before
from slopguard.check.facts import as_written, indexes_of
from slopguard.check.files import Files
from slopguard.check.found import Evidence, Finding, key
from slopguard.check.indexes import Indexes, above, named_by_variables, nearest_npmrc, npm_built_in
from slopguard.check.lock_hosts import own_index
from slopguard.check.locked import evidence
from slopguard.check.model import Judged
from slopguard.check.newer import Newer
from slopguard.check.projects import Own
from slopguard.check.questions import Asking, Questions, questions
from slopguard.check.tree import Read
from slopguard.clients.applied import marked
from slopguard.clients.sources import canonical
from slopguard.config import Settings
from slopguard.hashes import proven
from slopguard.indexes import Index
from slopguard.judge import Judge
from slopguard.locked import LockedSet
from slopguard.model import OFFLINE, Door, Ecosystem, Existence, Facts, Outcome, Request, Verdict
from slopguard.progress import progress
from slopguard.readers.interface import Reading
from slopguard.versions import listed

UNHEARD = Facts(Existence.DOWN)
"""What is known of an index that no client here could name."""


@dataclass(slots=True)
class Group:
    """Files under one set of settings.

    Args:
        settings: those in force.
        cwd: where the command runs.
        read: what the files say.
        files: all files of the check.
        before: what the base held, if there is one.
        findings: what came up on the way.
    """

    settings: Settings
    cwd: Path
    read: Sequence[Read]
    files: Files
    before: Before | None = None
    indexes: Indexes = field(init=False)
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Ask no client yet."""
        settings, cwd = self.settings, self.cwd
        self.indexes = Indexes(
            ask=lambda ecosystem, folder: indexes_of(ecosystem, settings, cwd / folder),
            root=Path(),
            npmrc=nearest_npmrc(cwd),
            above=above(self.files.everything()),
            always=not settings.offline or named_by_variables(os.environ),
            marked=lambda index: marked(index, settings),
            guess=self._guessed,
        )

    def _guessed(self, ecosystem: Ecosystem) -> Index | None:
        """The index to compare lock files with where no client can be asked."""
        found = own_index((each.reading for each in self.read if each.kind.lock), ecosystem)
        return found.index if found else None

    def judged(self, door: Door, *, only_new: bool) -> list[Judged]:
        """The verdicts, recorded.

        Raises:
            StoreError: they cannot be recorded.
            ConfigError: a client's configuration cannot be read.
        """
        adopted = LockedSet.of(self.settings)
        asked = self._asked(adopted)
        newer = self._newer(adopted)
        new = {id(request) for request in asked.requests if newer is not None and newer.is_new(request)}
        requests = [r for r in asked.requests if not only_new or id(r) in new or key(r) in asked.changed]
        with Judge.open(self.settings, adopted) as judge:
            verdicts = self._verdicts(judge, requests, asked)
            judge.record([verdict for verdict in verdicts if verdict is not None], door, counted=True)
        pairs = zip(verdicts, requests, strict=True)
        return [Judged(verdict, id(request) in new) for verdict, request in pairs if verdict is not None]

    def _asked(self, adopted: LockedSet) -> Questions:
        """The questions, with what the lock files prove."""
        before = self.before.tree.read if self.before else ()
        told = evidence(self.read, self.files.beside.read, before, self._indexes)
        return questions(self.read, self._asking(self.files.everything(), adopted, told))

    def _newer(self, adopted: LockedSet) -> Newer | None:
        if self.before is None:
            return None
        tree = self.before.tree
        old = questions(tree.read, self._asking((*tree.read, *self.files.beside.read), adopted, {}))
        return Newer.than(old.requests, tree.findings, map(str, self.before.changed), self.before.resettled)

    def _asking(self, everything: Iterable[Read], adopted: LockedSet, told: Mapping[Path, Evidence]) -> Asking:
        own = Own.of(everything, self.files.origin, whole=self.files.whole)
        asked = (self.settings.actor, adopted, self._mapped, self._placed, own.names, told, own.unknown)
        return Asking(self.indexes, *asked)

    def _placed(self, request: Request, recorded: str | None) -> Request:
        """The question, for an internal name, as it will be asked."""
        return as_written(request, recorded, self.settings) if self.settings.internal else request

    def _mapped(self) -> frozenset[str]:
        """The addresses in lock files that mean the configured registry; second names of npm's where it is that."""
        own, twins = npm_built_in()
        asked = {canonical(index.url) for index in self.indexes.everything()}
        return own | twins if own & asked else own

    def _indexes(self, lock: Reading) -> tuple[Index, ...]:
        """The indexes of a lock file's own ecosystem."""
        ecosystems = dict.fromkeys(sighting.ecosystem for sighting in lock.sightings)
        return tuple(index for each in ecosystems for index in self.indexes.of(each, lock.path.parent))

    def _verdicts(self, judge: Judge, asked: Sequence[Request], told: Questions) -> list[Verdict | None]:
        """The verdicts, in order; first without any index, then with facts where these could change something.

        `None` for a project of the tree itself that no list knows.
        """
        judge.expect(asked)
        verdicts: list[Verdict | None] = [self._alone(judge, request, told) for request in asked]
        if self.settings.offline:
            return verdicts
        open_ones = [at for at, verdict in enumerate(verdicts) if verdict and _is_open(verdict, told)]
        for at, facts in zip(open_ones, self.facts([asked[at] for at in open_ones]), strict=True):
            request = _cleared(asked[at], facts, told)
            verdicts[at] = judge.verdict(request, facts, hash_mismatch=key(asked[at]) in told.changed)
        return verdicts

    def _alone(self, judge: Judge, request: Request, told: Questions) -> Verdict | None:
        """The verdict on one request without any index."""
        same = key(request)
        if self.settings.offline and same in told.unsure:
            self.findings.append(Finding("unknown-host", request.locations[:1]))
            request = replace(request, source=told.strange[same])
        verdict = judge.verdict(request, OFFLINE, hash_mismatch=same in told.changed)
        hidden = verdict.outcome is not Outcome.ALLOW and same in told.own and verdict.evidence.deny is None
        return None if hidden else verdict

    def facts(self, asked: Sequence[Request]) -> list[Facts]:
        """What the indexes say about each, in order."""
        for ecosystem in dict.fromkeys(request.ecosystem for request in asked):
            self.indexes.of(ecosystem, Path())
        from slopguard.check.facts import fetch

        heard = [request for request in asked if request.ecosystem not in self.indexes.missing]
        with progress(len(heard)) as step:
            known = iter(fetch(heard, self.indexes.everything(), self.settings, step) if heard else ())
        return [UNHEARD if request.ecosystem in self.indexes.missing else next(known) for request in asked]


def _is_open(verdict: Verdict, told: Questions) -> bool:
    """Whether what an index says could change a verdict."""
    return verdict.outcome is not Outcome.BLOCK or key(verdict.request) in told.strange


def _cleared(request: Request, facts: Facts, told: Questions) -> Request:
    """The request as it would be from its index, if that lists the very file that lies on a strange host."""
    usual = told.strange.get(key(request))
    if usual is None or request.version is None:
        return request
    listed_ones = listed(request.ecosystem, request.version, facts)
    promised = frozenset[str]().union(*(release.digests for release in listed_ones))
    return replace(request, source=usual) if proven(request.digests, promised) else request


def missing_notes(groups: Iterable[Group]) -> list[str]:
    """What was not asked because no client is there to say whom, one line an ecosystem."""
    words = {Ecosystem.PYPI: "neither pip nor uv is", Ecosystem.NPM: "npm is not"}
    lost = dict.fromkeys(ecosystem for group in groups for ecosystem in sorted(group.indexes.missing))
    return [
        f"{words[ecosystem]} installed, so no index was asked; lock files were held against the index most of them name"
        for ecosystem in lost
    ]
