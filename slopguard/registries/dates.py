"""Moments as registries write them: RFC 3339 text to aware UTC datetimes.

Invariant: text that is no moment gives `None` ("unknown age"), never a guess and never an error.
"""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: object) -> datetime | None:
    """The UTC moment in `text` (PEP 700 `upload-time`, npm `time`); a missing zone means UTC, any offset is obeyed.

    Returns:
        `None` for anything but a date and a time of day.
    """
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
