"""What a watch row does, by what stands behind it: it can only refuse, and a mere forecast not for long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slopguard.model import Arrival, Evidence, Mode, Request, WatchRow
from tests.core.worlds import (
    BASELINE,
    FORECAST,
    FRESH,
    GENERATED,
    GONE,
    IMPORTED,
    OBSERVED,
    OFFLINE,
    TOO_LOW,
    UNDATED,
    YOUNG,
    ago,
    known,
    needed,
    said,
    typed,
)

Row = tuple[str, Request, Evidence, str]

WATCHED: tuple[Row, ...] = (
    ("generated counts like imported", typed(), known(YOUNG, watch=GENERATED), "block predicted-registered"),
    ("forecast, registered since and young", typed(), known(YOUNG, watch=FORECAST), "block predicted-registered"),
    (
        "seen free, then there, on an index without dates",
        typed(),
        known(UNDATED, watch=replace(IMPORTED, appeared=ago(1))),
        "block predicted-registered",
    ),
    ("not seen free: no date tells when", typed(), known(UNDATED, watch=IMPORTED), "quarantine predicted"),
    ("forecast, existence unknown", typed(), known(OFFLINE, watch=FORECAST), "quarantine predicted"),
    ("but not of a listed name", typed(), known(OFFLINE, allow=BASELINE, watch=FORECAST), "allow allowlisted"),
    (
        "nor of a locked one",
        replace(typed(), arrived=Arrival.LOCKED),
        known(OFFLINE, watch=FORECAST, locked=True),
        "allow locked",
    ),
    (
        "unless a model was seen to say it",
        typed(),
        known(OFFLINE, allow=BASELINE, watch=GENERATED),
        "quarantine predicted",
    ),
    ("forecast says nothing of a name that is no news", typed(), known(watch=FORECAST), "allow established"),
    (
        "nor of one that is needed and was there before",
        needed(),
        known(YOUNG, watch=replace(FORECAST, predicted_at=ago(30))),
        "allow vouched",
    ),
    ("nor of a listed one", typed(), known(allow=BASELINE, watch=FORECAST), "allow allowlisted"),
    (
        "nor of a young one that was there before",
        typed(),
        known(YOUNG, watch=replace(FORECAST, predicted_at=ago(30))),
        "quarantine unverified",
    ),
    (
        "forecast below watch_rank only quarantines",
        typed(),
        known(YOUNG, watch=replace(FORECAST, rank=10_001)),
        "quarantine predicted",
    ),
    ("below watch_rank only quarantines", typed(), known(YOUNG, watch=TOO_LOW), "quarantine predicted"),
    ("observed never does more", typed(), known(FRESH, watch=OBSERVED), "quarantine predicted"),
    (
        "of an unknown origin never does more",
        typed(),
        known(FRESH, watch=WatchRow("strange", "x", rank=1, predicted_at=ago(60))),
        "quarantine predicted",
    ),
    (
        "registered before it was predicted",
        typed(),
        known(YOUNG, watch=WatchRow("imported", "x", rank=1, predicted_at=ago(30))),
        "quarantine predicted",
    ),
    (
        "predicted at an unknown time",
        typed(),
        known(YOUNG, watch=WatchRow("imported", "x", rank=1)),
        "quarantine predicted",
    ),
    ("not registered", typed(), known(GONE, watch=IMPORTED), "block not-found"),
)


@pytest.mark.parametrize("mode", [Mode.BALANCED, Mode.OBSERVE])
@pytest.mark.parametrize(
    ("request_", "evidence", "expected"), [row[1:] for row in WATCHED], ids=[r[0] for r in WATCHED]
)
def test_a_watch_row(request_: Request, evidence: Evidence, expected: str, mode: Mode) -> None:
    assert said(request_, evidence, mode) == expected
