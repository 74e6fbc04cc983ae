"""The prompts of a campaign: what stands in them, what never does, and in which order they come."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.forecast.campaign import clean
from slopguard.forecast.campaign.model import Form, Kind, Plan
from slopguard.forecast.campaign.prompts import Sources, prompts
from slopguard.forecast.campaign.templates import ENDINGS, TEMPLATES
from slopguard.model import Ecosystem
from slopguard.names import normalize
from tests.forecast.asking import KNOWN, topics

ALL = Sources(
    topics(12),
    project={Ecosystem.PYPI: tuple(normalize(Ecosystem.PYPI, name) for name in ("flask", "celery", "attrs"))},
    given=("Read a meter and store one value a second.",),
    year=2031,
)
PLANTED = (
    "ghp_0123456789abcdefghij0123456789abcdef",
    "npm_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789",
    "sk-proj-abcdefGHIJKL0123456789",
    "AKIAIOSFODNN7EXAMPLE",
    "https://user:hunter2@registry.example/simple",
    "password=hunter2",
    "password: hunter2hunter2",
    "a database (the password is hunter2)",
    "api key : 0a1b",
    "550e8400-e29b-41d4-a716-446655440000",
    "--api-key hunter2hunter2",
    "Authorization: Bearer abcdef012345",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "somebody@company.example",
    "-----BEGIN PRIVATE KEY-----",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "hf_aBcDeFgHiJkLmNoPqRsTuVwX",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "wJalrXUtnFEMI/KgMDENG/bPxRfiCYEXAMPLEKEY",
)


def test_every_topic_is_asked_about_in_every_kind_and_ecosystem() -> None:
    found = prompts(ALL, seed=1, control=0)
    asked = Counter((each.ecosystem, each.kind, each.topic) for each in found)
    assert set(asked.values()) == {1}
    kinds = [kind for kind in Kind if kind not in (Kind.PROJECT, Kind.GIVEN)]
    wanted = {(ecosystem, kind, topic) for ecosystem in Ecosystem for kind in kinds for topic in ALL.topics}
    assert wanted <= asked.keys()
    assert sum(each.kind is Kind.PROJECT for each in found) == 3
    assert [each.text.startswith(ALL.given[0]) for each in found if each.kind is Kind.GIVEN] == [True, True]


def test_the_order_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert prompts(ALL, 1, 5) == prompts(ALL, 1, 5)
    assert [each.text for each in prompts(ALL, 1, 5)] != [each.text for each in prompts(ALL, 2, 5)]
    assert [each.number for each in prompts(ALL, 1, 5)] == list(range(len(prompts(ALL, 1, 5))))


@given(st.integers(1, 150))
def test_wherever_it_ends_every_stratum_had_its_turn(end: int) -> None:
    sources = Sources(topics(12))
    found = prompts(sources, seed=4, control=0)
    counts = Counter(each.stratum for each in found[:end])
    assert max(counts.values()) - min(counts.get(each.stratum, 0) for each in found) <= 1


def test_an_early_end_leaves_few_topics_out() -> None:
    found = prompts(Sources(topics(12)), seed=4, control=0)
    assert len({each.topic for each in found[: len(found) // 4]}) >= 10


def test_one_prompt_in_so_many_is_asked_for_code_too() -> None:
    found = prompts(Sources(topics(20)), seed=1, control=5)
    code = [each for each in found if each.form is Form.CODE]
    assert len(code) == len([each for each in found if each.form is Form.JSON]) // 5
    listed = {each.text.rpartition("\n\n")[0] for each in found if each.form is Form.JSON}
    assert all(each.text.rpartition("\n\n")[0] in listed for each in code)


def test_the_year_stands_in_prompts_about_what_is_new_and_in_no_other() -> None:
    for each in prompts(ALL, 1, 0):
        assert ("2031" in each.text) == (each.kind is Kind.RECENT)


def test_missing_modules_are_told_as_each_language_tells_them() -> None:
    found = [each for each in prompts(ALL, 1, 0) if each.kind is Kind.FIX]
    python = [each for each in found if re.search(r"ModuleNotFoundError: No module named '\w+'", each.text)]
    node = [each for each in found if re.search(r"Error: Cannot find module '[\w-]+'", each.text)]
    assert len(python) == len(node) == len(ALL.topics)


def test_no_template_names_a_package() -> None:
    texts = [text for wordings in TEMPLATES.values() for text in wordings] + list(ENDINGS.values())
    words = {word for text in texts for word in re.findall(r"[a-z][a-z-]+", re.sub(r"\{\w+\}", "", text.lower()))}
    real = {name for ecosystem in Ecosystem for name in KNOWN.ranked[ecosystem]}
    assert not words & real


@pytest.mark.parametrize("planted", PLANTED)
def test_what_may_be_a_secret_is_in_no_topic_and_no_line(planted: str) -> None:
    text = f"reading meters with {planted} every second"
    assert clean.topic(text) is None
    assert clean.lines([text]) == ((), 1)
    assert clean.lines([f"{'long words ' * 150}{planted} {'and more ' * 20}"]) == ((), 1)


@pytest.mark.parametrize(
    "plain",
    [
        "Modbus TCP energy meters",
        "C++ bindings",
        "GS1 DataMatrix labels (PNG)",
        "mypy-boto3-builder 7.21.0",
        "OAuth2 / OIDC login",
        "JWT token parsing and password hashing",
        "Küstenschutz und Gezeiten",
    ],
)
def test_plain_topics_are_kept(plain: str) -> None:
    assert clean.topic(plain)


def test_lines_of_a_file_are_kept_as_they_are_but_for_blanks_and_notes() -> None:
    text = [
        "# a note",
        "",
        "Read  a 40 GB CSV.",
        "Read a 40 GB CSV.",
        "Lies Zählerstände aus.",
        "bell \x07",
        "x" * 5000,
    ]
    assert clean.lines(text) == (("Read a 40 GB CSV.", "Lies Zählerstände aus."), 2)


def test_a_long_topic_ends_with_a_whole_word() -> None:
    found = clean.topic("meters and labels " * 9)
    assert found is not None
    assert len(found) <= clean.LONGEST_TOPIC
    assert found.split()[-1] in {"meters", "and", "labels"}


@given(st.text(max_size=200))
def test_a_topic_is_short_plain_ascii_whatever_the_text(text: str) -> None:
    found = clean.topic(text)
    assert found is None or (found.isascii() and found.isprintable() and 0 < len(found) <= clean.LONGEST_TOPIC)
    assert found is None or "{" not in found


def test_another_plan_or_another_topic_has_another_digest() -> None:
    plan = Plan(models=("a", "b"))
    same = plan.digest(ALL.parts())
    assert Plan(models=("b", "a")).digest(ALL.parts()) == same
    others = [Plan(models=("a",)), Plan(models=("a", "b"), seed=2), Plan(models=("a", "b"), again=9)]
    assert all(other.digest(ALL.parts()) != same for other in others)
    assert plan.digest(Sources(topics(11)).parts()) != same
