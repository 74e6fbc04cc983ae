"""What is offered instead of a refused name: verified names only, at most three."""

from __future__ import annotations

import gc
from weakref import ref

import pytest

from slopguard.evidence import Lookalikes, Suggestions
from slopguard.model import OFFLINE, Ecosystem, Evidence
from tests.judge.worlds import ESTABLISHED, LISTS, NOWHERE, NPM, PYPI, judge, listed, request


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("reqeusts", ("requests",)),
        ("yaml", ("pyyaml",)),
        ("dateutil", ("python-dateutil",)),
        ("asyncio", ()),
        ("a b", ()),
        ("flask", ()),
    ],
)
def test_what_is_offered(name: str, offered: tuple[str, ...]) -> None:
    assert judge().verdict(request(name), ESTABLISHED).suggestions == offered


@pytest.mark.parametrize(
    ("raw", "ecosystem", "offered"),
    [
        ("r\u0435quests", PYPI, ("requests",)),
        ("Reque\u0455ts", PYPI, ("requests",)),
        ("flask\u200b", PYPI, ("flask",)),
        ("fl\u0430sk_login", PYPI, ("flask-login",)),
        ("\u217codash", NPM, ("lodash",)),
        ("@\u0430cme/core", NPM, ("@acme/core",)),
        ("unl\u0456sted", PYPI, ()),
        ("fl\u0430sk one", PYPI, ()),
        ("\u4e2d\u6587", PYPI, ()),
        ("r\u0435quests" * 100, PYPI, ()),
        ("", PYPI, ()),
    ],
)
def test_of_text_that_only_looks_like_a_verified_name_that_name_is_offered(
    raw: str, ecosystem: Ecosystem, offered: tuple[str, ...]
) -> None:
    verdict = judge().verdict(request(raw, ecosystem), OFFLINE)
    assert (verdict.rule, verdict.suggestions) == ("bad-name", offered)


def test_beside_a_verified_name_no_other_is_offered() -> None:
    fresh = judge().verdict(request("flask-login", version="2.0"), listed(900, 1))
    assert (fresh.rule, fresh.suggestions) == ("too-new", ())


def test_a_name_near_a_verified_one_is_offered_it() -> None:
    assert "flask-login" in judge().verdict(request("flask-auth-magic"), NOWHERE).suggestions


def test_everything_offered_has_an_allow_row_and_is_another_name() -> None:
    for name in ("flask-auth-magic", "flask-loginn", "requests-flask", "numpy-yaml"):
        offered = judge().verdict(request(name), NOWHERE).suggestions
        assert len(offered) <= 3
        assert all(other != name and LISTS.allow(request(name).ecosystem, other) for other in offered)


def test_an_allowed_name_is_offered_nothing() -> None:
    assert judge().verdict(request("flask-auth-magic"), ESTABLISHED).suggestions == ()


def test_only_so_many_names_are_searched_for() -> None:
    suggestions = Suggestions(LISTS, Lookalikes(LISTS), most=1)
    names = ("flask-auth-magic", "flask-login-magic", "flask-auth-magic")
    assert [bool(suggestions.of(request(name), Evidence(OFFLINE))) for name in names] == [True, False, True]


def test_the_names_go_with_their_judge() -> None:
    gc.collect()
    gc.disable()  # the collector may take its time: a server kept 2 MB of names for each call until it came
    try:
        lookalikes = Lookalikes(LISTS)
        assert Suggestions(LISTS, lookalikes).of(request("flask-auth-magic"), Evidence(OFFLINE))
        names = ref(lookalikes.names(PYPI))
        del lookalikes
        assert names() is None
    finally:
        gc.enable()
