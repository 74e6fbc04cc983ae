"""Marks: equal ones stand for equal documents, and every change of a document changes its mark."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.registries import marks
from slopguard.registries.npm.packument import Packument, parse_packument
from slopguard.registries.pypi.page import ProjectPage
from slopguard.registries.pypi.parse import JSON_TYPE, PLAIN_HTML, parse_page

URL = "https://registry.example/simple/foo/"
SHA = {"sha256:" + "a" * 64}


def page(name: str = "foo", *, url: str = URL, dated: bool = False, source: str | None = None) -> ProjectPage:
    files = [
        {
            "url": f"foo-{version}.tar.gz",
            "hashes": {"sha256": version[0] * 64},
            **({"upload-time": "2020-01-01T00:00:00Z"} if dated else {}),
        }
        for version in ("1.0", "2.0")
    ]
    return parse_page(name, json.dumps({"files": files}).encode(), JSON_TYPE, url, source=source)


def packument(*, dated: bool = False) -> Packument:
    dist = {"tarball": "https://registry.example/x.tgz", "integrity": "sha512-" + "A" * 86 + "=="}
    body: dict[str, Any] = {"name": "x", "versions": {v: {"dist": dist} for v in ("1.0.0", "2.0.0")}}
    if dated:
        body["time"] = {"1.0.0": "2020-01-01T00:00:00Z"}
    return parse_packument("x", json.dumps(body).encode())


def test_a_page_is_marked_by_its_bytes_its_address_its_name_and_how_it_is_read() -> None:
    body = b'<a href="foo-1.0.tar.gz">x</a>'
    read = {
        page().mark,
        page("bar").mark,
        page(url=URL + "x/").mark,
        page(dated=True).mark,
        parse_page("foo", body, PLAIN_HTML, URL).mark,
        parse_page("foo", body, f"{PLAIN_HTML}; charset=latin-1", URL).mark,
    }
    assert len(read) == 6
    assert page().mark == page().mark


def test_every_change_of_a_page_shows_in_its_mark_and_none_in_its_source() -> None:
    first, dated = page(), page(dated=True)
    changed = [
        first,
        first.without(frozenset({"1.0"})),
        first.without(frozenset({"2.0"})),
        first.without(frozenset({"1.0"})).without(frozenset({"2.0"})),
        first.only({"1.0": frozenset(SHA)}),
        first.only({"1.0": frozenset()}),
        first.only({"1.0": frozenset(), "2.0": frozenset(SHA)}),
        first.dated_by(dated),
        first.dated_by(dated.without(frozenset({"1.0"}))),
    ]
    assert len({each.mark for each in changed}) == len(changed)
    assert {each.source for each in changed} == {first.source}


def test_every_change_of_a_packument_shows_in_its_mark_and_none_in_its_source() -> None:
    first, dated = packument(), packument(dated=True)
    gone = frozenset({"1.0.0"})
    changed = [first, first.without(gone), first.only({"2.0.0": frozenset({"sha512:00"})}), first.dated_by(dated)]
    assert len({each.mark for each in changed}) == len(changed)
    assert {each.source for each in changed} == {first.source}


def test_what_changes_nothing_leaves_the_mark() -> None:
    assert page().without(frozenset()).only({}).mark == page().mark
    assert packument().without(frozenset()).mark == packument().mark


def test_of_unknown_origin_nothing_made_of_it_has_a_mark() -> None:
    unknown = ProjectPage("foo")
    assert unknown.without(frozenset({"1.0"})).mark == ""
    assert page().dated_by(unknown).mark == unknown.dated_by(page()).mark == ""
    assert page(source="").mark == ""


def test_a_source_that_is_known_already_is_taken_with_the_name() -> None:
    assert (page(source="s").source, page(source="s").mark) == ("s", page(source="s").mark)
    assert page(source="s").mark != page("bar", source="s").mark


@pytest.mark.parametrize("one", [("a", "b"), ("ab",), ("a", "", "b"), ("a", "b", "")])
@pytest.mark.parametrize("other", [("a", "b"), ("ab",), ("a", "", "b"), ("a", "b", "")])
def test_parts_do_not_run_together(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert (marks.source(*one) == marks.source(*other)) == (one == other)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_changes_have_one_mark_each(one: list[str], other: list[str]) -> None:
    assert (marks.changed("m", "how", one) == marks.changed("m", "how", other)) == (one == other)
