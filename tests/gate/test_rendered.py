"""Rendered documents: made once for all who ask, kept within a limit, never for a document of unknown origin."""

from __future__ import annotations

import asyncio
import gzip
import threading
from itertools import combinations

import pytest

from slopguard.gate.rendered import Recipe, Rendered


def recipe(mark: str = "m") -> Recipe:
    return Recipe(mark, "text/plain")


class Kitchen:
    """Makes bodies, and counts how many."""

    def __init__(self, content: bytes = b"x" * 100) -> None:
        self.content, self.made = content, 0
        self.going, self.go = threading.Event(), threading.Event()
        self.go.set()

    def make(self) -> bytes:
        self.made += 1
        self.going.set()
        assert self.go.wait(30)
        return self.content


@pytest.mark.parametrize("large", [False, True])
async def test_a_body_is_made_once(large: bool) -> None:
    rendered, kitchen = Rendered(), Kitchen()
    bodies = await asyncio.gather(*(rendered.get(recipe(), kitchen.make, large=large) for _ in range(5)))
    assert (kitchen.made, {body.content for body in bodies}) == (1, {kitchen.content})
    assert (await rendered.get(recipe(), kitchen.make, large=large)) is bodies[0]


async def test_one_who_gives_up_does_not_take_the_body_from_the_others() -> None:
    rendered, kitchen = Rendered(), Kitchen()
    kitchen.go.clear()
    first, second = (asyncio.create_task(rendered.get(recipe(), kitchen.make, large=True)) for _ in range(2))
    await asyncio.to_thread(kitchen.going.wait)
    first.cancel()
    kitchen.go.set()
    assert (await second).content == kitchen.content
    assert kitchen.made == 1


async def test_a_failure_is_everybodys_and_not_kept() -> None:
    rendered, kitchen = Rendered(), Kitchen()

    def broken() -> bytes:
        raise ValueError

    failed = await asyncio.gather(
        *(rendered.get(recipe(), broken, large=True) for _ in range(3)), return_exceptions=True
    )
    assert [type(each) for each in failed] == [ValueError] * 3
    assert (await rendered.get(recipe(), kitchen.make, large=True)).content == kitchen.content


@pytest.mark.parametrize("large", [False, True])
async def test_what_was_not_asked_for_longest_goes_first(large: bool) -> None:
    rendered, kitchen = Rendered(limit=350), Kitchen()
    for mark in ("a", "b", "c", "a", "d"):
        await rendered.get(recipe(mark), kitchen.make, large=large)
    assert (kitchen.made, rendered.size) == (4, 300)
    await rendered.get(recipe("a"), kitchen.make, large=large)
    assert kitchen.made == 4
    await rendered.get(recipe("b"), kitchen.make, large=large)
    assert kitchen.made == 5


async def test_a_body_that_would_push_out_most_others_is_not_kept() -> None:
    rendered, kitchen = Rendered(limit=150), Kitchen()
    for _ in range(2):
        assert (await rendered.get(recipe(), kitchen.make)).content == kitchen.content
    assert (kitchen.made, rendered.size) == (2, 0)


@pytest.mark.parametrize("large", [False, True])
async def test_a_document_of_unknown_origin_is_never_kept(large: bool) -> None:
    rendered, kitchen = Rendered(), Kitchen()
    for _ in range(2):
        await rendered.get(recipe(""), kitchen.make, large=large)
    assert (kitchen.made, rendered.size) == (2, 0)


async def test_a_body_is_compressed_once_and_counted() -> None:
    rendered, kitchen = Rendered(), Kitchen()
    body = await rendered.get(recipe(), kitchen.make)
    one, other = await asyncio.gather(rendered.zipped(recipe(), body), rendered.zipped(recipe(), body))
    assert one is other
    assert gzip.decompress(one) == kitchen.content
    assert rendered.size == len(kitchen.content) + len(one)


async def test_what_is_kept_with_its_compressed_form_is_taken_out_with_it() -> None:
    rendered, kitchen = Rendered(limit=400), Kitchen()
    await rendered.zipped(recipe(), await rendered.get(recipe(), kitchen.make))
    for mark in "abcde":
        await rendered.get(recipe(mark), kitchen.make)
    assert rendered.size == 400


def test_whatever_the_bytes_depend_on_is_in_the_validator() -> None:
    recipes = [
        Recipe("m", "text/html"),
        Recipe("n", "text/html"),
        Recipe("m", "application/json"),
        Recipe("m", "text/html", "origins"),
        Recipe("m", "text/html", "", "origins"),
        Recipe("m", "text/htmlorigins"),
        Recipe("m", "text/html", "", "http://127.0.0.1:9/"),
    ]
    assert all(one.tag != other.tag for one, other in combinations(recipes, 2))
    assert recipes[0].tag == Recipe("m", "text/html").tag
