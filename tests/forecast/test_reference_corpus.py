"""What the reference model is trained on: shipped lists and tables of topics, and nothing that is held out."""

from __future__ import annotations

import json
from itertools import islice

import pytest

from slopguard.forecast.known import known
from slopguard.forecast.model import Known
from slopguard.forecast.reference import corpus, slices
from slopguard.forecast.reference.corpus import Document
from slopguard.forecast.reference.shape import TRAINED
from slopguard.lists import Lists
from slopguard.model import Ecosystem

MANY = 600


@pytest.fixture(scope="module")
def lists() -> Known:
    return known(Lists.shipped())


@pytest.fixture(scope="module")
def documents(lists: Known) -> list[Document]:
    return list(islice(corpus.documents(lists, 1), MANY))


def listed(document: Document) -> list[str]:
    """The names in an answer of the kinds that list them."""
    if document.kind == slices.NAME:
        return document.answer.split("\n")
    found = json.loads(document.answer)
    names: list[str] = found.get("packages") or found["arguments"]["packages"]
    return names


def test_the_same_seed_gives_the_same_documents(lists: Known, documents: list[Document]) -> None:
    assert list(islice(corpus.documents(lists, 1), 20)) == documents[:20]
    assert list(islice(corpus.documents(lists, 2), 20)) != documents[:20]


def test_every_slice_is_among_them_and_every_document_fits(documents: list[Document]) -> None:
    assert {each.kind for each in documents} == set(slices.SLICES)
    assert max(len(each.asked.encode()) + len(each.answer.encode()) for each in documents) < TRAINED


def test_no_answer_holds_a_name_that_is_held_out(documents: list[Document]) -> None:
    names = [
        name for each in documents if each.kind in (slices.NAME, slices.JSON, slices.TOOL) for name in listed(each)
    ]
    assert len(names) > MANY
    assert [name for name in names if corpus.held_out(name)] == []


def test_one_name_in_ten_is_held_out(lists: Known) -> None:
    for ecosystem in Ecosystem:
        names = lists.ranked[ecosystem]
        assert 0.09 < sum(map(corpus.held_out, names)) / len(names) < 0.12


def test_prompts_are_the_same_each_time_and_different_from_each_other() -> None:
    for kind in slices.SLICES:
        found = slices.prompts(kind, 50, seed=3)
        assert len(set(found)) == 50
        assert found == slices.prompts(kind, 50, seed=3)
        assert found != slices.prompts(kind, 50, seed=4)


def test_a_longer_row_of_prompts_begins_with_the_shorter_one() -> None:
    assert slices.prompts("json", 30)[:10] == slices.prompts("json", 10)


def test_both_ecosystems_have_their_turn() -> None:
    found = slices.prompts("name", 40)
    assert sum("Python" in each for each in found) >= 15
    assert sum("Node.js" in each for each in found) >= 15
