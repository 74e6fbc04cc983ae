"""When a list was last asked for: a note beside the pack, which nothing is trusted to.

Invariant: a note that is missing, damaged or from the future means that the list is due; it can make a machine ask too
often or, until the list expires, too seldom, and nothing else.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from slopguard.errors import StoreError
from slopguard.lists import files

EVERY = timedelta(hours=6)
"""How old the last successful check may be before a guarded command asks again."""
_LARGEST = 4096
PAUSE = timedelta(minutes=10)
"""How long a source that failed is left alone by guarded commands."""


@dataclass(frozen=True, slots=True)
class Check:
    """The note.

    Args:
        tried: when the source was last asked.
        checked: when it last answered with a list that could be verified.
    """

    tried: datetime | None = None
    checked: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Whether a guarded command should ask."""
        return not _within(self.tried, PAUSE, now) and not _within(self.checked, EVERY, now)


def read(path: Path) -> Check:
    """The note in a file."""
    try:
        found = json.loads(files.read(path, _LARGEST))
        return Check(_moment(found["tried"]), _moment(found["checked"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return Check()


def write(path: Path, check: Check) -> None:
    """Keep a note; where that cannot be done the list is asked for too often."""
    said = {name: moment and moment.isoformat() for name, moment in _pairs(check)}
    with suppress(StoreError):
        files.replace(path, json.dumps(said, sort_keys=True).encode())


def _within(moment: datetime | None, span: timedelta, now: datetime) -> bool:
    return moment is not None and timedelta() <= now - moment < span


def _pairs(check: Check) -> tuple[tuple[str, datetime | None], ...]:
    return ("tried", check.tried), ("checked", check.checked)


def _moment(text: object) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
