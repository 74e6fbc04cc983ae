"""What is added is found, with everything that is known of it, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from slopguard.watchlist.answers import Added, Count
from slopguard.watchlist.model import Sighting
from slopguard.watchlist.watchlist import Watchlist
from tests.watchlist.world import NOW, NPM, PYPI, batch, rows


def test_a_home_without_a_watchlist_watches_nothing_and_gets_no_file(watchlist: Watchlist, home: Path) -> None:
    watchlist.expect([(PYPI, "flask-magic")])
    assert watchlist.get(PYPI, "flask-magic", NOW) is None
    assert (watchlist.ranked(), watchlist.batches(), watchlist.counts(), list(watchlist.everything())) == (
        [],
        (),
        (),
        [],
    )
    assert not home.exists()


def test_a_row_says_where_its_name_is_known_from(watchlist: Watchlist) -> None:
    watchlist.add(batch("models", expires=NOW + timedelta(days=1)), rows("flask-magic", first=7, models=3))
    row = watchlist.get(PYPI, "flask-magic", NOW)
    assert row is not None
    assert (row.origin, row.source, row.rank, row.models) == ("generated", "models", 7, 3)
    assert (row.predicted_at, row.expires) == (NOW, NOW + timedelta(days=1))


def test_nothing_is_lost_of_what_a_campaign_counted(watchlist: Watchlist) -> None:
    made = batch("models", detail={"topic": "web", "models": "a b"})
    told = rows("flask-magic", models=3, prompts=12, hits=40, samples=100, low=0.1 + 0.2, high=1.0)
    watchlist.add(made, told)
    assert watchlist.sightings(PYPI, "flask-magic") == (Sighting(made, told[0]),)


def test_names_of_one_ecosystem_say_nothing_of_the_other(watchlist: Watchlist) -> None:
    watchlist.add(batch(), rows("flask-magic"))
    assert watchlist.get(NPM, "flask-magic", NOW) is None
    assert watchlist.sightings(NPM, "flask-magic") == ()


def test_ranks_count_for_each_ecosystem_by_itself(watchlist: Watchlist) -> None:
    mixed = [row for pair in zip(rows("a", "b"), rows("c", "d", ecosystem=NPM), strict=True) for row in pair]
    assert watchlist.add(batch(), mixed) == Added(new=4)
    found = {(eco, name): watchlist.get(eco, name, NOW) for eco, name in ((PYPI, "b"), (NPM, "d"))}
    assert {key: row and row.rank for key, row in found.items()} == {(PYPI, "b"): 2, (NPM, "d"): 2}


def test_a_name_that_was_known_is_counted_and_kept_in_both_batches(watchlist: Watchlist) -> None:
    watchlist.add(batch("study", "imported", days=9), rows("a", "b", "c"))
    assert watchlist.add(batch(), rows("c", "d", "b")) == Added(new=1, known=2)
    assert [each.batch.source for each in watchlist.sightings(PYPI, "b")] == ["study", "embedded"]
    assert [kept.rows for kept in watchlist.batches()] == [3, 3]
    assert watchlist.counts() == (Count(PYPI, "generated", "embedded", 3), Count(PYPI, "imported", "study", 3))


def test_a_name_that_comes_twice_stands_once_at_its_better_rank(watchlist: Watchlist) -> None:
    assert watchlist.add(batch(), [*rows("a", first=5), *rows("b", first=6), *rows("a", first=2)]) == Added(
        new=2, again=1
    )
    row = watchlist.get(PYPI, "a", NOW)
    assert row is not None
    assert row.rank == 2


def test_a_name_that_comes_again_much_later_in_the_same_batch_stands_once(watchlist: Watchlist) -> None:
    with watchlist.filling() as filling:
        for start in (1, 101):
            filling.put_ranked(batch(), PYPI, [f"name-{start + at}" for at in range(90)], start)
        filling.put_ranked(batch(), PYPI, ["name-5", "name-150", "new"], 201)
        assert filling.finish() == Added(new=181, again=2)
    found = watchlist.get(PYPI, "name-150", NOW)
    assert found is not None
    assert found.rank == 150
    assert watchlist.batches()[0].rows == 181


def test_what_is_no_name_in_its_right_spelling_is_refused_and_counted(watchlist: Watchlist) -> None:
    told = [*rows("fine", "Fine", "not fine", "", "-x", "x" * 300), *rows("@a/b", "favicon.ico", "A", ecosystem=NPM)]
    assert watchlist.add(batch(), told) == Added(new=3, refused=6)
    assert watchlist.get(NPM, "A", NOW) is not None


def test_names_without_a_rank_never_count_as_likely(watchlist: Watchlist) -> None:
    watchlist.add(batch("study", "imported"), [*rows("a", "b", first=None), *rows("c", first=4)])
    found = [watchlist.get(PYPI, name, NOW) for name in "abc"]
    assert [row and row.rank for row in found] == [None, None, 4]


def test_a_batch_that_has_expired_no_longer_counts(watchlist: Watchlist) -> None:
    watchlist.add(batch(expires=NOW + timedelta(days=1)), rows("a"))
    assert watchlist.get(PYPI, "a", NOW + timedelta(hours=23)) is not None
    assert watchlist.get(PYPI, "a", NOW + timedelta(days=1)) is None
    assert watchlist.ranked(now=NOW + timedelta(days=1)) == []
    assert len(watchlist.sightings(PYPI, "a")) == 1


def test_pruning_takes_out_what_has_expired_and_nothing_else(watchlist: Watchlist) -> None:
    watchlist.add(batch(expires=NOW + timedelta(days=1)), rows(*(f"old-{n}" for n in range(100)), "both"))
    watchlist.add(batch("study", "imported"), rows("both", "mine"))
    assert watchlist.prune(NOW + timedelta(hours=1)) == 0
    assert watchlist.prune(NOW + timedelta(days=2)) == 101
    assert [kept.batch.source for kept in watchlist.batches()] == ["study"]
    assert (watchlist.sightings(PYPI, "old-7"), len(watchlist.sightings(PYPI, "both"))) == ((), 1)


def test_a_name_that_is_removed_is_gone_from_every_batch(watchlist: Watchlist) -> None:
    for source in ("one", "two"):
        watchlist.add(batch(source), rows("a", "b", "c"))
    watchlist.mark_appeared(PYPI, "b", NOW)
    assert watchlist.remove(PYPI, "b") == 2
    assert watchlist.remove(PYPI, "b") == 0
    assert watchlist.get(PYPI, "b", NOW) is None
    assert [kept.rows for kept in watchlist.batches()] == [2, 2]
    last = watchlist.get(PYPI, "c", NOW)
    assert last is not None
    assert last.rank == 3


def test_when_a_name_appeared_is_kept_from_the_first_time_on(watchlist: Watchlist) -> None:
    watchlist.add(batch(), rows("a", "b"))
    watchlist.mark_appeared(PYPI, "a", NOW)
    watchlist.mark_appeared(PYPI, "a", NOW + timedelta(days=1))
    found = {name: watchlist.get(PYPI, name, NOW) for name in "ab"}
    assert {name: row and row.appeared for name, row in found.items()} == {"a": NOW, "b": None}
    assert watchlist.appeared(PYPI, "a") == NOW


def test_a_batch_added_again_as_the_same_is_the_same(watchlist: Watchlist) -> None:
    for expected in (Added(new=2), Added(known=2, again=2)):
        with watchlist.filling(again=True) as filling:
            filling.put_ranked(batch(), PYPI, ["a", "b"], 1)
            assert filling.finish() == expected
    assert [kept.rows for kept in watchlist.batches()] == [2]


def test_a_batch_takes_the_place_of_others_at_once(watchlist: Watchlist) -> None:
    watchlist.add(batch("old"), rows("a", "b"))
    watchlist.add(batch("other"), rows("b"))
    with watchlist.filling(without=[watchlist.batches()[0].number]) as filling:
        filling.put_ranked(batch("new"), PYPI, ["b", "c"], 1)
        assert filling.finish() == Added(new=1, known=1)
    assert [(kept.batch.source, kept.rows) for kept in watchlist.batches()] == [("other", 1), ("new", 2)]
    assert watchlist.get(PYPI, "a", NOW) is None


def test_what_was_expected_is_answered_as_what_was_not(watchlist: Watchlist) -> None:
    watchlist.add(batch(), rows(*(f"name-{n}" for n in range(0, 2000, 2))))
    names = [(PYPI, f"name-{n}") for n in range(2000)]
    watchlist.expect(names)
    assert [watchlist.get(*key, NOW) is not None for key in names] == [n % 2 == 0 for n in range(2000)]


def test_a_name_added_here_counts_although_it_was_expected_to_be_absent(watchlist: Watchlist) -> None:
    watchlist.add(batch(), rows("a"))
    watchlist.expect([(PYPI, "b")])
    watchlist.add(batch(), rows("b"))
    assert watchlist.get(PYPI, "b", NOW) is not None
