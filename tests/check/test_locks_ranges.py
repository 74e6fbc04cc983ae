"""What a manifest's range certainly leaves out; whatever cannot be read leaves nothing out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from slopguard.check.ranges import excluded
from slopguard.model import Ecosystem

NPM = [
    ("^1.2.3", "1.2.3 1.9.0 2.0.0-rc.1", "1.2.2 2.0.0"),
    ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"),
    ("^0.0.3", "0.0.3", "0.0.4"),
    ("^0.0", "0.0.9", "0.1.0"),
    ("^1.0.0-rc.1", "1.0.0-rc.2 1.0.0", "1.0.0-beta"),
    ("~1.2", "1.2.0 1.2.9", "1.3.0"),
    ("~> 1", "1.9.0", "2.0.0"),
    ("1.x", "1.0.0", "2.0.0"),
    ("1.2.*", "1.2.7", "1.3.0"),
    ("1", "1.2.7", "2.0.0"),
    ("=1.2.3", "1.2.3", "1.2.4"),
    ("v1.2.3", "1.2.3 1.2.3+build", "1.2.4"),
    ("1.2.3 - 2", "1.2.3 2.9.9", "3.0.0 1.2.2"),
    (">=1 <3 || 5", "2.0.0 5.1.0", "3.0.0 4.0.0"),
    (">1", "2.0.0", "1.5.0"),
    (">1.2.3", "1.2.4", "1.2.3"),
    ("<= 2", "2.9.9", "3.0.0"),
    ("<=2.0.0", "2.0.0", "2.0.1"),
    ("<2", "1.9.0", "2.0.0"),
    ("*", "0.0.1 9.0.0-a", ""),
    ("", "1.0.0", ""),
    (">=x", "1.0.0", ""),
]
PYPI = [
    (">=1,<2", "1.0 1.5 1.5+cpu 1.9rc1", "2.0 0.9"),
    ("~=1.4", "1.4 1.9", "1.3 2.0"),
    ("==1.*", "1.9", "2.0"),
    ("===1.0", "1.0", "1.1"),
    ("!=1.5", "1.4", "1.5"),
    ("^1.2", "1.2 1.9 2.0rc1", "1.1 2.0"),
    ("^0.3", "0.3.9", "0.4 0.2"),
    ("^0.0", "0.0.5", "0.1"),
    ("~1.2", "1.2.5", "1.3 1.1"),
    ("~1", "1.9", "2.0"),
    ("1.2", "1.2 1.2.0", "1.2.1"),
    ("=1.2", "1.2", "1.3"),
    ("1.*", "1.4", "2.0"),
    (">= 1.0 <2 || ^5", "1.5 5.1", "3.0"),
    ("*", "1.0", ""),
]


@pytest.mark.parametrize(("specifier", "inside", "outside"), NPM)
def test_npms_ranges(specifier, inside, outside):
    assert not [version for version in inside.split() if excluded(Ecosystem.NPM, specifier, version)]
    assert not [version for version in outside.split() if not excluded(Ecosystem.NPM, specifier, version)]


@pytest.mark.parametrize(("specifier", "inside", "outside"), PYPI)
def test_pypis_specifiers_and_poetrys(specifier, inside, outside):
    assert not [version for version in inside.split() if excluded(Ecosystem.PYPI, specifier, version)]
    assert not [version for version in outside.split() if not excluded(Ecosystem.PYPI, specifier, version)]


@pytest.mark.parametrize("ecosystem", list(Ecosystem))
@pytest.mark.parametrize(
    "specifier", ["latest", "catalog:", "workspace:^", ">>1", "^", "1.2.3.4.x", "^1 || what", "@", ">x"]
)
def test_what_cannot_be_read_leaves_nothing_out(ecosystem, specifier):
    assert not excluded(ecosystem, specifier, "99.0.0")


@pytest.mark.parametrize("ecosystem", list(Ecosystem))
def test_nor_is_a_version_left_out_that_cannot_be_read(ecosystem):
    assert not excluded(ecosystem, ">=2", "one")
    assert not excluded(ecosystem, ">=2", "1" * 300)
    assert not excluded(ecosystem, ">=2" + " " * 300, "1.0.0")


NUMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
ONE = st.builds(
    lambda operator, version: operator + version, st.sampled_from(["==", ">=", "<=", ">", "<", "!="]), NUMBERS
)


@given(st.lists(ONE, min_size=1, max_size=3).map(",".join), NUMBERS)
def test_specifiers_of_pep_440_are_read_as_packaging_reads_them(specifier, version):
    assert excluded(Ecosystem.PYPI, specifier, version) != SpecifierSet(specifier).contains(version)


WHOLE = st.tuples(*[st.integers(0, 3)] * 3)


@given(WHOLE, WHOLE, st.sampled_from(["^", "~"]))
def test_a_range_holds_its_own_version_and_none_below(low, asked, operator):
    text = operator + ".".join(map(str, low))
    assert not excluded(Ecosystem.NPM, text, ".".join(map(str, low)))
    below = asked < low
    assert not below or excluded(Ecosystem.NPM, text, ".".join(map(str, asked)))
    same = asked[: 2 if operator == "~" else next((at for at, n in enumerate(low) if n), 2) + 1]
    inside = asked >= low and same == low[: len(same)]
    assert inside != excluded(Ecosystem.NPM, text, ".".join(map(str, asked)))


@given(st.sampled_from(list(Ecosystem)), st.text(max_size=40), st.text(max_size=20))
def test_any_text_is_answered(ecosystem, specifier, version):
    assert excluded(ecosystem, specifier, version) in (True, False)
