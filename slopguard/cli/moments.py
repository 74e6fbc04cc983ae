"""What `--since` takes: a span back from now, or a date."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from slopguard.errors import UsageError

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since(text: str) -> datetime:
    """`12h`, `7d` ago, or a date and time (UTC unless it says otherwise).

    Raises:
        UsageError: it is neither.
    """
    span = re.fullmatch(r"(\d{1,4})([mhdw])", text)
    if span:
        return datetime.now(UTC) - timedelta(**{UNITS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UsageError("--since takes 30m, 12h, 7d, 2w or a date", "For example: slopguard log --since 7d") from None
