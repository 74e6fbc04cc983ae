"""When a refusal passes by itself. Pure; the mirror image of the policy's `too-new`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from slopguard.model import Arrival, Decision, Evidence, Request
from slopguard.policy.facts import Thresholds, version_upload


def until(request: Request, evidence: Evidence, decision: Decision, thresholds: Thresholds) -> datetime | None:
    """The moment (UTC) from which the same question is no longer refused as `too-new`; `None` for every other rule.

    A version waits for its cooldown. An unlisted dependency waits as well until its name is `vouched_days` old.
    """
    if decision.rule != "too-new":
        return None
    moments: list[datetime] = []
    uploaded = version_upload(request, evidence.facts)
    if uploaded is not None:
        moments.append(_after(uploaded, thresholds.min_version_age_days))
    first = evidence.facts.first_upload
    if first is not None and _name_must_age(request, evidence):
        moments.append(_after(first, thresholds.vouched_days))
    return max(moments, default=None)


def _after(moment: datetime, days: int) -> datetime:
    """So many days later, or the end of time: an index may have written any date at all."""
    end = datetime.max.replace(tzinfo=UTC)
    return end if end - moment < timedelta(days=days) else moment + timedelta(days=days)


def _name_must_age(request: Request, evidence: Evidence) -> bool:
    """Whether nothing but its age can vouch for the name: the second half of the policy's `too-new`."""
    vouched = evidence.allow is not None or evidence.scope_vouched or (evidence.internal and request.source.private)
    return request.arrived is Arrival.TRANSITIVE and not vouched
