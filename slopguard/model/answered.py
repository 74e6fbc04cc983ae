"""What is answered: the policy's decision, and the verdict made of it, complete enough to print, log and act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from slopguard.model.asked import Request
from slopguard.model.known import Evidence
from slopguard.model.words import Outcome


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy says: the outcome, the rule that decided, and advisory rules beside it.

    Args:
        outcome: the contract's word.
        rule: the rule id that decided.
        advice: ids of `warn` rules that also hold.
    """

    outcome: Outcome
    rule: str
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's answer, complete enough to print, to log and to act on.

    Args:
        request: the question.
        decision: what the policy said.
        evidence: what it was based on.
        decided: when (UTC).
        decision_id: `d-` and hexadecimal digits, one across all doors of a session.
        suggestions: verified names near this one, best first; never more than three.
        until: when the refusal passes by itself (UTC), `None` if it does not.
        enforced: `False` in mode `observe`.
    """

    request: Request
    decision: Decision
    evidence: Evidence
    decided: datetime
    decision_id: str
    suggestions: tuple[str, ...] = ()
    until: datetime | None = None
    enforced: bool = True

    @property
    def outcome(self) -> Outcome:
        """The contract's word for this answer."""
        return self.decision.outcome

    @property
    def rule(self) -> str:
        """The rule id that decided."""
        return self.decision.rule

    @property
    def stops(self) -> bool:
        """Whether a door must refuse: a refusing outcome that is enforced."""
        return self.enforced and self.outcome.refuses


@dataclass(frozen=True, slots=True)
class Note:
    """A version that stepped back although the client would otherwise have chosen it.

    Args:
        verdict: why that version was held back.
        used: the newest version left for the client, `None` if there is none.
    """

    verdict: Verdict
    used: str | None
