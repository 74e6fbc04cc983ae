"""The page about forecasts: it needs nothing but itself, and what others wrote stays text."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.forecast.statistics import Share, clustered, coverage
from slopguard.model import Ecosystem
from slopguard.reports.forecast_page import page
from slopguard.reports.forecast_page_measured import MEASURED
from slopguard.reports.forecast_page_model import (
    MOST,
    Appeared,
    Campaign,
    Covering,
    Found,
    Kept,
    Measured,
    Named,
    State,
    Told,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
HOSTILE = (
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "--><svg onload=alert(1)>",
    "</style><style>*{}",
    "a\u202eb\u2066c",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "x" * 5_000,
    "new\nline\tand\0null",
)


class Elements(HTMLParser):
    """Counts what is opened and closed, and keeps the text between."""

    VOID = frozenset({"meta", "wbr", "path"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag]
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def parsed(text: str) -> Elements:
    found = Elements()
    found.feed(text)
    found.close()
    assert found.open == []
    return found


def words_of(text: str) -> str:
    """What a reader sees, on one line."""
    return " ".join(" ".join(parsed(re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)).words).split())


def whole(name: str = "flask-auth-magic", code: str = "qwen2.5-coder", about: str = "topic-0123456789abcdef") -> Told:
    """A page with everything in it; the arguments are what others wrote."""
    agreed = Named(PYPI, name, 1, "models", State.REGISTERED, models=2, prompts=7, low=0.01, high=0.2)
    rates = {
        "model": {code: clustered([(1, 8), (0, 8), (3, 8)], 1), "quiet": clustered([(0, 8), (0, 8)], 1)},
        "topic": {name: clustered([(2, 8), (1, 8)], 1)},
    }
    curve = (Found(10, 20, 5), Found(20, 30, 12))
    return Told(
        NOW,
        "0.9.9",
        {PYPI: (agreed, Named(PYPI, "free-one", 2, "embedded", State.FREE)), NPM: (Named(NPM, name, 1, code),)},
        {PYPI: 10_000, NPM: 100_000},
        (
            Kept("generated", code, about, "pypi", 10_000, NOW, NOW + timedelta(365)),
            Kept("imported", code, "", "", 7, NOW),
        ),
        (Covering(PYPI, "a list", (Measured(10_000, 13, 100), Measured(100_000, 24, 100))),),
        (Campaign(code, NOW, {PYPI: coverage([1, 1, 2, 2, 9])}, curve, rates, 3, 16),),
        (Appeared(NPM, name, 12, NOW - timedelta(90), NOW - timedelta(30)),),
        NOW - timedelta(1),
    )


EMPTY = Told(NOW, "0.9.9")


@pytest.mark.parametrize("told", [EMPTY, whole()], ids=["empty", "whole"])
def test_every_element_that_is_opened_is_closed(told: Told) -> None:
    parsed(page(told))


@pytest.mark.parametrize("told", [EMPTY, whole()], ids=["empty", "whole"])
def test_nothing_on_the_page_leads_elsewhere(told: Told) -> None:
    text = page(told)
    found = parsed(text)
    tags = {tag for tag, _ in found.seen}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "use", "image", "base", "form", "a"}
    attributes = {name for _, attrs in found.seen for name in attrs}
    assert not {name for name in attributes if name.startswith("on") or name in ("src", "href", "style", "xlink:href")}
    style = text[text.index("<style>") : text.index("</style>")]
    assert not re.search(r"url\(|@import|@font-face|expression", style)
    assert "//" not in re.sub(r"<!DOCTYPE html>", "", text)


def test_the_policy_lets_nothing_in_but_this_style() -> None:
    text = page(EMPTY)
    style = text[text.index("<style>") + len("<style>") : text.index("</style>")]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    [policy] = [attrs["content"] for tag, attrs in parsed(text).seen if attrs.get("http-equiv")]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def tags_of(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(tag, tuple(attrs)) for tag, attrs in parsed(text).seen if tag != "wbr"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_others_wrote_opens_no_element(hostile: str) -> None:
    plain = tags_of(page(whole()))
    assert tags_of(page(whole(name=hostile))) == plain
    assert tags_of(page(whole(code=hostile))) == plain
    assert tags_of(page(whole(about=f"topic-{hostile.replace('-', '')}"))) == plain


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_others_wrote_is_shown_in_plain_characters(hostile: str) -> None:
    text = page(whole(hostile, hostile))
    assert {each for each in text if not each.isascii()} <= set("\N{NO-BREAK SPACE}\u201c\u201d")
    assert not [each for each in text if not each.isprintable() and each != "\n" and each != "\N{NO-BREAK SPACE}"]
    assert "x" * 100 not in text


@given(st.text(max_size=40))
def test_no_text_at_all_breaks_out(hostile: str) -> None:
    assert tags_of(page(whole(name=hostile, code=hostile))) == tags_of(page(whole()))


def test_a_page_without_anything_says_what_to_do() -> None:
    words = words_of(page(EMPTY))
    assert "No name is watched yet. Fill the watchlist: slopguard forecast run" in words
    assert "No model was asked yet, so there are no rates. Ask one: slopguard forecast run --server URL" in words
    assert "The radar has not looked yet. Let it look: slopguard watch poll" in words


def test_what_the_whole_page_tells() -> None:
    words = words_of(page(whole())).replace("\N{NO-BREAK SPACE}", " ")
    assert "watched rows, PyPI 10,000" in words
    assert "PyPI: the first 2 names of 10,000 rows" in words
    assert "1 flask- auth- magic 2 / 7 1.0 to 20.0 % models registered" in words
    assert "2 free- one embedded free" in words
    assert "100,000 24 of 100 24.0 % 16.7 to 33.2 %" in words
    assert "3 of 16 came to their end by themselves." in words
    assert "15 sightings of 5 names; 2 seen only once." in words
    assert "predicted 2026-08-28, registered 2026-10-27, 60 days later" in words
    assert "(generated) topic 01234567 PyPI 10,000 2026-11-26 2027-11-26" in words


def test_a_page_says_what_it_does_not_say() -> None:
    words = words_of(page(EMPTY))
    assert "A forecast is no evidence that a name is bad" in words
    assert "no evidence that a name is absent either" in words


def test_a_rate_of_which_nothing_is_known_is_left_out() -> None:
    silent = Campaign("Campaign 1", NOW, {}, (), {"model": {"silent-one": Share(0, 0, 0)}})
    words = words_of(page(replace(EMPTY, campaigns=(silent,))))
    assert "silent-one" not in words
    assert "there are no rates" in words


def test_too_little_to_estimate_from_is_said() -> None:
    few = Campaign("Campaign 1", NOW, {NPM: coverage([1, 1, 1])})
    assert "How many names there are cannot be told from so little." in words_of(page(replace(EMPTY, campaigns=(few,))))
    none = Campaign("Campaign 1", NOW, {NPM: coverage([])})
    assert "nothing can be said of its coverage" in words_of(page(replace(EMPTY, campaigns=(none,))))


def test_no_more_names_are_listed_than_can_be_read() -> None:
    many = tuple(Named(PYPI, f"name-{n}", n + 1, "embedded") for n in range(MOST + 50))
    words = words_of(page(replace(EMPTY, names={PYPI: many}, watched={PYPI: len(many)})))
    assert f"the first {MOST} names of {MOST + 50} rows" in words
    assert f"name- {MOST - 1} " in words
    assert f"name- {MOST} " not in words


def test_every_chart_has_a_title_and_every_table_a_caption_and_heads() -> None:
    text = page(whole())
    assert text.count("<svg") == text.count("</title>") - 1
    assert text.count("<table") == text.count("<caption>") == text.count("<thead>")
    heads = [attrs.get("scope") for tag, attrs in parsed(text).seen if tag == "th"]
    assert set(heads) == {"col", "row"}


def test_the_page_tells_the_coverage_that_the_documents_tell() -> None:
    rows = (Path(__file__).parent.parent.parent / "docs" / "forecast.md").read_text(encoding="utf-8").splitlines()
    for each in MEASURED:
        shares = [f"{100 * point.hits / point.of:.1f}" for point in each.points]
        told = [row for row in rows if each.measured_on in row and all(share in row for share in shares)]
        assert told, f"docs/forecast.md has no row for {each.measured_on} with {', '.join(shares)}"
