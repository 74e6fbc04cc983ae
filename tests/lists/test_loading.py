"""Which lists count: shipped, fetched, invalid, ended; and the names in which look-alikes are searched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from slopguard.config import ListSource, Settings
from slopguard.errors import ListInvalid
from slopguard.lists import Bundle, Lists, loading, shipped
from slopguard.model import Ecosystem

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
SOURCE = ListSource("https://lists.example/", "sha256:00")


def at(day: datetime) -> Lists:
    return Lists.shipped(lambda: day)


def test_the_shipped_lists_allow_until_their_end_and_deny_for_ever() -> None:
    last = datetime(shipped.ENDS.year, shipped.ENDS.month, shipped.ENDS.day, 23, 59, tzinfo=UTC)
    day = timedelta(days=1)
    assert at(last).allow(PYPI, "flask") is not None
    assert at(last + day).allow(PYPI, "flask") is None
    assert at(last + day).expired(PYPI, "flask") is None
    assert at(last + day).watch(PYPI, "anthropic-api") is not None
    assert at(last).notes == (loading.ENDS_SOON,)
    assert at(last + day).notes == (loading.ENDED,)
    assert at(last - shipped.SOON - day).notes == ()


def test_fetched_lists_stand_beside_the_shipped_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = Bundle.of("acme/common", ["pypi\tacme-thing\tallow", "pypi\tflask\tallow", "npm\tleft\tdeny\trule=denied"])
    found = SimpleNamespace(bundles=(bundle,), stale=frozenset(), notes=("slopguard: NOTE x",))
    monkeypatch.setattr("slopguard.lists.sources.installed", lambda settings, now: found)
    lists = Lists.load(Settings(tmp_path, list_sources=(SOURCE,)))
    assert lists.allow(PYPI, "acme-thing") is not None
    assert lists.deny(NPM, "left") is not None
    assert lists.allow(PYPI, "requests") is not None
    assert "slopguard: NOTE x" in lists.notes
    text = lists.listing(PYPI)
    assert text.count("\nflask\t") == 1
    assert text.splitlines() == sorted(text.splitlines(), key=lambda line: line + "\n")
    rank = next(line for line in text.splitlines() if line.startswith("acme-thing\t")).partition("\t")[2]
    assert int(rank) == len(text.splitlines())


def test_a_source_that_cannot_be_verified_makes_the_lists_invalid_and_denies_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(settings: Settings, now: datetime) -> None:
        raise ListInvalid("list 'acme' is older than the one seen before")

    monkeypatch.setattr("slopguard.lists.sources.installed", fail)
    lists = Lists.load(Settings(tmp_path, list_sources=(SOURCE,)))
    assert lists.state == "invalid"
    assert "older than the one seen before" in lists.notes[-1]
    assert lists.watch(PYPI, "anthropic-api") is not None


def test_shipped_lists_of_other_bytes_make_the_lists_invalid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slopguard.lists.shipped.DIGESTS", {"baseline": "00"})
    lists = Lists.load(Settings(tmp_path))
    assert lists.state == "invalid"
    assert lists.notes


def test_a_listing_that_was_not_prepared_is_not_joined() -> None:
    assert loading.joined(lambda ecosystem: None, ())(PYPI) is None
