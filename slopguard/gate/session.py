"""One guarded command (or one configured client) as the gate sees it: who asks, of which indexes, and what happened.

Invariants:

* A session's id and secret name it on the wire; the secret is random, never logged and not in `repr`.
* What happened is only ever added to (`Journal`); the wrapper reads snapshots from its own thread.
* A session decides nothing: every verdict in it came from the judge.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from slopguard.errors import SlopguardError
from slopguard.gate.arrival import Arrivals
from slopguard.indexes import Index
from slopguard.messages import line
from slopguard.model import Actor, Door, Ecosystem, NormalizedName, Note, Verdict
from slopguard.registries.pool import Upstreams
from slopguard.registries.surroundings import Surroundings
from slopguard.rules import EXIT_CODES

if TYPE_CHECKING:
    from slopguard.config import Settings
    from slopguard.judge import Judge

Typed = frozenset[tuple[Ecosystem, NormalizedName]]

EXIT_ORDER = (1, 5, 4, 3)
"""Which exit code wins when a session saw several troubles: a block first, then a fault of ours."""


class Journal:
    """What happened in a session, in order; safe to read from another thread while the gate runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refusals: dict[tuple[str, str | None], Verdict] = {}
        self._notes: dict[str, Note] = {}
        self._failures: dict[str, SlopguardError] = {}

    def refuse(self, verdict: Verdict) -> None:
        """Add a verdict that refuses; in mode `observe` it is kept too, marked by `enforced`."""
        with self._lock:
            self._refusals.setdefault((verdict.decision_id, verdict.request.version), verdict)

    def note(self, note: Note) -> bool:
        """Add a version that stepped back; whether it is news."""
        with self._lock:
            return self._notes.setdefault(note.verdict.decision_id, note) is note

    def fail(self, error: SlopguardError) -> None:
        """Add an error of ours or of an index that no verdict expresses; once for each text."""
        with self._lock:
            self._failures.setdefault(str(error), error)

    @property
    def refusals(self) -> tuple[Verdict, ...]:
        """Every refusal, in order; those of mode `observe` have `enforced` false."""
        with self._lock:
            return tuple(self._refusals.values())

    @property
    def notes(self) -> tuple[Note, ...]:
        """Every version stepped over, in order."""
        with self._lock:
            return tuple(self._notes.values())

    @property
    def failures(self) -> tuple[SlopguardError, ...]:
        """Every error that is not a verdict, in order."""
        with self._lock:
            return tuple(self._failures.values())

    @property
    def stopped(self) -> str | None:
        """Why nothing more is handed to pip in this session: the first enforced refusal or failure, in words."""
        refused = next((line(verdict) for verdict in self.refusals if verdict.stops), None)
        return refused or next((error.diagnosis() for error in self.failures), None)

    @property
    def exit_code(self) -> int | None:
        """The contract's exit code for what was refused here; `None` when the client's own counts."""
        codes = {EXIT_CODES[verdict.outcome] for verdict in self.refusals if verdict.stops}
        codes |= {error.exit_code for error in self.failures}
        return next((code for code in EXIT_ORDER if code in codes), None)


@dataclass(slots=True)
class Session:
    """Everything the gate knows about one session.

    Args:
        id: its public half, the user name of HTTP Basic.
        secret: its private half.
        settings: the effective settings.
        judge: the only way to a verdict.
        upstreams: the indexes' clients; entered by `Gate.open`, left by `Gate.close`.
        indexes: by ecosystem and key; the order is the client's own.
        door: what the ledger says about who came.
        actor: who asks.
        arrivals: how a name came up.
        journal: what happened.
        learn: told an address of each package's files; the egress net wants to know where they are.
    """

    id: str
    secret: str = field(repr=False)
    settings: Settings
    judge: Judge
    upstreams: Upstreams
    indexes: Mapping[tuple[Ecosystem, str], Index]
    door: Door
    actor: Actor
    arrivals: Arrivals
    journal: Journal = field(default_factory=Journal)
    learn: Callable[[str], None] = lambda where: None

    @property
    def refusals(self) -> tuple[Verdict, ...]:
        """Every refusal so far (see `Journal.refusals`)."""
        return self.journal.refusals

    @property
    def notes(self) -> tuple[Note, ...]:
        """Every version stepped over so far."""
        return self.journal.notes

    @property
    def failures(self) -> tuple[SlopguardError, ...]:
        """Every failure so far that is not a verdict."""
        return self.journal.failures


def make_session(
    settings: Settings,
    judge: Judge,
    indexes: Iterable[Index],
    door: Door,
    typed: Typed | None = None,
    actor: Actor = Actor.HUMAN,
    env: Mapping[str, str] | None = None,
) -> Session:
    """A new session with a random id and secret.

    Args:
        indexes: the client's indexes in its own order; keys are unique within an ecosystem.
        door: its `session` is filled in when empty.
        typed: the names introduced by the command and its manifests; `None` when nobody told us.
        actor: who asks.
        env: the caller's, for how indexes are reached; this process is the caller by default.
    """
    routes = tuple(indexes)
    identity = secrets.token_hex(8)
    return Session(
        id=identity,
        secret=secrets.token_urlsafe(24),
        settings=settings,
        judge=judge,
        upstreams=Upstreams(
            routes,
            settings,
            surroundings=None if env is None else Surroundings.of(env),
            settled=partial(_settled, judge),
        ),
        indexes={(index.ecosystem, index.key): index for index in routes},
        door=door if door.session else replace(door, session=identity),
        actor=actor,
        arrivals=Arrivals(typed),
    )


def _settled(judge: Judge, ecosystem: Ecosystem, name: NormalizedName) -> bool:
    """Whether a name stands whatever its document says: allowed in all versions, never denied, not foretold.

    How old the name is would count for one that models were expected to invent.
    """
    lists = judge.lists
    if not lists.kinds(ecosystem, name).isdisjoint(("deny", "watch")) or lists.narrow(ecosystem, name):
        return False
    return lists.allow(ecosystem, name) is not None and not judge.watched(ecosystem, name)
