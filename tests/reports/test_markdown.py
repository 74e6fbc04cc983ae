"""A comment on a pull request: short, found again by a bot, and no place for markup of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from slopguard.check.model import Checked
from slopguard.reports.markdown import MARKER, ROWS, page, report
from slopguard.reports.problems import View
from tests.reports.checks import CLEAN, HOSTILE, MIXED, finding, hostile, judged, with_paths

OURS = {MARKER, "<details>", "</details>"}


def tokens(text: str) -> Iterator[Token]:
    """All tokens of a page, as a host's parser sees them (tables switched on)."""
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        yield token
        yield from token.children or ()


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table."""
    found: list[list[str]] = []
    cell = False
    for token in tokens(text):
        if token.type == "tr_open":
            found.append([])
        elif token.type in ("td_open", "th_open"):
            cell = True
        elif token.type == "inline" and cell:
            found[-1].append(token.content)
            cell = False
    return found


def test_a_comment_begins_with_a_marker_and_says_how_many_are_refused() -> None:
    lines = report(MIXED).splitlines()
    assert lines[:2] == [MARKER, "### slopguard: 4 refused, 2 new"]
    assert lines[3].startswith("1,284 packages in 40 lock files")


def test_refusals_are_a_table_and_warnings_are_folded() -> None:
    head, *refused = report(MIXED).partition("<details>")[0].strip().splitlines()[5:]
    assert head == "| verdict | what | why, and what to do | where |"
    assert refused[1] == (
        "| **BLOCK** (new) | `pypi:flask-auth-magic` not-found "
        "| no such package. Do not retry or guess another name. Near, and verified: `flask-login`. "
        "Next: `slopguard ask pypi:flask-auth-magic` "
        "| [`services/login/requirements.txt:3`](services/login/requirements.txt#L3) |"
    )
    assert len(refused) == 1 + 4
    folded = report(MIXED).partition("<details>")[2]
    assert "<summary>2 warnings</summary>" in folded
    assert [cells[0] for cells in rows(folded)] == ["verdict", "**WARN**", "**WARN**"]


def test_a_check_without_a_problem_has_no_table() -> None:
    assert report(CLEAN).splitlines()[1:] == [
        "### slopguard: nothing is refused",
        "",
        "1 package in 1 file: all allowed (1 listed)",
    ]
    assert "nothing was judged" in report(Checked())


def test_mode_observe_is_told() -> None:
    observed = Checked((judged("denied", "ghost", "a.txt:1", enforced=False),), enforced=False)
    assert "1 would be refused (mode observe)" in report(observed)
    assert "**OBSERVED**" in report(observed)


def test_nothing_that_others_named_is_markup() -> None:
    text = report(hostile())
    html = {token.content.strip() for token in tokens(text) if token.type.startswith("html")}
    assert html - OURS <= {f"<details>\n<summary>{len(HOSTILE)} warnings</summary>"}
    assert not [token for token in tokens(text) if token.type == "image"]
    assert not [token for token in tokens(text) if token.type == "em_open"]
    texts = " ".join(token.content for token in tokens(text) if token.type == "text")
    assert not [sign for sign in ("evil", "@everyone", "alert", "passwd", "script") if sign in texts]


def test_no_name_breaks_a_row() -> None:
    assert {len(cells) for cells in rows(report(hostile()))} == {4}
    assert len(rows(report(hostile()))) == 2 * (ROWS + 1)


def test_links_are_relative_whatever_a_path_is_called() -> None:
    links = [str(token.attrGet("href")) for token in tokens(report(hostile())) if token.type == "link_open"]
    assert len(links) > 20
    assert not [link for link in links if ":" in link or link.startswith(("/", "..", "#"))]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_markup_wherever_it_stands(name: str) -> None:
    one = judged("not-found", "ghost", suggestions=(name,))
    placed = replace(one, verdict=replace(one.verdict, request=with_paths(one.verdict.request, [name])))
    text = report(Checked((placed,), (finding("malformed", name, detail=name),)))
    assert {token.type for token in tokens(text)}.isdisjoint({"html_inline", "image", "em_open", "fence"})
    assert {len(cells) for cells in rows(text)} == {4}


def test_links_lead_where_the_host_shows_the_file_or_nowhere() -> None:
    made = report(MIXED, View(links="https://git.example/acme/app/blob/main/", prefix="svc"))
    assert "](https://git.example/acme/app/blob/main/svc/services/login/requirements.txt#L3)" in made
    assert "](" not in report(MIXED, View(links=None))


def test_a_comment_is_never_longer_than_a_host_takes() -> None:
    long = "very long/" * 400
    many = [judged("not-found", f"ghost-{'x' * 200}-{number}", f"{long}{number}.txt:1") for number in range(2_000)]
    warned = [finding("malformed", f"{long}{number}.json", detail="not valid JSON " * 100) for number in range(200)]
    doubts = [finding("undecidable", f"{long}{number}.sh", detail="x" * 5_000) for number in range(200)]
    checked = Checked(tuple(many), (*warned, *doubts), files=1)
    text = report(checked)
    assert len(text) < 65_000, "GitHub takes 65,536"
    assert len(page(checked).encode()) < 1024 * 1024, "and as much for a job's summary"
    assert f"and {2_200 - ROWS:,} more: `slopguard check --format json` has them all." in text
