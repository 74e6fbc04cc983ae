"""What an upstream says about later is read as it means it, and what cannot be read means: ask."""

from datetime import UTC, datetime

import pytest

from slopguard.registries.recent import Recent
from slopguard.registries.validity import Known, Validity, wait


@pytest.mark.parametrize(
    ("headers", "max_age"),
    [
        ({}, None),
        ({"Cache-Control": "public"}, None),
        ({"Cache-Control": "max-age=300"}, 300),
        ({"Cache-Control": 'Public , MAX-AGE = "300"'}, 300),
        ({"Cache-Control": "max-age=300", "Age": "100"}, 200),
        ({"Cache-Control": "max-age=300", "Age": "400"}, 0),
        ({"Cache-Control": "max-age=300", "Age": "soon"}, 300),
        ({"Cache-Control": "s-maxage=300"}, None),
        ({"Cache-Control": "max-age=never"}, None),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Cache-Control": "max-age=\N{ARABIC-INDIC DIGIT THREE}"}, None),
        ({"Cache-Control": f"max-age={'9' * 400}"}, None),
        ({"Cache-Control": "max-age=300, no-cache"}, 0),
        ({"Cache-Control": "no-store"}, 0),
        ({"Cache-Control": "max-age=300, must-revalidate"}, 0),
    ],
)
def test_for_how_long_it_may_be_used(headers: dict[str, str], max_age: float | None) -> None:
    assert Validity.of(headers).max_age == max_age


def test_only_no_store_forbids_to_store() -> None:
    assert not Validity.of({"Cache-Control": "private, no-store"}).storable
    assert Validity.of({"Cache-Control": "private, no-cache"}).storable


@pytest.mark.parametrize("etag", ["", "x" * 301, '"\N{SNOWMAN}"', '"a\x00"'])
def test_a_validator_that_is_no_text_for_a_header_is_none(etag: str) -> None:
    assert Validity.of({"ETag": etag}).etag is None


def test_it_is_asked_about_with_what_it_came_with() -> None:
    both = Known("https://registry.example/", "", '"1"', "Thu, 01 Jan 2026 00:00:00 GMT")
    assert both.headers == {"If-None-Match": '"1"', "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    assert Known("https://registry.example/", "", None, None).headers == {}


def test_what_was_used_last_stays() -> None:
    recent: Recent[str] = Recent(10)
    for name in "abc":
        recent.put(name, name.upper(), 4)
        recent.get("a")
    assert [recent.get(name) for name in "abc"] == ["A", None, "C"]
    recent.put("a", "again", 1)
    assert (recent.get("a"), recent.weight) == ("again", 5)


def test_something_larger_than_the_limit_stays_while_it_is_the_last() -> None:
    recent: Recent[str] = Recent(10)
    recent.put("small", "small", 1)
    recent.put("large", "large", 100)
    assert (recent.get("small"), recent.get("large")) == (None, "large")
    recent.put("small", "small", 1)
    assert (recent.get("small"), recent.get("large"), recent.weight) == ("small", None, 1)
    recent.drop("small")
    recent.drop("small")
    assert recent.weight == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_for_how_long_it_asks_to_be_left_alone(text: str | None, seconds: float | None) -> None:
    assert wait(text, datetime(2026, 1, 1, tzinfo=UTC)) == seconds
