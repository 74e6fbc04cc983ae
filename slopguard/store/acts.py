"""Rows of the ledger that are about no package: what a person accepted, and settings that were refused.

Invariant: a row is on disk before `record` returns; all text in it has passed `redact`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from slopguard.store.ledger import Entry
from slopguard.store.redact import redact
from slopguard.store.store import Store

if TYPE_CHECKING:
    from slopguard.config import Settings


def record(settings: Settings, door: str, verdict: str, rule: str, subject: str, command: str) -> None:
    """Write one such row.

    Args:
        settings: those in force; they say which ledger it is, and who asks.
        subject: `kind:place`, e.g. `index:https://registry.example/`.
        command: the command line as typed.

    Raises:
        StoreError: it could not be written.
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    entry = Entry(
        time=now,
        actor=settings.actor.value,
        door=door,
        command=redact(command),
        files=(),
        package=redact(subject),
        purl="",
        version=None,
        digests=(),
        verdict=verdict,
        rule=rule,
        arrived="",
        lists={},
        policy="",
        config=settings.digest,
        decision="d-" + sha256(f"{now}\0{verdict}\0{subject}".encode("utf-8", "surrogateescape")).hexdigest()[:12],
        enforced=True,
    )
    store = Store.open(settings)
    try:
        store.ledger.append([entry])
    finally:
        store.close()
