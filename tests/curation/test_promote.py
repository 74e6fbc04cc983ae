"""Entries move up only where teams agree, and are never in neither place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from slopguard.curation import edit, promote
from slopguard.curation.entries import ListEntry
from slopguard.curation.layout import Layout
from slopguard.curation.sources import read_list
from slopguard.errors import UsageError
from slopguard.model import Ecosystem
from tests.curation.samples import DIGEST, TODAY

PYPI = Ecosystem.PYPI
FLASK = ListEntry("allow", PYPI, "flask", (">=3",), (DIGEST,), "web", "pages", "ana", TODAY)
EVIL = ListEntry("deny", PYPI, "evil", reason="steals", more={"id": "MAL-1"})


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def shared(layout: Layout, **lists: tuple[ListEntry, ...]) -> tuple[list[promote.Move], list[str]]:
    """What would move and why the rest stays, with these entries in these lists."""
    for name, entries in lists.items():
        for entry in entries:
            edit.put(layout.common if name == "common" else layout.team(name), entry)
    moves, conflicts = promote.shared(layout, lambda ecosystem, name: name.startswith("acme-"))
    return list(moves), [f"{each.name} {' '.join(each.places)}: {each.why}" for each in conflicts]


def test_what_two_teams_list_alike_moves_with_what_both_say(layout: Layout) -> None:
    other = replace(FLASK, owner="pay", reason="receipts", reviewer="ben", added=date(2026, 1, 1))
    moves, conflicts = shared(layout, a=(FLASK,), b=(other,), c=(EVIL,))
    assert conflicts == []
    assert [move.teams for move in moves] == [("a", "b")]
    promote.carry_out(layout, moves)
    assert read_list(layout.common) == (
        replace(FLASK, owner="web; pay", reason="pages; receipts", reviewer="ana; ben", added=date(2026, 1, 1)),
    )
    assert read_list(layout.team("a")) == read_list(layout.team("b")) == ()
    assert read_list(layout.team("c")) == (EVIL,)


def test_identifiers_of_both_are_kept_and_the_order_of_versions_does_not_matter(layout: Layout) -> None:
    one = replace(EVIL, versions=("1.0", "2.0"))
    other = replace(EVIL, versions=("2.0", "1.0"), more={"rule": "denied", "id": "MAL-2 MAL-1"})
    (move,), _ = shared(layout, a=(one,), b=(other,))
    assert move.entry.more["id"] == "MAL-1 MAL-2"


def test_what_the_common_list_says_already_only_leaves_the_teams(layout: Layout) -> None:
    moves, _ = shared(layout, common=(replace(FLASK, owner="all"),), a=(FLASK,), b=(FLASK,))
    promote.carry_out(layout, moves)
    assert read_list(layout.common) == (replace(FLASK, owner="all"),)
    assert read_list(layout.team("a")) == ()


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (replace(FLASK, versions=(">=4",)), "listed with other versions, hashes, days or rules"),
        (replace(FLASK, hashes=()), "listed with other versions, hashes, days or rules"),
        (replace(FLASK, expires=date(2027, 1, 1)), "listed with other versions, hashes, days or rules"),
        (ListEntry("deny", PYPI, "flask"), "listed as allow and deny"),
    ],
)
def test_teams_that_disagree_keep_their_entries(layout: Layout, other: ListEntry, why: str) -> None:
    moves, conflicts = shared(layout, a=(FLASK,), b=(FLASK,), c=(other,))
    assert moves == []
    assert conflicts == [f"flask a b c: {why}"]


@pytest.mark.parametrize("above", [replace(FLASK, versions=(">=4",)), ListEntry("deny", PYPI, "flask")])
def test_a_common_list_that_says_something_else_is_a_conflict(layout: Layout, above: ListEntry) -> None:
    moves, conflicts = shared(layout, common=(above,), a=(FLASK,), b=(FLASK,))
    assert moves == []
    assert conflicts == ["flask a b: the common list says something else"]


def test_one_team_exceptions_and_internal_names_stay(layout: Layout) -> None:
    release = ListEntry("release", PYPI, "foo", ("1.0",), added=TODAY, expires=TODAY)
    internal = ListEntry("allow", PYPI, "acme-x")
    assert shared(layout, a=(FLASK, release, internal), b=(release, internal)) == ([], [])


def test_texts_that_are_too_long_together_are_not_joined(layout: Layout) -> None:
    moves, _ = shared(layout, a=(replace(FLASK, reason="a" * 900),), b=(replace(FLASK, reason="b" * 900),))
    assert moves[0].entry.reason == "a" * 900


def test_one_team_gives_everything_it_says_of_a_package(layout: Layout) -> None:
    release = ListEntry("release", PYPI, "flask", ("1.0",), added=TODAY, expires=TODAY)
    shared(layout, a=(FLASK, release))
    promote.carry_out(layout, promote.of_team(layout, "a", PYPI, "flask"))
    assert read_list(layout.common) == (FLASK, release)
    assert read_list(layout.team("a")) == ()


def test_one_team_cannot_overwrite_the_common_list(layout: Layout) -> None:
    shared(layout, common=(replace(FLASK, versions=(">=4",)),), a=(FLASK,))
    with pytest.raises(UsageError, match="the common list holds another allow entry for pypi:flask"):
        promote.of_team(layout, "a", PYPI, "flask")
    with pytest.raises(UsageError, match="a does not list pypi:jinja2"):
        promote.of_team(layout, "a", PYPI, "jinja2")


def test_what_is_alike_up_there_may_leave_a_team(layout: Layout) -> None:
    shared(layout, common=(FLASK,), a=(replace(FLASK, owner="pay"),))
    promote.carry_out(layout, promote.of_team(layout, "a", PYPI, "flask"))
    assert read_list(layout.common) == (FLASK,)
    assert read_list(layout.team("a")) == ()
