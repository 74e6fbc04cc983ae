"""What the shipped lists hold, and what they must never hold."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.errors import ListInvalid
from slopguard.lists import Lists, Row, shipped
from slopguard.lists.digests import BUILT, ENDS, ROOT
from slopguard.lists.shipped import bundles, ended, ends_soon, prepared, verify_signatures
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


COMPROMISED = [row for row in ROWS if row.kind == "deny" and row.narrow]


def test_a_compromised_real_package_keeps_every_version_that_was_not_bad() -> None:
    assert len(COMPROMISED) > 700
    for row in COMPROMISED:
        bad = row.values("versions")
        assert all(SHIPPED.deny(row.ecosystem, row.name, version) for version in bad)
        good = [version for version in ("0.0.0", "1.0.0", "99.99.99") if version not in bad]
        assert [version for version in good if SHIPPED.deny(row.ecosystem, row.name, version)] == []
        assert SHIPPED.deny(row.ecosystem, row.name) is None


def test_popular_packages_that_were_compromised_once_stay_allowed() -> None:
    names = {(row.ecosystem, row.name) for row in COMPROMISED}
    allowed = [name for name in names if SHIPPED.allow(*name)]
    assert {(NPM, "flat-cache"), (NPM, "@nx/workspace"), (PYPI, "ultralytics")} <= set(allowed)
    assert len(allowed) == 19


def test_malicious_names_are_denied_as_a_whole() -> None:
    whole = [row for row in ROWS if row.kind == "deny" and not row.narrow]
    assert {ecosystem: sum(row.ecosystem is ecosystem for row in whole) for ecosystem in Ecosystem} == {
        PYPI: 6285,
        NPM: 4402,
    }
    assert {row.fields["rule"] for row in whole} == {"malicious"}


@pytest.mark.parametrize(
    ("ecosystem", "name"), [(PYPI, "flask"), (PYPI, "numpy"), (NPM, "debug"), (NPM, "color-name"), (NPM, "express")]
)
def test_well_known_packages_are_not_denied(ecosystem: Ecosystem, name: str) -> None:
    assert SHIPPED.deny(ecosystem, name) is None


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


def test_the_signatures_promise_what_the_code_pins() -> None:
    assert verify_signatures() == ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "metadata"
    folder.mkdir()
    for name in shipped.ROLES.values():
        (folder / name).write_bytes((shipped.PLACES[-1] / "metadata" / name).read_bytes())
    return tmp_path


@pytest.mark.parametrize("role", sorted(shipped.ROLES))
def test_metadata_that_were_changed_prove_nothing(role: str, copy: Path) -> None:
    assert verify_signatures((copy,)) == ROOT
    path = copy / "metadata" / shipped.ROLES[role]
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))
    with pytest.raises(ListInvalid):
        verify_signatures((copy,))


@pytest.mark.parametrize("role", sorted(shipped.ROLES))
def test_metadata_that_are_missing_or_junk_prove_nothing(role: str, copy: Path) -> None:
    path = copy / "metadata" / shipped.ROLES[role]
    for change in (lambda: path.write_bytes(b"{}"), lambda: path.write_bytes(b"[" * 99_999), path.unlink):
        change()
        with pytest.raises(ListInvalid):
            verify_signatures((copy,))


@pytest.mark.parametrize(
    ("name", "value"),
    [("DIGESTS", {"baseline": "00"}), ("LISTINGS", {}), ("ROOT", "00"), ("ENDS", BUILT)],
)
def test_signatures_of_another_release_prove_nothing(name: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, name, value)
    with pytest.raises(ListInvalid):
        verify_signatures()


def test_they_count_for_18_months_and_say_so_60_days_before() -> None:
    assert (ENDS - BUILT).days == 548
    last = datetime(ENDS.year, ENDS.month, ENDS.day, 23, 59, tzinfo=UTC)
    assert [ended(last), ended(last + timedelta(minutes=1))] == [False, True]
    assert [ends_soon(last - timedelta(days=60)), ends_soon(last - timedelta(days=59))] == [False, True]


def test_the_shipped_lists_are_those_that_the_sources_give() -> None:
    tool = Path(__file__).resolve().parents[2] / "tools" / "release_lists.py"
    done = subprocess.run([sys.executable, str(tool), "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "as the sources say\n"), done.stderr


def test_verifying_imports_no_tuf_before_somebody_asks_for_signatures() -> None:
    code = "import sys; from slopguard.lists.shipped import bundles; bundles(); print('tuf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
