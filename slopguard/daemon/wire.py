"""What a command and the daemon hand each other in their frames: how a session begins, and verdicts; light.

Invariant: verdicts of a session come back with the requests that they answer, so that these travel once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from slopguard.clients.interface import GateAddress
from slopguard.daemon.plain import Garbled, decode, encode
from slopguard.model import Decision, Evidence, Request, Verdict


@dataclass(frozen=True, slots=True)
class Opened:
    """How a session begins.

    Args:
        address: where it listens.
        notes: lines that a person should read.
    """

    address: GateAddress
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What a daemon says about itself.

    Args:
        version: of slopguard.
        pid: its process.
        port: where commands reach it.
        gate: where package clients reach it.
        sessions: how many are open.
        since: when it started (seconds since 1970).
        draining: whether it takes no new session.
        idle: seconds without a session after which it ends; 0 if it does not.
    """

    version: str
    pid: int
    port: int
    gate: int
    sessions: int = 0
    since: float = 0.0
    draining: bool = False
    idle: float = 0.0


def state_in(said: Any) -> State:
    """What a daemon, perhaps of a later version, says about itself; what is new in it is left out.

    Raises:
        Garbled: it says something else.
    """
    if type(said) is not dict:
        raise Garbled
    known = {each.name for each in fields(State)}
    state: State = decode(State, {key: value for key, value in said.items() if key in known})
    return state


def verdicts_out(verdicts: Sequence[Verdict], requests: Sequence[Request]) -> list[Any]:
    """Verdicts for whoever asked these requests, in their order; a request that is as it was asked stays out."""
    answers = (_Answer.to(verdict, request) for verdict, request in zip(verdicts, requests, strict=True))
    return [encode(_Answer, answer) for answer in answers]


def verdicts_in(found: Any, requests: Sequence[Request]) -> list[Verdict]:
    """The verdicts that `verdicts_out` wrote.

    Raises:
        Garbled: they are none, or not for these requests.
    """
    answers: tuple[_Answer, ...] = decode(tuple[_Answer, ...], found)
    if len(answers) != len(requests):
        raise Garbled
    return [answer.verdict(request) for answer, request in zip(answers, requests, strict=True)]


@dataclass(frozen=True, slots=True)
class _Answer:
    """A `Verdict`, whose request the reader may know."""

    decision: Decision
    evidence: Evidence
    decided: datetime
    decision_id: str
    suggestions: tuple[str, ...] = ()
    until: datetime | None = None
    enforced: bool = True
    request: Request | None = None

    @classmethod
    def to(cls, verdict: Verdict, asked: Request) -> _Answer:
        """The answer for whoever asked."""
        return cls(
            verdict.decision,
            verdict.evidence,
            verdict.decided,
            verdict.decision_id,
            verdict.suggestions,
            verdict.until,
            verdict.enforced,
            verdict.request if verdict.request != asked else None,
        )

    def verdict(self, asked: Request) -> Verdict:
        """The verdict, as whoever asked has it."""
        return Verdict(
            self.request or asked,
            self.decision,
            self.evidence,
            self.decided,
            self.decision_id,
            self.suggestions,
            self.until,
            self.enforced,
        )
