"""What an index lists later on in a session is judged before it is served."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.config import Settings
from slopguard.gate.session import make_session
from slopguard.gate.verdicts import Verdicts
from slopguard.judge import Judge
from slopguard.lists import Lists
from slopguard.model import Door, Ecosystem, Facts, NormalizedName
from slopguard.registries.pypi.page import PageFile, ProjectPage
from slopguard.versions import equal_to, meaning
from tests.gate.house import pypi_index

NAME = NormalizedName("sg-app")
NOW = datetime.now(UTC)
INDEX = pypi_index("https://registry.example/simple/")


def page(*versions: str, days: float = 400) -> ProjectPage:
    """A page of these versions; the last one as old as said."""
    ages = [400.0] * (len(versions) - 1) + [days]
    files = [
        PageFile(f"sg_app-{v}.tar.gz", "https://registry.example/x", v, uploaded=NOW - timedelta(age))
        for v, age in zip(versions, ages, strict=True)
    ]
    return ProjectPage(NAME, tuple(files))


@pytest.fixture
def verdicts(monkeypatch: pytest.MonkeyPatch) -> Verdicts:
    """Of a session whose index listed 1.0 and 1.1 when it was asked first."""
    settings = Settings(home=Path("nowhere"))
    session = make_session(settings, Judge(settings, Lists.of({})), [INDEX], Door("gate"), frozenset())

    async def facts(*arguments: object, **more: object) -> Facts:
        return replace(page("1.0", "1.1").facts(), asked=NOW)

    monkeypatch.setattr(session.upstreams, "facts", facts)
    return Verdicts(session)


async def test_a_document_that_lists_what_is_known_is_judged_once(verdicts: Verdicts) -> None:
    first = await verdicts.over(INDEX, NAME, page("1.0", "1.1"))
    assert await verdicts.over(INDEX, NAME, page("1.0", "1.1")) is first
    assert await verdicts.over(INDEX, NAME, page("1.1")) is first
    assert await verdicts.over(INDEX, NAME, page("1.0.0", "1.1")) is first


async def test_a_young_version_that_is_listed_later_steps_back(verdicts: Verdicts) -> None:
    assert (await verdicts.over(INDEX, NAME, page("1.0", "1.1"))).withheld == frozenset()
    later = page("1.0", "1.1", "2.0", days=1)
    assert (await verdicts.over(INDEX, NAME, later)).withheld == {"2.0"}
    latest = page("1.0", "1.1", "2.0", "3.0", days=1)
    assert (await verdicts.over(INDEX, NAME, latest)).withheld == {"3.0"}
    assert (await verdicts.over(INDEX, NAME, later)).withheld == {"2.0"}


async def test_each_document_is_judged_once_however_many_ask(verdicts: Verdicts) -> None:
    later = page("1.0", "1.1", "2.0", days=1)
    found = await asyncio.gather(*(verdicts.over(INDEX, NAME, later) for _ in range(5)))
    assert all(each is found[0] for each in found)


async def test_documents_that_take_turns_are_each_judged(verdicts: Verdicts) -> None:
    pages = [page("1.0", f"{n}.0", days=1) for n in range(2, 6)]
    found = await asyncio.gather(*(verdicts.over(INDEX, NAME, each) for each in pages))
    assert [each.withheld for each in found] == [{f"{n}.0"} for n in range(2, 6)]


@pytest.mark.parametrize(
    ("ecosystem", "one", "other"),
    [
        (Ecosystem.PYPI, "1.0", "1.0.0"),
        (Ecosystem.PYPI, "1.0", "1.1"),
        (Ecosystem.PYPI, "odd", "odd"),
        (Ecosystem.PYPI, "odd", "Odd"),
        (Ecosystem.NPM, "v1.0.0", "1.0.0"),
        (Ecosystem.NPM, "1.0.0", "1.0.0+build"),
        (Ecosystem.NPM, "1.0.0", "1.0.0-rc.1"),
        (Ecosystem.NPM, "1.0", "1.0"),
    ],
)
def test_spellings_have_one_meaning_if_they_are_equal(ecosystem: Ecosystem, one: str, other: str) -> None:
    same = equal_to(ecosystem, one)(other)
    assert (meaning(ecosystem, one) == meaning(ecosystem, other)) is same
    assert (len({meaning(ecosystem, one), meaning(ecosystem, other)}) == 1) is same
