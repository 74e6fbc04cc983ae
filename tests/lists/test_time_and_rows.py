"""Lists and rows that end, releases, fixes, and what a range of denied versions covers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from slopguard.errors import ListInvalid
from slopguard.lists import Bundle, Lists
from slopguard.lists.ranges import in_range
from slopguard.model import Ecosystem

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
TODAY = date(2026, 11, 25)


def lists(*rows: str, today: date = TODAY, **more: object) -> Lists:
    moment = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    return Lists([Bundle.of("team", rows)], clock=lambda: moment, **more)  # type: ignore[arg-type]


def test_a_row_counts_through_its_last_day() -> None:
    row = "pypi\tx\tallow\tuntil=2026-11-25"
    assert lists(row).allow(PYPI, "x") is not None
    assert lists(row, today=date(2026, 11, 26)).allow(PYPI, "x") is None


def test_a_scope_is_listed_as_long_as_a_row_in_it_counts() -> None:
    row = "npm\t@acme/ui\tallow\tuntil=2026-11-25"
    assert lists(row).scope_listed("@acme")
    assert not lists(row, today=date(2026, 11, 26)).scope_listed("@acme")
    assert not lists("npm\t@acme/ui\tallow", stale={"team"}).scope_listed("@acme")


def test_a_row_whose_end_is_no_date_is_invalid() -> None:
    with pytest.raises(ListInvalid):
        lists("pypi\tx\tallow\tuntil=soon").allow(PYPI, "x")


def test_an_expired_list_allows_nothing_but_says_so_and_still_denies_and_watches() -> None:
    old = lists(
        "pypi\tx\tallow",
        "pypi\ty\tdeny\trule=malicious",
        "pypi\tz\twatch\torigin=imported\tsource=s",
        "pypi\tx\trelease\tuntil=2026-12-01",
        "pypi\tx\tfix\tversions=1.0",
        stale={"team"},
    )
    assert old.allow(PYPI, "x") is None
    assert old.expired(PYPI, "x") is not None
    assert old.release(PYPI, "x") is None
    assert not old.fixes(PYPI, "x", "1.0")
    assert old.deny(PYPI, "y") is not None
    assert old.watch(PYPI, "z") is not None


def test_a_list_whose_time_is_over_for_good_allows_nothing_and_makes_no_fuss() -> None:
    over = lists("pypi\tx\tallow", "pypi\ty\tdeny\trule=denied", ended={"team"})
    assert over.allow(PYPI, "x") is None
    assert over.expired(PYPI, "x") is None
    assert over.deny(PYPI, "y") is not None


def test_a_release_covers_what_it_names_and_the_strongest_counts() -> None:
    found = lists(
        "pypi\tx\trelease\tuntil=2026-12-01",
        "pypi\tx\trelease\thashes=sha256:aa\tuntil=2026-11-30\tversions=2.0",
    )
    free, pinned = found.release(PYPI, "x", "1.0"), found.release(PYPI, "x", "2.0", frozenset({"sha256:aa"}))
    assert free is not None
    assert pinned is not None
    assert (free.pinned, free.until) == (False, date(2026, 12, 1))
    assert (pinned.pinned, pinned.until) == (True, date(2026, 11, 30))
    assert lists("pypi\tx\trelease\tuntil=2026-11-24").release(PYPI, "x") is None
    assert found.narrow(PYPI, "x")


def test_a_release_without_an_end_is_invalid() -> None:
    with pytest.raises(ListInvalid):
        lists("pypi\tx\trelease").release(PYPI, "x")


def test_what_a_person_let_through_here_stands_beside_the_lists() -> None:
    found = lists(released=lambda ecosystem, name: ["pypi\tx\trelease\tuntil=2026-12-01"] if name == "x" else [])
    row = found.release(PYPI, "x")
    assert row is not None
    assert row.list_name == "released"
    assert found.release(PYPI, "y") is None


def test_a_fix_is_a_version_that_an_advisory_names() -> None:
    found = lists("npm\tx\tfix\tid=GHSA-1\tversions=1.2.4;2.0.1")
    assert [found.fixes(NPM, "x", version) for version in ("1.2.4", "v2.0.1", "1.2.5")] == [True, True, False]
    assert not lists("npm\tx\tfix").fixes(NPM, "x", "1.2.4")


def test_words_of_people_come_out_as_they_were_written() -> None:
    row = lists("pypi\tx\tdeny\trule=denied\twhy=licence: AGPL%3b caf%C3%A9\tid=SEC-1").deny(PYPI, "x")
    assert row is not None
    assert (row.why, row.id) == ("licence: AGPL; caf\u00e9", "SEC-1")


@pytest.mark.parametrize(
    ("ecosystem", "version", "text", "covered"),
    [
        (NPM, "1.2.0-beta.1", ">=1.0.0 <2.0.0", True),
        (NPM, "2.0.0-rc.1", ">=1.0.0 <2.0.0", True),
        (NPM, "1.0.0-rc.1", ">=1.0.0 <2.0.0", False),
        (NPM, "2.0.0", ">=1.0.0 <2.0.0", False),
        (PYPI, "2.0rc1", "<2.0", True),
        (PYPI, "1.0.post1", ">1.0,<2", True),
        (PYPI, "1.0+cpu", "<=1.0", True),
        (PYPI, "1.0.post1", "<=1.0", False),
        (PYPI, "1.4.2", "~=1.4", True),
        (PYPI, "1.4.2", "!=1.4.2,<2", False),
    ],
)
def test_a_range_of_denied_versions_covers_every_version_between_its_limits(
    ecosystem: Ecosystem, version: str, text: str, covered: bool
) -> None:
    assert in_range(ecosystem, version, text, strict=True) is covered
    key = f"{ecosystem}\tx\tdeny\trule=malicious\trange={text}"
    assert (lists(key).deny(ecosystem, "x", version) is not None) is covered


def test_a_range_of_allowed_versions_covers_what_a_client_would_take() -> None:
    assert not in_range(NPM, "1.2.0-beta.1", ">=1.0.0 <2.0.0")
    assert not in_range(PYPI, "2.0rc1", "<2.0")
