"""Versions of an admitted name that step back, and those that do not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from slopguard.locked import LockedSet
from slopguard.model import Arrival, Facts, Mode, Request, Verdict
from tests.judge.worlds import ESTABLISHED, NOW, NPM, PYPI, judge, listed, request


def rules(found: Mapping[str, Verdict]) -> dict[str, str]:
    return {version: verdict.rule for version, verdict in found.items()}


@pytest.mark.parametrize(
    ("asked", "facts", "expected"),
    [
        (request("flask"), ESTABLISHED, {}),
        (request("flask"), listed(900, 5, 2, 0), {"3.0": "too-new", "4.0": "too-new"}),
        (request("flask"), listed(900, None, dated=False), {"2.0": "no-dates"}),
        (request("unlisted-name"), listed(900, 600, 300, 1), {"4.0": "too-new"}),
        (request("reviewed"), listed(900, 600, 300), {}),
        (request("reviewed"), listed(30, 20, 1), {"2.0": "unverified", "3.0": "unverified"}),
        (request("a b"), listed(1), {}),
    ],
)
def test_what_steps_back(asked: Request, facts: Facts, expected: dict[str, str]) -> None:
    assert rules(judge().versions(asked, facts)) == expected


def test_a_denied_version_steps_back_however_old() -> None:
    facts = listed(900, 600)
    releases = tuple(
        type(each)(version, each.uploaded) for each, version in zip(facts.releases, ("4.0.0", "4.0.1"), strict=True)
    )
    assert rules(judge().versions(request("lodash", NPM), Facts(facts.existence, releases))) == {"4.0.1": "malicious"}


def test_only_the_pinned_file_of_a_pinned_name_stays() -> None:
    facts = listed(30, 20)
    pinned = type(facts.releases[0])("1.0", facts.releases[0].uploaded, frozenset({"sha256:aa"}))
    assert set(judge().versions(request("pinned"), Facts(facts.existence, (pinned, facts.releases[1])))) == {"2.0"}


def test_a_locked_version_stays_however_new() -> None:
    locked = LockedSet({(PYPI, "flask", "2.0"): frozenset({"sha256:2"})})
    asked = request("flask", arrived=Arrival.LOCKED)
    assert rules(judge(locked=locked).versions(asked, listed(900, 1, 1))) == {"3.0": "too-new"}


def test_each_says_which_version_it_is_about_and_until_when() -> None:
    (verdict,) = judge().versions(request("flask"), listed(900, 1)).values()
    assert verdict.request.version == "2.0"
    assert verdict.until is not None
    assert verdict.until > NOW


def test_in_observe_they_are_told_but_not_enforced() -> None:
    found = judge(mode=Mode.OBSERVE).versions(request("flask"), listed(900, 1))
    assert [verdict.stops for verdict in found.values()] == [False]


@pytest.mark.parametrize("facts", [listed(*[0.001 * age for age in range(500)]), listed(*[None] * 500, dated=False)])
def test_what_versions_says_is_what_verdict_says_of_each(facts: Facts) -> None:
    mine = judge()
    found = mine.versions(request("flask"), facts)
    for release in facts.releases[::50]:
        alone = mine.verdict(request("flask", version=release.version, digests=release.digests), facts)
        assert (found[release.version].rule, found[release.version].until) == (alone.rule, alone.until)
