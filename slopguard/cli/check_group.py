"""Judging the files that share one set of settings.

Invariants: verdicts are in the ledger before they are returned; the network is asked only about names whose verdict
could depend on it, and each once; where no client is there to say which index is meant, nothing was heard from it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from slopguard.check.before import Before
from slopguard.check.files import Files
from slopguard.check.indexes import Indexes
from slopguard.check.model import Judged
from slopguard.check.newer import Newer
from slopguard.check.projects import Own
from slopguard.check.questions import Asking, Questions, questions
from slopguard.check.tree import Read
from slopguard.cli.facts import indexes_of, with_source
from slopguard.cli.progress import progress
from slopguard.clients import asking as clients_asking
from slopguard.clients.sources import canonical
from slopguard.config import Settings
from slopguard.errors import SlopguardError
from slopguard.evidence import LockedSet
from slopguard.judge import Door, Judge
from slopguard.model import OFFLINE, Ecosystem, Existence, Facts, Outcome, Request, Verdict

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
    """

    settings: Settings
    cwd: Path
    read: Sequence[Read]
    files: Files
    before: Before | None = None
    indexes: Indexes = field(init=False)

    def __post_init__(self) -> None:
        """Ask no client yet."""
        settings, cwd = self.settings, self.cwd
        folders = frozenset(self.files.tree.folders)
        self.indexes = Indexes(lambda eco, folder: indexes_of(eco, settings, cwd / folder), Path(), folders)

    def judged(self, door: Door, *, only_new: bool) -> list[Judged]:
        """The verdicts, recorded.

        Raises:
            StoreError: they cannot be recorded.
            ConfigError: a client's configuration cannot be read.
        """
        adopted = LockedSet.of(self.settings)
        asked = self._questions(self.read, self.files.everything(), adopted).requests
        newer = self._newer(adopted)
        new = {id(request) for request in asked if newer is not None and newer.is_new(request)}
        if only_new:
            asked = [request for request in asked if id(request) in new]
        with Judge.open(self.settings, adopted) as judge:
            verdicts = self._verdicts(judge, asked)
            judge.record(verdicts, door, counted=True)
        return [Judged(verdict, id(request) in new) for verdict, request in zip(verdicts, asked, strict=True)]

    def _questions(self, read: Iterable[Read], everything: Iterable[Read], adopted: LockedSet) -> Questions:
        own = Own.of(everything)
        return questions(read, Asking(self.indexes, self.settings.actor, adopted, _built_in, own.names))

    def _newer(self, adopted: LockedSet) -> Newer | None:
        if self.before is None:
            return None
        old = self._questions(self.before.tree.read, self.before.tree.read, adopted)
        return Newer.than(old.requests, self.before.tree.findings, map(str, self.before.changed))

    def _verdicts(self, judge: Judge, asked: Sequence[Request]) -> list[Verdict]:
        """The verdicts, in order; first without any index, then with facts where these could change something."""
        placed = [with_source(request, self.settings) for request in asked] if self.settings.internal else list(asked)
        judge.expect(placed)
        verdicts = [judge.verdict(request, OFFLINE) for request in placed]
        if self.settings.offline:
            return verdicts
        open_ones = [at for at, verdict in enumerate(verdicts) if verdict.outcome is not Outcome.BLOCK]
        for at, facts in zip(open_ones, self.facts([placed[at] for at in open_ones]), strict=True):
            verdicts[at] = judge.verdict(placed[at], facts)
        return verdicts

    def facts(self, asked: Sequence[Request]) -> list[Facts]:
        """What the indexes say about each, in order."""
        for ecosystem in dict.fromkeys(request.ecosystem for request in asked):
            self.indexes.of(ecosystem, Path())
        from slopguard.cli.facts import fetch

        heard = [request for request in asked if request.ecosystem not in self.indexes.missing]
        with progress(len(heard)) as step:
            known = iter(fetch(heard, self.indexes.everything(), self.settings, step) if heard else ())
        return [UNHEARD if request.ecosystem in self.indexes.missing else next(known) for request in asked]


@cache
def _built_in() -> frozenset[str]:
    """The address in locks for which npm asks its configured registry: its built-in one."""
    from slopguard.guard import find

    env = dict(os.environ)
    try:
        return frozenset({canonical(clients_asking.npm(find.command("npm", env), env)[0])})
    except SlopguardError:
        return frozenset()


def missing_notes(groups: Iterable[Group]) -> list[str]:
    """What was not asked because no client is there to say whom, one line an ecosystem."""
    words = {Ecosystem.PYPI: "neither pip nor uv is", Ecosystem.NPM: "npm is not"}
    lost = dict.fromkeys(ecosystem for group in groups for ecosystem in sorted(group.indexes.missing))
    return [f"{words[ecosystem]} installed here, so its index was not asked" for ecosystem in lost]
