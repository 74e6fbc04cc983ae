"""A list counts only while every bit of it is the one that was promised."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import ListInvalid
from slopguard.lists import Bundle, Lists
from slopguard.lists.bundle import HEADER
from slopguard.lists.digests import DIGESTS
from slopguard.lists.shipped import PLACES, bundles
from slopguard.model import Ecosystem

LINES = (
    "npm\t@a/b\tallow\trank=2",
    "npm\tlodash\tallow\trank=1",
    "pypi\tflask\tallow",
    "pypi\tflask\tdeny\trule=denied",
)
GENUINE = Bundle.of("baseline", LINES)
NAMES = st.text("abc-@/", min_size=1, max_size=6)


@given(st.integers(0, len(GENUINE.data) * 8 - 1))
def test_one_flipped_bit_makes_the_list_invalid(bit: int) -> None:
    data = bytearray(GENUINE.data)
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ListInvalid):
        Bundle("baseline", bytes(data), GENUINE.digest)


@pytest.mark.parametrize("data", [b"", b"npm\tx\tallow\n", HEADER.replace(b"/1", b"/2"), HEADER + b"npm\tx\tallow"])
def test_bytes_of_another_format_are_invalid_even_with_their_own_digest(data: bytes) -> None:
    with pytest.raises(ListInvalid, match="format"):
        Bundle("baseline", data, sha256(data).hexdigest())


@given(st.sets(st.tuples(st.sampled_from(Ecosystem), NAMES), max_size=30), st.tuples(st.sampled_from(Ecosystem), NAMES))
def test_bisection_finds_exactly_the_rows_of_a_name(
    known: set[tuple[Ecosystem, str]], asked: tuple[Ecosystem, str]
) -> None:
    bundle = Bundle.of("any", [f"{ecosystem}\t{name}\tallow" for ecosystem, name in known])
    assert bool(bundle.rows(*asked)) is (asked in known)
    assert all(len(bundle.rows(*each)) == 1 for each in known)


def test_every_row_of_a_name_is_found_and_no_row_of_a_longer_one() -> None:
    bundle = Bundle.of("any", [*LINES, "pypi\tflask-login\tallow"])
    assert [row.kind for row in bundle.rows(Ecosystem.PYPI, "flask")] == ["allow", "deny"]
    assert bundle.rows(Ecosystem.PYPI, "flas") == []


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_a_shipped_list_that_was_changed_is_invalid(name: str, tmp_path: Path) -> None:
    for bundle in bundles():
        (tmp_path / f"{bundle.name}.tsv").write_bytes(bundle.data.replace(b"e", b"f", bundle.name == name))
    with pytest.raises(ListInvalid, match=name):
        bundles((tmp_path,))


def test_a_shipped_list_that_is_missing_is_invalid(tmp_path: Path) -> None:
    with pytest.raises(ListInvalid, match="cannot be read"):
        bundles((tmp_path,))


def test_the_wheels_copy_goes_before_a_checkout_beside_it() -> None:
    assert [place.name for place in PLACES] == ["_shipped", "shipped"]


def test_lists_say_which_bytes_they_are_for_the_ledger() -> None:
    versions = Lists.shipped().versions
    assert {name: digest[:16] for name, digest in DIGESTS.items()} == versions


@given(st.sets(NAMES, min_size=1, max_size=60), st.integers(1, 80), NAMES)
def test_a_row_is_found_wherever_the_marks_among_the_lines_fall(held: set[str], window: int, other: str) -> None:
    bundle = Bundle.of("a", [f"npm\t{name}\t{kind}" for name in held for kind in ("allow", "stdlib")])
    bundle._marks = bundle._every(window)
    for name in (*sorted(held), other):
        assert [row.name for row in bundle.rows(Ecosystem.NPM, name)] == [name, name] * (name in held)
        assert bundle.rows(Ecosystem.PYPI, name) == []
