"""An alarm in words, and as JSON for programs.

Invariants: a line holds the name that was watched and the fixed words of its rule, never a text of a registry; JSON for
a person's own review holds such texts as `names.shown` gives them, and what is sent elsewhere holds none at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from slopguard.messages import LIMIT, NAME_LIMIT, named
from slopguard.model import Request
from slopguard.names import shown
from slopguard.radar.model import RULE, Alarm, Target
from slopguard.rules import RULES

SCHEMA = "slopguard/radar/1"
"""Of what is posted to a webhook."""
FILES = 20
"""Files of which a webhook is told."""


def line(alarm: Alarm) -> str:
    """The alarm in one line: ASCII, at most `messages.LIMIT` characters."""
    return next(text for text in _candidates(alarm) if len(text) <= LIMIT)


def _candidates(alarm: Alarm) -> Iterator[str]:
    rule = RULES[RULE]
    asked = named(_request(alarm.target))
    more = f"slopguard watch show {asked}" if asked is not None else f"slopguard log show {alarm.id}"
    yield f"{_head(alarm.target, NAME_LIMIT)}: {rule.fact}. {rule.instruction}. Next: {more}"
    yield f"{_head(alarm.target, NAME_LIMIT)}: {rule.instruction}. Next: {more}"
    yield f"{_head(alarm.target, NAME_LIMIT)}: {rule.instruction}. Next: slopguard log show {alarm.id}"


def _head(target: Target, limit: int) -> str:
    return f"slopguard: ALARM {target.ecosystem} '{shown(target.name, limit)}' ({RULE})"


def about(alarm: Alarm) -> dict[str, Any]:
    """Everything that is known of an alarm and is ours to say: fixed fields, no text of a registry."""
    target, found = alarm.target, alarm.found
    return {
        "id": alarm.id,
        "rule": RULE,
        "ecosystem": target.ecosystem.value,
        "name": target.name,
        "purl": _request(target).purl,
        "rank": target.rank,
        "origin": target.origin,
        "predicted": _moment(target.predicted),
        "seen_free": _moment(alarm.free),
        "seen_registered": _moment(alarm.seen),
        "first_upload": _moment(found.first),
        "versions": len(found.versions),
        "files": [{"size": file.size, "digests": list(file.digests)} for file in found.files[:FILES]],
    }


def posted(alarm: Alarm) -> dict[str, Any]:
    """What a webhook is sent."""
    return {"schema": SCHEMA, "event": "registered", **about(alarm)}


def reviewed(alarm: Alarm) -> dict[str, Any]:
    """The same with the evidence, for a person's review; the registry's texts made safe to print."""
    found = alarm.found
    files = [
        {
            "name": shown(file.name),
            "version": shown(file.version),
            "size": file.size,
            "uploaded": _moment(file.uploaded),
            "digests": list(file.digests),
        }
        for file in found.files
    ]
    versions = [shown(version) for version in found.versions]
    return {**about(alarm), "versions": versions, "files": files, "by": [shown(name) for name in found.by]}


def _request(target: Target) -> Request:
    return Request(target.ecosystem, target.name, target.name)


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
