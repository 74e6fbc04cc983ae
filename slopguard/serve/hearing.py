"""A session of a served gate: what is told to the log, the metrics and, at once, to the ledger.

A guarded command has a session of its own, which lasts as long as the command. Here many commands share one, for
months, so three things differ. Invariants:

* What was let in is on disk before it is answered: a worker that is killed loses no answer. Names that are judged at
  the same time share one transaction.
* Nothing that happened is kept in memory.
* pip is handed no file any more on the connection on which it was refused something, not in the whole session; behind a
  proxy, where connections are shared, that cannot be told apart and is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from slopguard.errors import SlopguardError
from slopguard.gate.refused import Refused
from slopguard.gate.session import Journal, Session
from slopguard.gate.standing import Standing
from slopguard.gate.verdicts import Verdicts
from slopguard.indexes import Index
from slopguard.judge import Judge
from slopguard.messages import line
from slopguard.model import Door, Ecosystem, NormalizedName, Note, Verdict
from slopguard.registries.interface import Document
from slopguard.serve import metrics


@dataclass(slots=True)
class Request:
    """What is heard about one request while it is answered.

    Args:
        connection: stands for the client's connection; `None` where that says nothing.
    """

    connection: object | None = None
    verdict: Verdict | None = None
    failure: SlopguardError | None = None


HEARD: ContextVar[Request | None] = ContextVar("HEARD", default=None)
"""The request that is being answered here."""


class Refusals:
    """What was refused first on each connection that is still there."""

    def __init__(self) -> None:
        self._said: WeakKeyDictionary[object, str] = WeakKeyDictionary()

    def add(self, connection: object, text: str) -> None:
        """Remember what was refused on a connection, if it is the first."""
        self._said.setdefault(connection, text)

    def get(self, connection: object) -> str | None:
        """What was refused on a connection."""
        return self._said.get(connection)


class PassingJournal(Journal):
    """The journal of a session that many commands share: it keeps nothing."""

    def __init__(self, refusals: Refusals) -> None:
        super().__init__()
        self._by_connection = refusals

    def refuse(self, verdict: Verdict) -> None:
        """Nothing is kept: the ledger has it."""

    def note(self, note: Note) -> bool:
        """Nothing is kept; the ledger counts what it has already."""
        return True

    def fail(self, error: SlopguardError) -> None:
        """Tell the request that is being answered."""
        heard = HEARD.get()
        if heard is not None:
            heard.failure = error

    @property
    def stopped(self) -> str | None:
        """Why nothing more is handed to pip on this connection."""
        heard = HEARD.get()
        return self._by_connection.get(heard.connection) if heard is not None and heard.connection else None


class HeardVerdicts(Verdicts):
    """A session's verdicts, each told to the request that met it; admissions are on disk before they count."""

    def __init__(self, session: Session, refusals: Refusals) -> None:
        super().__init__(session)
        self._refusals = refusals
        self._writing = asyncio.Lock()

    @property
    def names(self) -> int:
        """How many names it holds, about."""
        return len(self._standings)

    async def standing(self, index: Index, name: NormalizedName) -> Standing:
        """As `Verdicts.standing`."""
        return self._told(await super().standing(index, name))

    async def over(self, index: Index, name: NormalizedName, document: Document) -> Standing:
        """As `Verdicts.over`."""
        return self._told(await super().over(index, name, document))

    async def bad_name(self, ecosystem: Ecosystem, raw: str) -> Refused:
        """As `Verdicts.bad_name`."""
        return self._refused(await super().bad_name(ecosystem, raw))

    async def failed(self, standing: Standing, error: Any, version: str | None = None) -> Refused:
        """As `Verdicts.failed`."""
        return self._refused(await super().failed(standing, error, version))

    async def stranger(self, required: Any) -> Refused:
        """As `Verdicts.stranger`."""
        return self._refused(await super().stranger(required))

    async def refuse_version(self, standing: Standing, version: str) -> Refused:
        """As `Verdicts.refuse_version`."""
        return self._refused(await super().refuse_version(standing, version))

    async def _admit(self, verdict: Verdict) -> None:
        self._admitted.append(verdict)
        async with self._writing:  # whoever comes first writes for all who wait
            await self._flush()

    def _told(self, standing: Standing) -> Standing:
        self._hear(standing.verdict)
        return standing

    def _refused(self, refused: Refused) -> Refused:
        self._hear(refused.verdict)
        return refused

    def _hear(self, verdict: Verdict) -> None:
        heard = HEARD.get()
        if heard is None:
            return
        heard.verdict = verdict
        if verdict.stops and heard.connection:
            self._refusals.add(heard.connection, line(verdict))


class CountingJudge(Judge):
    """The judge, which counts what it records and can say whether it could."""

    def record(self, verdicts: Sequence[Verdict], door: Door, **more: Any) -> None:
        """As `Judge.record`."""
        super().record(verdicts, door, **more)
        metrics.count(list(verdicts))

    def probe(self) -> None:
        """Make sure that answers can be recorded.

        Raises:
            StoreError: they cannot.
        """
        if self._store is not None:
            self._store.probe()
