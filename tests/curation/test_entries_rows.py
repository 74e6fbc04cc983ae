"""The rows that entries give: one for exact versions, one a range, in an order that depends on nothing."""

from __future__ import annotations

from datetime import date

import pytest

from slopguard.curation.entries import ListEntry, exact, rows_of
from slopguard.lists.rows import Row
from slopguard.model import Ecosystem
from tests.curation.samples import DIGEST, TODAY

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM


def row(entry: ListEntry) -> str:
    (found,) = rows_of([entry])
    return found


def test_a_name_alone_is_a_row_with_its_rank_first() -> None:
    assert row(ListEntry("allow", PYPI, "boto3", more={"rank": "1"})) == "pypi\tboto3\tallow\trank=1"


def test_exact_versions_share_a_row_and_each_range_has_its_own() -> None:
    entry = ListEntry("allow", PYPI, "flask", ("3.1.0", ">=2, <3", "2.0.1", "~=4.0"), owner="web")
    assert list(rows_of([entry])) == [
        "pypi\tflask\tallow\trange=>=2,<3\towner=web",
        "pypi\tflask\tallow\trange=~=4.0\towner=web",
        "pypi\tflask\tallow\tversions=2.0.1;3.1.0\towner=web",
    ]


def test_the_blanks_of_an_npm_range_stay_as_its_grammar_wants_them() -> None:
    assert row(ListEntry("deny", NPM, "evil", (">=1.0.0  <2.0.0",))).endswith("\trange=>=1.0.0 <2.0.0")


def test_a_deny_row_says_its_rule_and_what_people_wrote() -> None:
    entry = ListEntry("deny", NPM, "evil", ("1.0.0",), (DIGEST,), reason="steals 100%; b\u00e4h", more={"id": "MAL-1"})
    assert row(entry) == (
        f"npm\tevil\tdeny\trule=denied\tversions=1.0.0\thashes={DIGEST}\twhy=steals 100%25%3B b%C3%A4h\tid=MAL-1"
    )
    assert Row.parse(row(entry).encode("ascii")).text("why") == "steals 100%; b\u00e4h"


def test_releases_fixes_and_watch_rows_hold_what_their_kind_may() -> None:
    more = {"at": "2026-05-01", "models": "3", "rank": "7", "source": "made-up", "origin": "imported"}
    until = date(2026, 12, 1)
    found = rows_of(
        [
            ListEntry("release", PYPI, "foo", ("1.0",), (DIGEST,), "web", "why", "ana", TODAY, until),
            ListEntry("fix", PYPI, "foo", ("1.2.4",), reason="not in the row", more={"id": "GHSA-1"}),
            ListEntry("watch", PYPI, "foo-ai", more=more),
        ]
    )
    assert list(found) == [
        "pypi\tfoo\tfix\tversions=1.2.4\tid=GHSA-1",
        f"pypi\tfoo\trelease\tversions=1.0\thashes={DIGEST}\tuntil=2026-12-01\towner=web",
        "pypi\tfoo-ai\twatch\torigin=imported\tsource=made-up\trank=7\tmodels=3\tat=2026-05-01",
    ]


def test_an_entry_counts_through_its_last_day_and_a_deny_always() -> None:
    ends = ListEntry("allow", PYPI, "foo", expires=date(2026, 11, 25))
    denied = ListEntry("deny", PYPI, "bar")
    assert len(list(rows_of([ends, denied], date(2026, 11, 25)))) == 2
    assert list(rows_of([ends, denied], date(2026, 11, 26))) == ["pypi\tbar\tdeny\trule=denied"]
    assert len(list(rows_of([ends, denied]))) == 2


@pytest.mark.parametrize(
    ("ecosystem", "text", "is_exact"),
    [
        (PYPI, "1.0", True),
        (PYPI, "1!2.0rc1+cpu", True),
        (PYPI, "==1.0", False),
        (PYPI, "1.*", False),
        (NPM, "1.0.0", True),
        (NPM, "1.0.0-rc.1", True),
        (NPM, "1.0", False),
        (NPM, "v1.0.0", False),
        (NPM, "=1.0.0", False),
        (NPM, "", False),
    ],
)
def test_what_is_one_version(ecosystem: Ecosystem, text: str, is_exact: bool) -> None:
    assert exact(ecosystem, text) is is_exact
