"""Names for a request: which words count, which topics are meant, and what the predictions promise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard.errors import InputError
from slopguard.forecast.fusing import Yield, fused
from slopguard.forecast.known import known
from slopguard.forecast.model import Known
from slopguard.forecast.topics import tables
from slopguard.forecast.topics.asked import weighed, words_of
from slopguard.forecast.topics.lexicon import Lexicon, tokens
from slopguard.forecast.topics.matching import matching
from slopguard.forecast.topics.predict import predict
from slopguard.lists import Lists
from slopguard.model import Ecosystem
from slopguard.names import normalize

BOTH = pytest.mark.parametrize("ecosystem", list(Ecosystem))
REQUEST = "Parse an iCalendar feed and list its recurring events"
TABLE = """
[[topic]]
name = "tea"
heads = ["tea"]
same = [["tea", "chai"]]
words = ["leaf"]
roles = ["brewer"]
pypi = ["py_tea"]
npm = ["@tea/pot"]
"""


@pytest.fixture(scope="module")
def lists() -> Known:
    return known(Lists.shipped())


@pytest.fixture(scope="module")
def small() -> Known:
    names = ("requests", "django-rest-framework", "ical-parser", "calendar-view", "python-dateutil")
    return Known(dict.fromkeys(Ecosystem, names), {}, dict.fromkeys(Ecosystem, frozenset()))


def names_for(lists: Known, ecosystem: Ecosystem, request: str, limit: int) -> list[str]:
    return [each.name for each in predict(lists, ecosystem, request, limit)]


def test_words_that_say_nothing_are_left_out() -> None:
    assert words_of("Please write a Python program that parses the CSV files of a bank") == [
        "python",
        "parses",
        "csv",
        "files",
        "bank",
    ]


def test_a_rare_word_weighs_more_than_a_common_one(lists: Known) -> None:
    weights = weighed("a zigbee server", Lexicon(lists, Ecosystem.PYPI))
    assert weights["zigbee"] > weights["server"]


def test_words_side_by_side_make_a_compound(lists: Known) -> None:
    assert "web-vitals" in weighed("measure web vitals", Lexicon(lists, Ecosystem.NPM))


def test_a_plural_also_counts_as_its_singular(lists: Known) -> None:
    weights = weighed("recurring events", Lexicon(lists, Ecosystem.NPM))
    assert weights["event"] > weights["events"]


def test_the_topic_that_is_meant_comes_first(lists: Known) -> None:
    found = matching(weighed(REQUEST, Lexicon(lists, Ecosystem.PYPI)))
    assert "calendar" in found[0][0].name.lower()
    assert found[0][1] == 1.0


def test_a_request_about_nothing_known_has_no_topic() -> None:
    assert matching({"qqqqzzzz": 1.0}) == []


@BOTH
def test_the_same_request_gives_the_same_names(small: Known, ecosystem: Ecosystem) -> None:
    assert names_for(small, ecosystem, REQUEST, 3000) == names_for(small, ecosystem, REQUEST, 3000)


@BOTH
def test_a_shorter_list_is_the_beginning_of_a_longer_one(small: Known, ecosystem: Ecosystem) -> None:
    assert names_for(small, ecosystem, REQUEST, 50) == names_for(small, ecosystem, REQUEST, 500)[:50]


@BOTH
def test_no_verified_name_is_predicted(lists: Known, ecosystem: Ecosystem) -> None:
    found = names_for(lists, ecosystem, REQUEST, 10_000)
    assert len(found) == 10_000
    assert not set(found) & set(lists.ranked[ecosystem])


@BOTH
def test_names_are_normalised_and_given_once(lists: Known, ecosystem: Ecosystem) -> None:
    found = names_for(lists, ecosystem, REQUEST, 5000)
    assert [normalize(ecosystem, name) for name in found] == found
    assert len(set(found)) == len(found)


@BOTH
def test_scores_never_rise(small: Known, ecosystem: Ecosystem) -> None:
    scores = [each.score for each in predict(small, ecosystem, REQUEST, 2000)]
    assert scores == sorted(scores, reverse=True)


@settings(max_examples=25, deadline=None)
@given(text=st.text(max_size=60), ecosystem=st.sampled_from(list(Ecosystem)))
def test_any_text_is_a_request(small: Known, text: str, ecosystem: Ecosystem) -> None:
    for each in predict(small, ecosystem, text, 50):
        assert normalize(ecosystem, each.name) == each.name


def test_steps_are_told_in_thousands(small: Known) -> None:
    told: list[int] = []
    made = len(list(predict(small, Ecosystem.PYPI, REQUEST, 2500, told.append)))
    assert made == 2500
    assert told == [1000, 1000]


@given(name=st.from_regex(r"(@[a-z0-9]{1,5}/)?[a-z0-9]{1,6}([-._][a-z0-9]{1,6}){0,3}", fullmatch=True))
def test_the_words_of_a_name_hold_no_separator(name: str) -> None:
    words = tokens(name)
    assert "".join(words) == "".join(letter for letter in name if letter.isalnum())


def test_a_name_that_two_lists_hold_goes_before_one_of_the_same_place() -> None:
    yields = {"one": Yield(1.0, 1.0), "two": Yield(1.0, 1.0)}
    found = fused({"one": ["alone", "both"], "two": ["both", "other"], "unknown": ["never"]}, yields)
    assert [name for name, _, _ in found] == ["both", "alone", "other"]
    assert found[0][2] == "two"


# ------------------------------------------------------------ the tables


def test_every_shipped_table_can_be_read() -> None:
    found = tables.topics()
    assert len(found) > 500
    assert all(topic.heads and topic.roles and topic.words for topic in found)
    assert all(any(topic.names.values()) for topic in found)


def test_names_of_a_table_are_normalised() -> None:
    topic = tables.read(TABLE, "tea.toml")[0]
    assert topic.names == {Ecosystem.PYPI: ("py-tea",), Ecosystem.NPM: ("@tea/pot",)}
    assert topic.same == (("tea", "chai"),)


@pytest.mark.parametrize("change", ["heads = [", "roles", "[[topic]]", 'npm = ["@tea/pot"]'])
def test_a_broken_table_is_an_error(change: str) -> None:
    with pytest.raises(InputError):
        tables.read(TABLE.replace(change, "", 1), "tea.toml")
