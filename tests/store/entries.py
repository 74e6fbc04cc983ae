"""Entries for the ledger's tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from slopguard.store import Entry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def entry(
    name: str = "alpha", *, session: str = "s1", rule: str = "not-found", hour: int = 0, command: str = ""
) -> Entry:
    """A refusal of `name`, decided `hour` hours after `NOW`."""
    return Entry(
        time=(NOW + timedelta(hours=hour)).isoformat(timespec="milliseconds"),
        actor="agent",
        door="test",
        command=command,
        files=("requirements.txt:3",),
        package=f"pypi:{name}",
        purl=f"pkg:pypi/{name}",
        version=None,
        digests=("sha256:aa",),
        verdict="block",
        rule=rule,
        arrived="introduced",
        lists={"baseline": "00"},
        policy="p",
        config="c",
        decision=f"d-{session}{name}{rule}",
        enforced=True,
    )
