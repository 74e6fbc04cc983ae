"""Verdicts as they leave the daemon: with the few facts that messages are made of, never thousands of releases.

Invariant: `slopguard.messages` and `slopguard.rules` say the same about a verdict before and after.
"""

from __future__ import annotations

from dataclasses import replace

from slopguard.daemon.interface import Closed
from slopguard.model import Facts, Verdict
from slopguard.versions import listed


def trimmed(verdict: Verdict) -> Verdict:
    """A verdict without the releases that nobody asked about; the earliest stays, for the age of the name."""
    facts, request = verdict.evidence.facts, verdict.request
    if not facts.releases:
        return verdict
    kept = () if request.version is None else listed(request.ecosystem, request.version, facts)
    first = next((release for release in facts.releases if release.uploaded == facts.first_upload), None)
    if first is not None and first not in kept:
        kept = (*kept, first)
    few = Facts(
        facts.existence,
        tuple(replace(release, digests=frozenset()) for release in kept),
        facts.status,
        facts.dated,
        facts.asked,
        facts.partial,
        facts.bounded,
    )
    return replace(verdict, evidence=replace(verdict.evidence, facts=few))


def account(closed: Closed) -> Closed:
    """What happened in a session, trimmed."""
    return Closed(
        tuple(map(trimmed, closed.refusals)),
        tuple(replace(note, verdict=trimmed(note.verdict)) for note in closed.notes),
        closed.failures,
    )
