"""Version ranges of rows: PEP 440 for PyPI, Semantic Versioning comparators for npm."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import ListInvalid
from slopguard.lists.ranges import in_range
from slopguard.model import Ecosystem
from slopguard.versions import Semver, same_version

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
PRECEDENCE = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.10.0"
NUMBERS = st.tuples(*[st.integers(0, 30)] * 3).map(lambda parts: ".".join(map(str, parts)))


def test_precedence_is_that_of_semantic_versioning_item_11() -> None:
    versions = [Semver.parse(text) for text in PRECEDENCE.split()]
    assert all(low is not None and high is not None and low < high for low, high in pairwise(versions))


@pytest.mark.parametrize(
    ("version", "text", "inside"),
    [
        ("1.2.3", ">=1.2.0 <2.0.0", True),
        ("2.0.0", ">=1.2.0 <2.0.0", False),
        ("1.2.3", "1.2.3", True),
        ("v1.2.3", "=1.2.3", True),
        ("1.2.3+build", "=1.2.3", True),
        ("1.2.4", ">1.2.3", True),
        ("1.2.3", "<=1.2.3", True),
        ("1.3.0-rc.1", ">=1.2.0", False),
        ("1.3.0-rc.2", ">=1.3.0-rc.1", True),
        ("1.2", ">=1.0.0", False),
        ("1.2.3", "", False),
    ],
)
def test_npm_comparators(version: str, text: str, inside: bool) -> None:
    assert in_range(NPM, version, text) is inside


@pytest.mark.parametrize(
    ("version", "text", "inside"),
    [("1.5", ">=1,<2", True), ("2.0", ">=1,<2", False), ("1.5rc1", ">=1,<2", True), ("what", ">=1", False)],
)
def test_pypi_specifiers(version: str, text: str, inside: bool) -> None:
    assert in_range(PYPI, version, text) is inside


@pytest.mark.parametrize(("ecosystem", "text"), [(NPM, "^1.2.3"), (NPM, ">=1.x"), (PYPI, "~~1"), (NPM, ">")])
def test_a_range_that_cannot_be_read_makes_the_list_invalid(ecosystem: Ecosystem, text: str) -> None:
    with pytest.raises(ListInvalid):
        in_range(ecosystem, "1.2.3", text)


@given(NUMBERS, NUMBERS)
def test_two_npm_versions_are_the_same_only_when_neither_is_greater(one: str, other: str) -> None:
    left, right = Semver.parse(one), Semver.parse(other)
    assert left is not None
    assert right is not None
    assert same_version(NPM, one, other) is (not left < right and not right < left)
    assert (hash(left) == hash(right)) or left != right


def test_text_that_is_no_version_equals_only_itself() -> None:
    assert same_version(NPM, "latest", "latest")
    assert not same_version(NPM, "latest", "newest")
    assert not same_version(PYPI, "1.0", "what")


@pytest.mark.parametrize("strict", [True, False])
def test_more_digits_than_python_reads_are_no_range(strict: bool) -> None:
    for ecosystem, text in ((PYPI, f">={'9' * 5000}"), (NPM, f">={'9' * 5000}.0.0")):
        with pytest.raises(ListInvalid, match="cannot be read"):
            in_range(ecosystem, "1.0.0", text, strict=strict)
