"""What counts where several rows speak of one name: everything that any of them says against it.

The row of all: the origin that weighs most, with its source and models (a documented name, or one that models were seen
to say, before one that was only forecast); the best rank of any; the earliest moment of any, so that whoever registered
the name after the first of them registered it since; the latest expiry. What was asked for here and did not exist is
not among them: it counts where no other row speaks of the name, or a mere forecast alone (`evidence`).

Invariants: pure; a further row never takes a refusal back; one row alone stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from slopguard.model import WatchRow

_UNRANKED = 1 << 40
_FORECAST, _SEEN = range(2)


def strictest(rows: Sequence[WatchRow]) -> WatchRow | None:
    """All rows about one name as one; `None` if there are none."""
    if len(rows) < 2:
        return rows[0] if rows else None
    leading = min(rows, key=lambda row: (-_weight(row), _rank(row), -(row.models or 0)))
    ends = [row.expires for row in rows]
    return replace(
        leading,
        rank=min((row.rank for row in rows if row.rank is not None), default=None),
        predicted_at=_earliest([row.predicted_at for row in rows]),
        expires=None if None in ends else max(end for end in ends if end is not None),
        appeared=_earliest([row.appeared for row in rows]),
    )


def forecast_only(row: WatchRow) -> bool:
    """Whether a name was only forecast: by no model that was seen to say it, and documented nowhere."""
    return row.origin == "generated" and not row.models


def _weight(row: WatchRow) -> int:
    """How much an origin weighs: as the policy weighs it (`policy.facts`)."""
    return _FORECAST if forecast_only(row) else _SEEN


def _rank(row: WatchRow) -> int:
    return _UNRANKED if row.rank is None else row.rank


def _earliest(moments: Sequence[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
