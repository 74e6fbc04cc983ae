"""OSV records for tests, as bytes, and what their schema says of a version: an oracle that shares no code with ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from packaging.version import Version

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def record(
    name: str = "evil",
    ecosystem: str = "npm",
    *,
    ident: str = "MAL-2026-1",
    modified: str = "2026-11-20T00:00:00Z",
    versions: Iterable[str] = (),
    ranges: Iterable[Any] = (),
    **more: Any,
) -> bytes:
    """One record about one package; a range is its events, each a (what, version)."""
    kind = "SEMVER" if ecosystem == "npm" else "ECOSYSTEM"
    made = [
        each if isinstance(each, dict) else {"type": kind, "events": [{what: version} for what, version in each]}
        for each in ranges
    ]
    affected = {"package": {"ecosystem": ecosystem, "name": name}, "versions": list(versions), "ranges": made}
    return json.dumps({"id": ident, "modified": modified, "affected": [affected], **more}).encode()


EVERY = [("introduced", "0")]
"""The events of a range in which every version lies."""


def order(ecosystem: str, text: str) -> Any:
    """A sort key for a version: by `packaging` for PyPI, by item 11 of Semantic Versioning for npm."""
    if text == "0":
        return None
    if ecosystem == "PyPI":
        return Version(text)
    core, _, pre = text.partition("-")
    parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in pre.split(".")] if pre else []
    return (tuple(map(int, core.split("."))), not pre, parts)


def affected(ecosystem: str, version: str, document: Mapping[str, Any]) -> bool:
    """Whether the document says that a version is affected: the schema's algorithm, line by line."""
    one = document["affected"][0]
    return version in one["versions"] or any(_in_range(ecosystem, version, each["events"]) for each in one["ranges"])


def _in_range(ecosystem: str, version: str, events: list[dict[str, str]]) -> bool:
    asked = order(ecosystem, version)
    limits = [event["limit"] for event in events if "limit" in event]
    if limits and not any(limit == "*" or asked < order(ecosystem, limit) for limit in limits):
        return False
    found = False
    for event in sorted((e for e in events if "limit" not in e), key=lambda e: _when(ecosystem, e)):
        ((what, text),) = event.items()
        at = order(ecosystem, text)
        if what == "introduced" and (at is None or asked >= at):
            found = True
        elif (what == "fixed" and asked >= at) or (what == "last_affected" and asked > at):
            found = False
    return found


def _when(ecosystem: str, event: dict[str, str]) -> Any:
    ((what, text),) = event.items()
    at = order(ecosystem, text)
    return (at is not None, at if at is not None else 0, ["introduced", "last_affected"].count(what), what)
