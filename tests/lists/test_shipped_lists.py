"""What the shipped lists hold, and what they must never hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.lists import Lists, Row
from slopguard.lists.shipped import bundles, prepared
from slopguard.model import Ecosystem, RowKind
from slopguard.names import normalize

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
SHIPPED = Lists.shipped()
ROWS = [Row.parse(line) for bundle in bundles() for line in bundle.data.splitlines()[1:]]


def test_every_row_can_be_read_and_every_name_is_in_its_canonical_spelling() -> None:
    assert [row for row in ROWS if normalize(row.ecosystem, row.name) != row.name] == []


def test_rows_are_sorted_and_unique() -> None:
    for bundle in bundles():
        lines = bundle.data.splitlines()
        assert lines == sorted(set(lines))


@pytest.mark.parametrize(
    ("ecosystem", "name"), [(PYPI, "flask"), (PYPI, "six"), (NPM, "left-pad"), (NPM, "@babel/core")]
)
def test_well_known_packages_are_allowlisted_by_name(ecosystem: Ecosystem, name: str) -> None:
    row = SHIPPED.allow(ecosystem, name)
    assert row is not None
    assert (row.list_name, row.kind) == ("baseline", RowKind.BASELINE)
    assert row.rank is not None


def test_no_name_is_both_allowed_and_watched_or_denied_as_a_whole() -> None:
    allowed = {(row.ecosystem, row.name) for row in ROWS if row.kind == "allow"}
    against = {
        (row.ecosystem, row.name) for row in ROWS if row.kind == "watch" or (row.kind == "deny" and not row.narrow)
    }
    assert allowed & against == set()


def test_every_watched_name_says_where_it_was_documented_and_when() -> None:
    watched = [row.as_watch() for row in ROWS if row.kind == "watch"]
    assert {row.source for row in watched} == {"churilov-2026", "vdb-2026", "yujin1103-2026"}
    assert all(row.origin == "imported" and row.rank and row.predicted_at for row in watched)


def test_compromised_versions_of_a_real_package_are_denied_and_the_others_are_not() -> None:
    assert SHIPPED.deny(PYPI, "ultralytics", "8.3.46") is not None
    assert SHIPPED.deny(PYPI, "ultralytics", "8.3.40") is None
    assert SHIPPED.deny(PYPI, "ultralytics") is None


def test_an_import_name_leads_to_the_ranked_distribution() -> None:
    assert SHIPPED.means(PYPI, "cv2")[1][0] == "opencv-python"
    assert SHIPPED.means(PYPI, "yaml")[1][0] == "pyyaml"


def test_a_package_named_like_a_node_built_in_is_allowed_all_the_same() -> None:
    for name in ("events", "buffer", "util", "assert", "process", "url", "string_decoder"):
        assert SHIPPED.means(NPM, name)[0]
        assert SHIPPED.allow(NPM, name) is not None


def test_no_list_holds_an_address() -> None:
    assert [bundle.name for bundle in bundles() if b"://" in bundle.data] == []


@pytest.mark.parametrize("ecosystem", Ecosystem)
def test_the_listing_made_before_is_the_one_that_the_lists_give(ecosystem: Ecosystem) -> None:
    assert prepared(ecosystem) == Lists(bundles()).listing(ecosystem)


def test_a_listing_that_was_changed_is_made_afresh(tmp_path: Path) -> None:
    (tmp_path / "listings").mkdir()
    (tmp_path / "listings" / "pypi.tsv").write_text("evil\t1\n")
    assert [prepared(ecosystem, (tmp_path,)) for ecosystem in Ecosystem] == [None, None]
    lists = Lists(bundles(), prepared=lambda ecosystem: prepared(ecosystem, (tmp_path,)))
    assert lists.listing(PYPI) == SHIPPED.listing(PYPI)


def test_lists_that_cannot_be_verified_are_no_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slopguard.lists.shipped.DIGESTS", {"baseline": "00"})
    lists = Lists.load(None)  # type: ignore[arg-type]  # the shipped lists need no settings yet
    assert lists.state == "invalid"
    assert lists.allow(PYPI, "flask") is None
