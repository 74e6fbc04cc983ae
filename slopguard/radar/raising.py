"""What follows from an alarm: a row in the ledger, and a mark in the watchlist of a name that was seen free before.

Invariants: each follows at least once, however often a poll is killed: what has not been noted as done is done at the
next one; a row of the ledger holds names, digests and moments, and no text of a registry.
"""

from __future__ import annotations

from datetime import UTC, datetime

from slopguard.config import Settings
from slopguard.hashes import well_formed
from slopguard.radar.memory import Memory
from slopguard.radar.model import RULE, Alarm
from slopguard.radar.watched import Watched
from slopguard.store import Store
from slopguard.store.ledger import Entry

DOOR, VERDICT = "radar", "alarm"
MOST = 50
"""Digests of files that a row names."""


def settle(settings: Settings, memory: Memory, watched: Watched, now: datetime) -> None:
    """Do what has not followed yet from the alarms that are remembered.

    Raises:
        StoreError: a row cannot be written.
    """
    unwritten = [noted.alarm for noted in memory.alarms(without="written")]
    if unwritten:
        _write(settings, unwritten)
        memory.happened(unwritten, "written", now)
    for noted in memory.alarms(without="marked"):
        if noted.alarm.free is not None:  # else the index's dates say it, to everybody who asks
            watched.appeared(noted.alarm.target, noted.alarm.seen)
        memory.happened([noted.alarm], "marked", now)


def _write(settings: Settings, alarms: list[Alarm]) -> None:
    store = Store.open(settings)
    try:
        store.ledger.append([entry(alarm, settings) for alarm in alarms])
    finally:
        store.close()


def entry(alarm: Alarm, settings: Settings) -> Entry:
    """The row of an alarm."""
    target = alarm.target
    digests = sorted({digest for file in alarm.found.files for digest in file.digests if well_formed(digest)})
    return Entry(
        time=alarm.seen.astimezone(UTC).isoformat(timespec="milliseconds"),
        actor=settings.actor.value,
        door=DOOR,
        command="slopguard watch poll",
        files=(),
        package=f"{target.ecosystem.value}:{target.name}",
        purl=f"pkg:{target.ecosystem.value}/{target.name.replace('@', '%40')}",
        version=None,
        digests=tuple(digests[:MOST]),
        verdict=VERDICT,
        rule=RULE,
        arrived="",
        lists={},
        policy="",
        config=settings.digest,
        decision=alarm.id,
        enforced=True,
    )
