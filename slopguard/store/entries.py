"""From verdicts to rows of the ledger.

Invariant: every text in a row has passed `redact`, or a grammar that leaves no room for a secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from hashlib import sha256

from slopguard.hashes import well_formed
from slopguard.model import Request, Verdict
from slopguard.store.ledger import Entry
from slopguard.store.redact import redact

MOST_FILES = 50
"""Places of one package that a row names."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all rows of one writing share.

    Args:
        door: which door it came through.
        command: the command line, redacted.
        lists: list name to the start of its digest.
        policy, config: digests of the policy and the settings.
    """

    door: str
    command: str
    lists: Mapping[str, str]
    policy: str
    config: str


def entry(verdict: Verdict, stamp: Stamp) -> Entry:
    """The row of one verdict."""
    request = _without_secrets(verdict.request)
    places = request.locations[:MOST_FILES]
    return Entry(
        time=verdict.decided.astimezone(UTC).isoformat(timespec="milliseconds"),
        actor=request.actor.value,
        door=stamp.door,
        command=stamp.command,
        files=tuple(redact(f"{place.path}:{place.line or 0}") for place in places),
        package=f"{request.ecosystem.value}:{request.name or request.raw}",
        purl=request.purl,
        version=request.version,
        digests=tuple(sorted(filter(well_formed, request.digests))),
        verdict=verdict.outcome.value,
        rule=verdict.rule,
        arrived=request.arrived.value,
        lists=stamp.lists,
        policy=stamp.policy,
        config=stamp.config,
        decision=verdict.decision_id,
        enforced=verdict.enforced,
    )


def tally(allowed: Sequence[Verdict], stamp: Stamp, decision: str) -> Entry:
    """One row for many verdicts that simply allow: how many there are, and a digest of what they are about."""
    said = "\n".join(sorted(f"{verdict.request.purl} {verdict.rule}" for verdict in allowed))
    digest = sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    return replace(
        entry(allowed[0], stamp),
        files=(),
        package=f"allowed:{len(allowed)}",
        purl="",
        version=None,
        digests=(f"sha256:{digest}",),
        rule="several",
        arrived="",
        decision=decision,
    )


def _without_secrets(request: Request) -> Request:
    """`request` with text that no grammar has checked made fit to be written down: it may be a URL with a password."""
    version = redact(request.version) if request.version is not None else None
    return replace(request, raw=redact(request.raw) if request.name is None else request.raw, version=version)
