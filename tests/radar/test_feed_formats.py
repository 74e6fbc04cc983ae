"""What feeds say: pages of changes in JSON, RSS in XML, and whatever else somebody sends instead."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import UpstreamError
from slopguard.radar.feeds import changes, newest
from tests.radar.feeding import rss


def rows(*ids: object, **more: object) -> bytes:
    return json.dumps({"results": [{"seq": 1, "id": each} for each in ids], "last_seq": 9, **more}).encode()


def test_names_of_changes_come_once_and_what_is_no_name_does_not() -> None:
    page = changes.page(rows("left-pad", "@sg/x", "left-pad", "_design/app", "a b", "../x"), "1")
    assert page.names == ("left-pad", "@sg/x")
    assert (page.at, page.more) == ("9", False)


def test_there_is_more_where_the_registry_says_so_or_the_page_is_full() -> None:
    assert changes.page(rows("a", pending=5), "1").more
    assert changes.page(rows(*(f"n{number}" for number in range(changes.ROWS))), "1").more
    assert not changes.page(rows("a", pending=5), "9").more, "a number that does not move would go round for ever"


def test_the_first_reading_begins_with_what_changes_from_now_on() -> None:
    assert changes.page(rows("left-pad", pending=5), changes.NOW).names == ()
    assert changes.page(rows("x", last_seq="12-g1AAA_x"), "1").at == "12-g1AAA_x"


def test_what_is_asked_for_besides_is_kept() -> None:
    address = changes.address("https://feed.example/_changes?since=4&filter=a#b", "7")
    assert address == f"https://feed.example/_changes?filter=a&since=7&limit={changes.ROWS}"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"results": 3}', rows("a", last_seq=None), rows("a", last_seq="a b"), rows(3), b"\xff"],
)
def test_what_is_no_page_of_changes_is_no_answer(body: bytes) -> None:
    with pytest.raises(UpstreamError):
        changes.page(body, "1")


def test_items_are_read_by_where_they_lead() -> None:
    page = newest.page(rss("Sg_Alpha", "sg.beta", "sg-alpha"), "")
    assert page.names == ("sg-alpha", "sg-beta")


def test_only_what_is_new_on_a_page_comes() -> None:
    first = newest.page(rss("sg-b", "sg-a"), "")
    second = newest.page(rss("sg-c", "sg-b"), first.at)
    assert (second.names, second.gap) == (("sg-c",), False)


def test_a_page_that_shares_nothing_with_the_last_one_has_a_gap() -> None:
    first = newest.page(rss("sg-a"), "")
    assert newest.page(rss("sg-z", "sg-y"), first.at).gap
    assert not newest.page(rss(), first.at).gap


BOMB = b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel>&b;</channel></rss>'
OUTSIDE = b'<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss><channel/></rss>'


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        BOMB.decode().encode("utf-16"),
        OUTSIDE,
        b"<rss>" + b"<a>" * 100 + b"</a>" * 100 + b"</rss>",
        b"<html><body>Sign in</body></html>",
        b"<rss><item>",
        b"",
        b"\x00",
        b'{"results": []}',
    ],
)
def test_what_is_no_plain_rss_is_no_answer(body: bytes) -> None:
    with pytest.raises(UpstreamError):
        newest.page(body, "")


def test_links_that_lead_nowhere_are_left_out() -> None:
    odd = b"<rss><channel><item><link>http://[</link></item><item><link>/project/</link></item><item/></channel></rss>"
    assert newest.page(odd, "").names == ()


@given(st.binary(max_size=300), st.text(max_size=20))
def test_whatever_is_sent_is_a_page_or_no_answer(body: bytes, before: str) -> None:
    for read in (lambda: changes.page(body, "1"), lambda: newest.page(body, before)):
        try:
            page = read()
        except UpstreamError:
            continue
        assert all(name.isascii() for name in page.names)


@given(st.lists(st.text(max_size=12), max_size=6))
def test_names_of_any_text_are_names_or_left_out(ids: list[str]) -> None:
    from slopguard.model import Ecosystem
    from slopguard.names import normalize

    for name in changes.page(rows(*ids), "1").names:
        assert normalize(Ecosystem.NPM, name) == name


@pytest.mark.parametrize("encoding", ["nobody-knows-this", "rot13", "base64", "x" * 5_000])
def test_an_encoding_that_nobody_knows_is_no_answer(encoding: str) -> None:
    with pytest.raises(UpstreamError):
        newest.page(f'<?xml version="1.0" encoding="{encoding}"?><rss></rss>'.encode(), "")
