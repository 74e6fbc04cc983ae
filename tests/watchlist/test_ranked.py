"""Pages by rank: all names, each once, at its best rank, however they are cut."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard.watchlist.watchlist import Watchlist
from tests.watchlist.world import NOW, NPM, PYPI, batch, ordered, rows


def test_pages_go_on_where_the_last_one_ended(watchlist: Watchlist) -> None:
    names = [f"name-{n}" for n in range(1000)]
    watchlist.add(batch(), rows(*names))
    for size in (1, 31, 32, 33, 1000):
        assert [name for _, name in ordered(watchlist, size=size)] == names


def test_batches_are_merged_by_rank_and_a_name_comes_once_at_its_best(watchlist: Watchlist) -> None:
    watchlist.add(batch("one"), rows("a", "b", "c", "d"))
    watchlist.add(batch("two"), rows("d", "x", "b"))
    watchlist.add(batch("three"), rows("y", first=None))
    assert list(ordered(watchlist, size=2)) == [(1, "a"), (1, "d"), (2, "b"), (2, "x"), (3, "c"), (None, "y")]


def test_one_ecosystem_alone(watchlist: Watchlist) -> None:
    watchlist.add(batch(), [*rows("a", "b"), *rows("@c/d", ecosystem=NPM)])
    assert list(ordered(watchlist, NPM)) == [(1, "@c/d")]
    assert list(ordered(watchlist, PYPI)) == [(1, "a"), (2, "b")]


def test_a_name_of_an_expired_batch_comes_at_the_rank_of_the_others(watchlist: Watchlist) -> None:
    watchlist.add(batch("one", expires=NOW + timedelta(days=1)), rows("a"))
    watchlist.add(batch("two"), rows("a", first=9))
    later = watchlist.ranked(now=NOW + timedelta(days=2))
    assert [each.sighting.watched.rank for each in later] == [9]


def test_only_some_batches(watchlist: Watchlist) -> None:
    watchlist.add(batch("one"), rows("a", "b"))
    watchlist.add(batch("two"), rows("b", "a"))
    found = watchlist.ranked(only=lambda each: each.source == "two")
    assert [(each.sighting.watched.rank, each.sighting.watched.name) for each in found] == [(1, "b"), (2, "a")]


RANKS = st.one_of(st.none(), st.integers(1, 30))
BATCHES = st.lists(st.lists(st.tuples(st.integers(0, 60), RANKS), max_size=80), min_size=1, max_size=4)


@settings(max_examples=50)  # each makes a file
@given(BATCHES, st.integers(1, 50))
def test_whatever_the_ranks_every_name_comes_once_in_order(
    tmp_path_factory: object, told: list[list[tuple[int, int | None]]], size: int
) -> None:
    home = tmp_path_factory.mktemp("home")  # type: ignore[attr-defined]  # pytest's own factory
    best: dict[str, int | None] = {}
    with Watchlist(home) as watchlist:
        for at, names in enumerate(told):
            watchlist.add(batch(f"b{at}"), [rows(f"name-{n}", first=rank)[0] for n, rank in names])
            for n, rank in names:
                known = best.get(f"name-{n}", 0)
                both = [each for each in (known, rank) if each]
                best[f"name-{n}"] = min(both) if both else None
        found = list(ordered(watchlist, size=size))
    assert {name: rank for rank, name in found} == best
    assert len(found) == len(best)
    assert [rank or 1000 for rank, _ in found] == sorted(rank or 1000 for rank, _ in found)
