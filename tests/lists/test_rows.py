"""What one row says, and to whom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import ListInvalid
from slopguard.lists import Lists, Row
from slopguard.model import Ecosystem, RowKind

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM


def lists(*rows: str) -> Lists:
    return Lists.of({"test": rows})


@pytest.mark.parametrize(
    "line",
    [
        b"pypi\tflask",
        b"gem\tflask\tallow",
        b"pypi\t\tallow",
        b"pypi\tflask\tpermit",
        b"pypi\tflask\tallow\trank",
        b"pypi\tflask\tallow\trule=denied",
        b"pypi\tflask\tallow\trank=1\trank=2",
        b"pypi\tflask\tdeny\trule=denied\tversions=",
        b"pypi\tflask\tdeny\trule=denied\tversions=1.0;;2.0",
        b"pypi\tflask\tdeny\trule=denied\thashes=sha256-AA",
        "pypi\tfl\u0430sk\tallow".encode(),
    ],
)
def test_a_row_that_breaks_the_grammar_makes_the_list_invalid(line: bytes) -> None:
    with pytest.raises(ListInvalid):
        Row.parse(line)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_row_or_invalid(line: bytes) -> None:
    try:
        assert Row.parse(line).name
    except ListInvalid as error:
        assert error.exit_code == 4  # noqa: PT017  either outcome is right; no other is


@pytest.mark.parametrize(
    ("row", "ask"),
    [
        ("pypi\tx\tallow\trank=high", "allow"),
        (f"pypi\tx\tallow\trank={'9' * 5000}", "allow"),
        ("pypi\tx\tdeny", "deny"),
        ("pypi\tx\tdeny\trule=disliked", "deny"),
        ("pypi\tx\twatch\torigin=observed\tsource=s", "watch"),
        ("pypi\tx\twatch\torigin=imported", "watch"),
        ("pypi\tx\twatch\torigin=imported\tsource=s\tat=yesterday", "watch"),
    ],
)
def test_a_field_that_makes_no_sense_is_invalid_never_skipped(row: str, ask: str) -> None:
    with pytest.raises(ListInvalid):
        getattr(lists(row), ask)(PYPI, "x")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("", RowKind.BASELINE),
        ("\trank=3", RowKind.BASELINE),
        ("\tversions=1.0;2.0", RowKind.REVIEWED),
        ("\trange=>=1,<3", RowKind.REVIEWED),
        ("\thashes=sha256:aa", RowKind.PINNED),
    ],
)
def test_what_a_row_names_is_its_strength(fields: str, kind: RowKind) -> None:
    row = lists(f"pypi\tx\tallow{fields}").allow(PYPI, "x", "1.0", frozenset({"sha256:aa"}))
    assert row is not None
    assert row.kind is kind


def test_the_strongest_allow_row_counts() -> None:
    found = lists("pypi\tx\tallow\trank=5", "pypi\tx\tallow\tversions=1.0")
    assert [getattr(found.allow(PYPI, "x", version), "kind", None) for version in ("1.0", "2.0")] == [
        RowKind.REVIEWED,
        RowKind.BASELINE,
    ]


def test_a_pinned_row_covers_a_file_by_its_hash_only() -> None:
    found = lists("pypi\tx\tallow\thashes=sha256:aa;sha256:bb")
    assert found.allow(PYPI, "x", "1.0", frozenset({"sha256:bb"})) is not None
    assert found.allow(PYPI, "x", "1.0", frozenset({"sha256:cc"})) is None
    assert found.allow(PYPI, "x", "1.0") is None


def test_a_name_with_rows_for_some_versions_is_known_as_a_name() -> None:
    found = lists("npm\tx\tallow\tversions=1.0.0")
    assert found.allow(NPM, "x") is not None
    assert found.narrow(NPM, "x")
    assert not lists("npm\tx\tallow").narrow(NPM, "x")


def test_malicious_goes_before_denied() -> None:
    row = lists("pypi\tx\tdeny\trule=denied", "pypi\tx\tdeny\trule=malicious").deny(PYPI, "x")
    assert row is not None
    assert row.rule == "malicious"


@pytest.mark.parametrize(
    ("version", "denied"), [("1.0", True), ("1.0.0", True), ("2.0", False), (None, False), ("not a version", False)]
)
def test_a_denied_version_is_denied_in_every_spelling_and_its_name_is_not(version: str | None, denied: bool) -> None:
    assert bool(lists("pypi\tx\tdeny\trule=malicious\tversions=1.0.0").deny(PYPI, "x", version)) is denied


def test_a_denied_npm_version_is_denied_with_a_v() -> None:
    assert lists("npm\tx\tdeny\trule=malicious\tversions=1.0.0").deny(NPM, "x", "v1.0.0") is not None


def test_a_watch_row_says_where_from_and_since_when_and_the_best_rank_counts() -> None:
    rows = ("\torigin=generated\tsource=b", "\torigin=imported\tsource=a\trank=7\tmodels=5\tat=2026-05-01")
    row = lists(*(f"pypi\tx\twatch{fields}" for fields in rows)).watch(PYPI, "x")
    assert row is not None
    assert (row.origin, row.source, row.rank, row.models) == ("imported", "a", 7, 5)
    assert row.predicted_at == datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("narrow", ["versions=1.0", "range=<=1.0", "range===1.0"])
def test_a_local_version_of_what_is_denied_is_denied(narrow: str) -> None:
    found = lists(f"pypi\tx\tdeny\trule=denied\t{narrow}", "pypi\tx\tallow\tversions=1.0")
    assert [found.deny(PYPI, "x", version) is not None for version in ("1.0.0+cpu", "1.1+cpu")] == [True, False]
    assert found.allow(PYPI, "x", "1.0+cpu") is None


def test_a_rank_that_is_no_rank_takes_no_name_out_of_the_listing() -> None:
    found = lists(f"pypi\tx\tallow\trank={'9' * 5000}", "pypi\ty\tallow\trank=1")
    assert found.listing(PYPI) == "x\t2\ny\t1\n"


def test_verified_names_come_in_order_of_rank_then_name() -> None:
    found = lists("npm\tb\tallow\trank=2", "npm\ta\tallow", "npm\tc\tallow\trank=1", "pypi\td\tallow", "npm\te\twatch")
    assert found.listing(NPM) == "a\t3\nb\t2\nc\t1\n"
    assert found.listing(NPM) is found.listing(NPM)


def test_a_scope_is_listed_when_it_holds_an_allowlisted_package() -> None:
    found = lists("npm\t@acme/a\tallow", "npm\t@evil/a\tdeny\trule=denied", "npm\t@evil/allow-me\twatch")
    assert [found.scope_listed(scope) for scope in ("@acme", "@evil", "@acm", "@acme/a")] == [True, False, False, False]


def test_meanings_of_a_name() -> None:
    found = lists("pypi\tyaml\timport\tin=pyyaml;other", "npm\tfs\tstdlib", "npm\timport-fresh\tallow")
    assert found.means(PYPI, "yaml") == (False, ("pyyaml", "other"))
    assert found.means(NPM, "fs") == (True, ())


def test_only_so_many_names_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slopguard.lists.lists.REMEMBERED", 1)
    found = lists("npm\ta\tallow", "npm\tb\tallow")
    assert all(found.allow(NPM, name) for name in ("a", "b", "a"))


def test_hashes_allow_only_when_every_file_is_known_and_deny_when_one_is() -> None:
    found = lists("pypi\tx\tallow\thashes=sha256:aa;sha1:cc", "pypi\tx\tdeny\trule=denied\thashes=sha256:ee")
    for digests, allowed, denied in (
        ({"sha256:aa"}, True, False),
        ({"sha256:aa", "sha256:bb"}, False, False),
        ({"sha1:cc", "sha256:bb"}, False, False),
        ({"sha256:aa", "sha256:ee"}, False, True),
    ):
        asked = (PYPI, "x", "1.0", frozenset(digests))
        assert (found.allow(*asked) is not None, found.deny(*asked) is not None) == (allowed, denied)


@pytest.mark.parametrize("version", ["1" * 5000, "1.0.0.0", "v1", "\ud800"])
def test_any_version_can_be_asked_about(version: str) -> None:
    found = lists("pypi\tx\tdeny\trule=denied\trange=>=1", "npm\tx\tdeny\trule=denied\trange=>=1.0.0")
    for ecosystem in Ecosystem:
        found.deny(ecosystem, "x", version)
    assert found.deny(PYPI, "x", "v1.0.0.0") is not None
    assert found.deny(NPM, "x", " =v1.0.0 ") is not None
