"""Text becomes a UTC moment, or nothing."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.registries.dates import moment


@pytest.mark.parametrize("text", ["2024-05-01T10:00:00Z", "2024-05-01T12:00:00.000+02:00", "2024-05-01T10:00:00"])
def test_every_spelling_of_a_moment_is_that_moment(text: str) -> None:
    assert moment(text) == datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", [None, 5, "", "2024-05-01", "yesterday Than", "2024-13-01T00:00:00Z", "0001-01-01T00:00:00+23:00"]
)
def test_anything_else_is_an_unknown_moment(text: object) -> None:
    assert moment(text) is None


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    found = moment(text + "T")
    assert found is None or found.tzinfo is UTC


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="no time zones to set here")
def test_a_moment_without_a_zone_is_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "XYZ-9")
    time.tzset()
    try:
        assert moment("2026-11-24T12:00:00") == datetime(2026, 11, 24, 12, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()
