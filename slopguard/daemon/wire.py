"""What a command and the daemon say to each other: frames of JSON on a loopback connection; light.

    4 bytes, big endian: the length        then so many bytes of JSON

A command asks one thing at a time (`{"do": WORD, ...}`) and gets one reply: `done`, `failed` (an error of ours) or
`refused` (this daemon will not; host yourself). Between, the daemon may push `learn` and `ask`, and gets an `answer`.

Invariants: a frame longer than its limit is never read; verdicts come back with the requests that they answer, so
that these travel once; every name of a message is fixed here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slopguard.clients.interface import GateAddress
from slopguard.daemon.plain import Garbled, decode, encode
from slopguard.model import Decision, Evidence, Request, Verdict

PROTOCOL = 1
"""Raised whenever a message changes its meaning; the greeting (`slopguard.daemon.proof`) never changes."""
LONGEST = 64 << 20
"""Bytes of a frame: far more than the largest lock file known asks about."""
LONGEST_GREETING = 1024
"""Bytes of a frame from somebody who has not proven yet who it is."""
HEAD = 4


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


def pack(value: dict[str, Any]) -> bytes:
    """A frame.

    Raises:
        Garbled: it would be too long to be read.
    """
    data = json.dumps(value, separators=(",", ":")).encode()
    if len(data) > LONGEST:
        raise Garbled
    return len(data).to_bytes(HEAD, "big") + data


def length(head: bytes, limit: int) -> int:
    """How many bytes follow.

    Raises:
        Garbled: more than the limit.
    """
    found = int.from_bytes(head, "big")
    if found > limit:
        raise Garbled
    return found


def unpack(data: bytes) -> dict[str, Any]:
    """What a frame holds.

    Raises:
        Garbled: no JSON object.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise Garbled from None
    if type(value) is not dict:
        raise Garbled
    return value


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
