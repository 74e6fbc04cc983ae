"""The verdicts on what one call of an agent's tool asks, and what is written down of it; the same wherever it is done.

Invariants: verdicts and suggestions are one transaction, on disk before anything is answered; an index is asked only
about names that would be refused without it, and only when the settings are not offline; one that no client here could
name is one that does not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from slopguard.daemon.questions import MINUTES, Answers, Group, Questions
from slopguard.judge import Judge
from slopguard.model import OFFLINE, Door, Existence, Facts, Outcome, Request, Verdict
from slopguard.store.suggestions import Suggested

if TYPE_CHECKING:
    from slopguard.registries.shared import Shared

DOOR = "hook"
UNHEARD = Facts(Existence.DOWN)
"""What is known of an index that no client here could name."""
LONGEST = 8.0
"""Seconds that indexes may take in the daemon: so long a hook waits for anything."""
_OPEN = (Outcome.QUARANTINE, Outcome.UNCHECKED)
"""What an index could change; a name that a list allows is not asked about before a command that may never run."""


def here(questions: Questions) -> Answers:
    """Answer in this process; see `Weighing`.

    Raises:
        SlopguardError: the lists or the database cannot be used.
    """
    with Weighing.of(questions) as weighing:
        if weighing.open and questions.routes is not None:
            import asyncio

            weighing.hear(asyncio.run(heard(weighing.asked, questions)))
        return weighing.answers()


async def heard(requests: Sequence[Request], questions: Questions, shared: Shared | None = None) -> list[Facts]:
    """What the indexes say about each request, in order.

    Args:
        shared: what others who ask indexes share with this call.
    """
    from slopguard.registries.pool import Upstreams
    from slopguard.registries.several import facts_on
    from slopguard.registries.surroundings import Surroundings

    assert questions.routes is not None
    told = [request for request in requests if request.ecosystem in questions.routes.ecosystems]
    if not told:
        return [UNHEARD] * len(requests)
    where = Surroundings.of(questions.routes.env)
    upstreams = Upstreams(questions.routes.indexes, questions.settings, surroundings=where)
    if shared is not None:
        upstreams.share(shared)
    async with upstreams:
        known = iter(await facts_on(told, upstreams))
    return [next(known) if r.ecosystem in questions.routes.ecosystems else UNHEARD for r in requests]


async def beside(questions: Questions, shared: Shared, wanted: Callable[[], bool]) -> Answers:
    """Answer in an event loop that others need, too; see `Weighing`.

    Args:
        shared: documents and connections of the daemon's sessions.
        wanted: whether somebody still waits for the answer; what nobody waits for is not written down.

    Raises:
        SlopguardError: the lists or the database cannot be used.
        TimeoutError: the indexes took too long.
    """
    import asyncio

    weighing = await asyncio.to_thread(Weighing.of, questions)
    try:
        if weighing.open and questions.routes is not None:
            async with asyncio.timeout(LONGEST):
                known = await heard(weighing.asked, questions, shared)
            await asyncio.to_thread(weighing.hear, known)
        return await asyncio.to_thread(weighing.answers) if wanted() else Answers()
    finally:
        await asyncio.to_thread(weighing.judge.close)


@dataclass(slots=True)
class Weighing:
    """One call that is being judged; a context manager, made by `of`.

    Args:
        judge: of this call alone: what a person released or denied a moment ago counts.
    """

    questions: Questions
    judge: Judge
    _found: list[list[Verdict]] = field(default_factory=list)
    _pending: list[tuple[int, int]] = field(default_factory=list)
    """Group and place of what an index could change."""

    @classmethod
    def of(cls, questions: Questions) -> Self:
        """Judge all of it without any index.

        Raises:
            SlopguardError: the lists or the database cannot be used.
        """
        weighing = cls(questions, Judge.open(questions.settings))
        try:
            weighing._begin()
        except BaseException:
            weighing.judge.close()
            raise
        return weighing

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.judge.close()

    def _begin(self) -> None:
        self.judge.expect(request for group in self.questions.groups for request in group.requests)
        self._found = [[self._verdict(r, OFFLINE, g) for r in g.requests] for g in self.questions.groups]
        if not self.questions.settings.offline:
            places = ((row, at) for row, verdicts in enumerate(self._found) for at in range(len(verdicts)))
            self._pending = [(row, at) for row, at in places if self._found[row][at].outcome in _OPEN]

    @property
    def open(self) -> bool:
        """Whether an index could change something."""
        return bool(self._pending)

    @property
    def asked(self) -> list[Request]:
        """What the indexes are to be asked about."""
        return [self._found[row][at].request for row, at in self._pending]

    def hear(self, known: Sequence[Facts]) -> None:
        """Judge again what was open.

        Args:
            known: what the indexes say, one for each of `asked`.
        """
        for (row, at), facts in zip(self._pending, known, strict=True):
            self._found[row][at] = self._verdict(self._found[row][at].request, facts, self.questions.groups[row])
        self._pending = []

    def answers(self) -> Answers:
        """What comes of it, written down; while something is open, that it is, and nothing is written.

        Raises:
            StoreError: it cannot be written, so that nothing may be answered.
        """
        if self.open:
            return Answers(open=tuple(dict.fromkeys(request.ecosystem for request in self.asked)))
        verdicts, asker = [verdict for found in self._found for verdict in found], self.questions.asker
        times = self._times(verdicts)
        door = Door(DOOR, self.questions.command, asker.session)
        self.judge.record(verdicts, door, suggested=tuple(self._suggested()))
        return Answers(tuple(tuple(v for v in found if v.outcome.refuses) for found in self._found), times)

    def _verdict(self, request: Request, facts: Facts, group: Group) -> Verdict:
        mismatch, session = request in group.mismatched, self.questions.asker.session
        return self.judge.verdict(request, facts, hash_mismatch=mismatch, session=session)

    def _suggested(self) -> Iterator[Suggested]:
        for group, verdicts in zip(self.questions.groups, self._found, strict=True):
            yield from (Suggested.of(verdict, self.questions.asker, group.kind) for verdict in verdicts)

    def _times(self, verdicts: Sequence[Verdict]) -> int:
        """See `Answers.times`."""
        stopped = [verdict for verdict in verdicts if verdict.stops]
        if self.judge.suggested is None or not stopped:
            return 1
        since = stopped[0].decided - timedelta(minutes=MINUTES)
        asked = partial(self.judge.suggested.asked, session=self.questions.asker.session, since=since)
        return 1 + max(asked(v.request.ecosystem, v.request.name or v.request.raw) for v in stopped)
