"""One run of the forecaster: how its names are put together, left out and kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.forecast.keeping import replace, same_kind
from slopguard.forecast.leaving_out import LeftOut
from slopguard.forecast.model import Prediction
from slopguard.forecast.running import Forecast, Order, merged, orders
from slopguard.forecast.subjects import EVERYTHING, guarded, project, topic
from slopguard.lists import Lists
from slopguard.model import Ecosystem, NormalizedName
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.watchlist import Watchlist

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
NOW = datetime(2026, 11, 26, tzinfo=UTC)
NAMES = st.lists(st.text("abc", min_size=1, max_size=2).map(NormalizedName), unique=True, max_size=12)


def prediction(name: str, ecosystem: Ecosystem = PYPI) -> Prediction:
    return Prediction(ecosystem, NormalizedName(name), 1.0, "words")


def made(ecosystem: Ecosystem, *names: str) -> Forecast:
    return Forecast(Order(ecosystem, EVERYTHING, 100), tuple(prediction(name, ecosystem) for name in names))


# ---------------------------------------------------------------- subjects and orders


def test_a_subject_is_known_by_a_code_that_tells_nothing_of_it(tmp_path: Path) -> None:
    codes = [topic("Charts  for React").code, project(tmp_path).code, guarded(tmp_path).code]
    assert codes[0] == topic("charts for react").code
    assert [code.rpartition("-")[0] for code in codes] == ["topic", "project", "guard"]
    assert len({code.rpartition("-")[2] for code in codes}) == 2
    assert EVERYTHING.code == "all"


def test_limits_follow_what_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"react": "^19"}}', encoding="utf-8")
    both = (PYPI, NPM)
    assert [order.limit for order in orders(both, [EVERYTHING, topic("charts")], None)] == [
        10_000,
        100_000,
        10_000,
        10_000,
    ]
    assert [order.limit for order in orders(both, [EVERYTHING], 7)] == [7, 7]
    assert [(order.ecosystem, order.limit) for order in orders(both, [guarded(tmp_path)], None)] == [(NPM, 5_000)]
    assert [order.ecosystem for order in orders((PYPI,), [project(tmp_path)], None)] == [PYPI]


# ---------------------------------------------------------------- one list of several


def test_several_forecasts_take_turns() -> None:
    found = merged([made(PYPI, "a", "b", "c"), made(NPM, "x"), made(PYPI, "c", "d")])
    assert [(rank, each.name) for rank, each in found] == [(1, "a"), (1, "x"), (2, "c"), (3, "b"), (4, "d")]


@given(NAMES, NAMES, NAMES)
def test_every_name_comes_once_and_ranks_have_no_gaps(
    one: list[NormalizedName], two: list[NormalizedName], three: list[NormalizedName]
) -> None:
    found = list(merged([made(PYPI, *one), made(NPM, *two), made(PYPI, *three)]))
    names = [(each.ecosystem, each.name) for _, each in found]
    assert len(names) == len(set(names))
    assert set(names) == {(PYPI, name) for name in (*one, *three)} | {(NPM, name) for name in two}
    for ecosystem in Ecosystem:
        ranks = [rank for rank, each in found if each.ecosystem is ecosystem]
        assert ranks == list(range(1, len(ranks) + 1))


# ---------------------------------------------------------------- what is left out


def test_what_needs_no_watching_is_left_out() -> None:
    lists = Lists.of({"team": ["pypi\tlisted\tallow", "pypi\tbad\tdeny", "npm\tfree\tallow"]})
    left_out = LeftOut(lists, None, frozenset({(PYPI, "locked")}), {PYPI: ("acme-*",)})
    asked = [prediction(name) for name in ("free", "listed", "locked", "acme-ui", "bad", "other")]
    assert [each.name for each in left_out.kept(asked)] == ["free", "bad", "other"]


def test_what_is_left_out_in_one_ecosystem_is_not_in_the_other() -> None:
    left_out = LeftOut(Lists.of({}), None, frozenset({(PYPI, "locked")}), {PYPI: ("acme-*",)})
    asked = [prediction(name, NPM) for name in ("locked", "acme-ui")]
    assert list(left_out.kept(asked)) == asked


# ---------------------------------------------------------------- the watchlist


def batch(at: datetime, about: str = "all", ecosystem: str = "pypi", source: str = "embedded") -> Batch:
    return Batch("generated", source, at, at + timedelta(365), {"about": about, "ecosystem": ecosystem})


def rows(*names: str) -> list[Watched]:
    return [Watched(PYPI, NormalizedName(name), rank) for rank, name in enumerate(names, 1)]


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (batch(NOW - timedelta(9)), True),
        (batch(NOW, about="topic-1"), False),
        (batch(NOW, ecosystem="npm"), False),
        (batch(NOW, source="models"), False),
        (Batch("generated", "embedded", NOW), False),
    ],
)
def test_only_a_run_of_the_same_kind_is_replaced(other: Batch, same: bool) -> None:
    assert same_kind(batch(NOW), other) is same


def test_what_two_batches_say_of_no_kind_replaces_nothing() -> None:
    bare = Batch("imported", "embedded", NOW)
    assert not same_kind(bare, bare)


def test_names_keep_their_first_date_over_many_runs(tmp_path: Path) -> None:
    days = [NOW + timedelta(day) for day in range(4)]
    with Watchlist(tmp_path) as watchlist:
        for at, names in zip(days, (("a", "b"), ("b", "c"), ("a", "c", "d"), ("d", "c", "b")), strict=True):
            replace(watchlist, batch(at), rows(*names))
        found = {
            each.watched.name: (each.watched.rank, each.batch.at, each.batch.expires) for each in watchlist.everything()
        }
    until = days[3] + timedelta(365)
    assert found == {"d": (1, days[2], until), "c": (2, days[1], until), "b": (3, days[3], until)}


def test_names_may_stay_as_they_were_beside_those_that_are_predicted_now(tmp_path: Path) -> None:
    with Watchlist(tmp_path) as watchlist:
        replace(watchlist, batch(NOW), rows("a", "b", "c"))
        for day in (1, 2):
            replace(watchlist, batch(NOW + timedelta(day)), rows("d", "b"), keep=True)
        found = {each.watched.name: (each.watched.rank, each.batch.at) for each in watchlist.everything()}
    later = NOW + timedelta(1)
    assert found == {"a": (1, NOW), "b": (2, NOW), "c": (3, NOW), "d": (1, later)}


def test_other_batches_stay_as_they_are(tmp_path: Path) -> None:
    with Watchlist(tmp_path) as watchlist:
        watchlist.add(batch(NOW, about="topic-1"), rows("a", "b"))
        watchlist.add(Batch("imported", "list-a", NOW), rows("a"))
        replace(watchlist, batch(NOW), rows("a"))
        replace(watchlist, batch(NOW + timedelta(1)), rows("b"))
        told = [(each.batch.source, each.batch.detail.get("about"), each.rows) for each in watchlist.batches()]
    assert told == [("embedded", "topic-1", 2), ("list-a", None, 1), ("embedded", "all", 1)]


def test_the_same_run_again_changes_nothing_but_how_long_it_counts(tmp_path: Path) -> None:
    with Watchlist(tmp_path) as watchlist:
        replace(watchlist, batch(NOW), rows("a", "b"))
        replace(watchlist, batch(NOW), rows("a", "b"))
        assert [each.rows for each in watchlist.batches()] == [2]
        assert [one.sighting.watched.name for one in watchlist.ranked(PYPI, now=NOW)] == ["a", "b"]
