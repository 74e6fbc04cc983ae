"""Asks Cedar, and reads its answer as a decision.

Invariants:

* `decide` is a function of its arguments: no I/O, no clock; equal facts give equal decisions (they are remembered).
* Two actions are asked in one batch: `install` (may it be installed?) and `advise` (is there something to warn of?).
* Only a clean answer counts. An evaluation error makes Cedar skip a forbid and a malformed request gives no
  decision: any of these is `policy-error`, never an allow.
* The severest of block > unchecked > quarantine decides; within one, the order of `slopguard.rules`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from slopguard.model import Actor, Decision, Ecosystem, Evidence, Outcome, Request
from slopguard.policy.cedar import cedar
from slopguard.policy.facts import Thresholds, Weighed, weigh
from slopguard.policy.loader import Loaded, load, shipped
from slopguard.rules import RULES, SEVERITY

POLICY_ERROR = Decision(Outcome.UNCHECKED, "policy-error")
UNVERIFIED = Decision(Outcome.QUARANTINE, "unverified")
REMEMBERED = 50_000
"""Decisions remembered before starting afresh; a bound on memory, no more."""

_ORDER = {rule_id: position for position, rule_id in enumerate(RULES)}


class Policy:
    """A checked policy with the thresholds it is asked under.

    Args:
        thresholds: mode and limits.
        digest: SHA-256 of the policy's texts and the schema, hexadecimal, for the ledger.
    """

    __slots__ = ("_limits", "_loaded", "_memo", "digest", "thresholds")

    def __init__(self, thresholds: Thresholds, loaded: Loaded, digest: str) -> None:
        self.thresholds = thresholds
        self.digest = digest
        self._loaded = loaded
        self._limits = _limits(thresholds)
        self._memo: dict[tuple[Actor, Ecosystem, Weighed], Decision] = {}

    @classmethod
    def load(cls, thresholds: Thresholds, extensions: Sequence[str] = (), text: str | None = None) -> Policy:
        """Read and check a policy.

        Args:
            extensions: texts that add forbids.
            text: replaces the shipped policy; only a trusted config layer may name one.

        Raises:
            ConfigError: the text is malformed, or would weaken what it may not.
        """
        base = shipped("default.cedar") if text is None else text
        digest = sha256("\0".join((shipped("schema.cedarschema"), base, *extensions)).encode()).hexdigest()
        return cls(thresholds, load(base, extensions), digest)

    def answer(self, actor: Actor, ecosystem: Ecosystem, weighed: Weighed) -> Decision:
        """The decision on these facts, asked of Cedar once."""
        key = (actor, ecosystem, weighed)
        decision = self._memo.get(key)
        if decision is None:
            if len(self._memo) >= REMEMBERED:
                self._memo.clear()
            decision = self._memo[key] = self._ask(actor, ecosystem, weighed)
        return decision

    def _ask(self, actor: Actor, ecosystem: Ecosystem, weighed: Weighed) -> Decision:
        context = json.dumps(weighed._asdict() | self._limits)
        question = {
            "principal": {"type": "Actor", "id": actor.value},
            "resource": {"type": "Ecosystem", "id": ecosystem.value},
            "context": context,
        }
        batch = [question | {"action": f'Action::"{action}"'} for action in ("install", "advise")]
        try:
            install, advise = cedar().is_authorized_batch(batch, self._loaded.policies, "[]", self._loaded.schema)
            return self._read(_reasons(install), _reasons(advise), allowed=install.allowed)
        except (ValueError, KeyError, TypeError):
            return POLICY_ERROR

    def _read(self, install: list[str], advise: list[str], *, allowed: bool) -> Decision:
        """The decision that Cedar's two lists of rule ids amount to; the first of `install` is the first in order."""
        advice = tuple(advise)
        if allowed:
            if "released" in install:
                return Decision(Outcome.WARN, "released", advice)
            return Decision(Outcome.WARN, advice[0], advice) if advice else Decision(Outcome.ALLOW, install[0])
        if not install:
            return Decision(UNVERIFIED.outcome, UNVERIFIED.rule, advice)
        worst = max(install, key=lambda rule_id: SEVERITY[self._loaded.verdicts[rule_id]])
        return Decision(self._loaded.verdicts[worst], worst, advice)


def decide(request: Request, evidence: Evidence, policy: Policy, now: datetime) -> Decision:
    """What the policy says about one request: pure, and remembered for each distinct set of facts.

    Args:
        now: the moment that ages are counted to, aware UTC.
    """
    weighed = weigh(request, evidence, policy.thresholds, now)
    return policy.answer(request.actor, request.ecosystem, weighed)


def _limits(thresholds: Thresholds) -> dict[str, Any]:
    return {
        "mode": thresholds.mode.value,
        "limits": {
            "established_days": thresholds.established_days,
            "established_releases": thresholds.established_releases,
            "min_version_age_days": thresholds.min_version_age_days,
            "vouched_days": thresholds.vouched_days,
        },
    }


def _reasons(answer: Any) -> list[str]:
    """The rule ids behind one answer of Cedar's, in our order.

    Raises:
        ValueError: the answer is not clean: an evaluation error, no decision, or an allow without a reason.
    """
    found = answer.diagnostics
    if found.errors or answer.decision.value not in ("Allow", "Deny") or (answer.allowed and not found.reasons):
        raise ValueError("not a clean answer")
    return _ordered(found.id_annotations_by_reason[reason] for reason in found.reasons)


def _ordered(rule_ids: Iterable[str]) -> list[str]:
    return sorted(rule_ids, key=lambda rule_id: (_ORDER.get(rule_id, len(_ORDER)), rule_id))
