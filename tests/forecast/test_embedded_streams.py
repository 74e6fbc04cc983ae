"""Claims about the generators: names best first, checked against every name of a small world."""

from __future__ import annotations

from itertools import pairwise, product
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.forecast.embedded.candidate import Ordered, ranked
from slopguard.forecast.embedded.chains import Chain, Followers, Form
from slopguard.forecast.embedded.fusion import fused
from slopguard.forecast.embedded.topical import Products
from slopguard.forecast.embedded.words import Cutter, bare, places, spoken, units, words
from slopguard.forecast.embedded.yields import Yield

WORDS = {"red": 0.4, "green": 0.3, "blue": 0.2, "grey": 0.1}
COSTS = {word: -log(share) for word, share in WORDS.items()}
FORM = Form("w3", ("", "-", "-"), ("a", "b", "c"))
KINDS, DOUBT = 4.0, 20.0


def chain(*names: tuple[str, ...]) -> Chain:
    return Chain(FORM, [COSTS, COSTS, COSTS], Followers((name, 5.0) for name in names))


def step(before: str, word: str, after: dict[str, dict[str, float]]) -> float:
    counts = after.get(before, {})
    doubt = KINDS * len(counts) + DOUBT
    return -log((counts.get(word, 0.0) + doubt * WORDS[word]) / (sum(counts.values()) + doubt))


def every(after: dict[str, dict[str, float]]) -> dict[str, float]:
    """Each name of three different words, priced by hand."""
    return {
        "-".join(name): COSTS[name[0]] + sum(step(before, word, after) for before, word in pairwise(name))
        for name in product(WORDS, repeat=3)
        if len(set(name)) == 3
    }


@pytest.mark.parametrize(
    "names", [[], [("red", "blue")], [("red", "blue", "grey"), ("blue", "green"), ("red", "grey")]]
)
def test_a_form_gives_every_name_at_the_price_worked_out_by_hand(names: list[tuple[str, ...]]) -> None:
    after: dict[str, dict[str, float]] = {}
    for name in names:
        for before, word in pairwise(name):
            after.setdefault(before, {})[word] = after.get(before, {}).get(word, 0.0) + 5.0
    read = chain(*names).read({"w3": 30.0, "w3+": 30.0})
    found = {name: cost for cost, _, name in read}
    assert found == pytest.approx(every(after))


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9)), max_size=6))
def test_bands_together_give_what_one_reading_gives_and_each_name_once(limits: list[tuple[float, float]]) -> None:
    names = [("red", "blue", "grey"), ("blue", "green")]
    bands = chain(*names)
    found = [each for plain, known in limits for each in bands.read({"w3": plain, "w3+": known})]
    plain, known = (max((pair[which] for pair in limits), default=0.0) for which in (0, 1))
    assert sorted(found) == sorted(chain(*names).read({"w3": plain, "w3+": known}))


def test_a_name_whose_words_follow_each_other_in_real_names_is_of_a_stratum_of_its_own() -> None:
    strata = {name: stratum for _, stratum, name in chain(("red", "blue")).read({"w3": 30.0, "w3+": 30.0})}
    assert {name for name, stratum in strata.items() if stratum == "w3+"} == {
        "red-blue-green",
        "red-blue-grey",
        "green-red-blue",
        "grey-red-blue",
    }


ORDERS = [[(1.0, "a"), (2.0, "b"), (2.5, "c")], [(0.5, "x"), (1.5, "a"), (3.0, "y")]]


@given(st.lists(st.floats(0, 8), max_size=6))
def test_products_give_each_pair_once_in_the_band_of_its_price(limits: list[float]) -> None:
    made = Products("s", ("", "-"), [ORDERS, ORDERS[::-1], [[], ORDERS[0]]])
    found = sorted(each for limit in limits for each in made.read({"s": limit}))
    pairs = [*product(*ORDERS), *product(*ORDERS[::-1])]
    priced = sorted((a + b, "s", f"{one}-{two}") for (a, one), (b, two) in pairs if one != two)
    assert found == [each for each in priced if each[0] < max(limits, default=0.0)]


def test_what_several_streams_promise_adds_up() -> None:
    yields = {"a": Yield(0.0, 1.0), "b": Yield(-0.1, 1.0)}
    streams = [Ordered("a", [(1.0, "one"), (2.0, "two"), (2.1, "three")]), Ordered("b", [(2.0, "two")])]
    found = list(fused(streams, yields, lambda name: True))
    assert [name for _, name, _ in found] == ["two", "one", "three"] or found[0][1] == "one"
    scores = {name: score for score, name, _ in found}
    assert scores["three"] == pytest.approx(exp(-2.1))
    assert scores["two"] <= exp(-2.0) + exp(-2.1) + 1e-12
    assert scores["two"] > exp(-2.0)


@given(st.lists(st.tuples(st.floats(0.1, 15), st.sampled_from(["a", "b"]), st.text("xyz", min_size=1, max_size=2))))
def test_scores_never_rise_and_no_name_comes_twice(rows: list[tuple[float, str, str]]) -> None:
    yields = {"a": Yield(0.0, 1.0), "b": Yield(-1.0, 0.7)}
    streams = [Ordered(code, sorted((cost, name) for cost, which, name in rows if which == code)) for code in "ab"]
    found = list(fused(streams, yields, lambda name: name != "x"))
    scores = [score for score, _, _ in found]
    assert scores == sorted(scores, reverse=True)
    assert sorted(name for _, name, _ in found) == sorted({name for _, _, name in rows} - {"x"})


def test_a_stratum_without_a_figure_promises_next_to_nothing() -> None:
    assert list(fused([Ordered("unheard-of", [(1.0, "one")])], {}, lambda name: True)) == []


def test_the_cost_of_a_rank_is_its_logarithm() -> None:
    first, second = ranked("s", ["one", "one", "two"]).read({"s": 9.0})
    assert (first, second) == ((log(10), "s", "one"), (log(11), "s", "two"))


@given(st.text())
def test_units_put_together_again_are_the_name(name: str) -> None:
    assert spoken(units(name)) == name


def test_a_unit_is_a_word_with_the_separators_before_it() -> None:
    assert units("@acme/rest-api") == ("@acme", "/rest", "-api")
    assert [bare(unit) for unit in units("@acme/rest-api")] == ["acme", "rest", "api"]
    assert bare("-") == ""


def test_a_glued_word_is_cut_where_both_parts_are_words_elsewhere() -> None:
    counts = {"json": 9, "schema": 9, "jsonschema": 2, "database": 8, "data": 9, "base": 9, "jso": 1}
    cutter = Cutter(counts)
    assert cutter.cut("jsonschema") == ("json", "schema")
    assert cutter.cut("database") == ("database",)
    assert cutter.cut("jsonbase") == ("json", "base")
    assert cutter.cut("nothing") == ("nothing",)
    assert cutter.units("my-jsonschema") == ("my", "-json", "schema")
    assert Cutter(counts, extra=["xy"]).cut("xybase") == ("xy", "base")


def test_where_words_stand_is_counted_once_a_name() -> None:
    found = places(["a-b", "@a/c-b", "b", "b-b"])
    assert (found.heads, found.tails, found.anywhere) == ({"a": 2, "b": 1}, {"b": 3}, {"a": 2, "b": 4, "c": 1})
    assert words("@a/c-b") == ("a", "c", "b")
