"""Internal names belong to one team: globs, overlaps decided exactly, and rows about somebody else's names."""

from __future__ import annotations

from fnmatch import fnmatchcase
from hashlib import sha256
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slopguard.errors import ListInvalid
from slopguard.lists.bundle import HEADER, Bundle
from slopguard.lists.namespaces import Namespaces, clashes, overlap, sound, spelled
from slopguard.model import Ecosystem

ALPHABET = "ab"
TEXTS = ["".join(marks) for length in range(9) for marks in product(ALPHABET, repeat=length)]
GLOBS = st.text(alphabet=[*ALPHABET, "*", "?"], max_size=4)
OWNERS = {
    "payments": {"pypi": ["acme-pay-*"], "npm": ["@acme-pay/*"]},
    "web": {"npm": ["@acme-web/*", "acme-ui-?"], "pypi": ["acme-site"]},
}


@given(GLOBS, GLOBS)
@example("a*", "*b")
@example("a?", "?b")
@example("*a*", "b*")
@example("a*b", "a?b")
@example("", "*")
@example("", "?")
@example("a**", "a")
def test_overlap_is_exact(one: str, other: str) -> None:
    """A literal or `?` of one asks for each character of the shortest common text: with four marks each, eight."""
    assert overlap(one, other) is any(fnmatchcase(text, one) and fnmatchcase(text, other) for text in TEXTS)
    assert overlap(one, other) is overlap(other, one)


@given(st.text(alphabet=["a", "b", "-", "*", "?"], min_size=1, max_size=8))
def test_a_glob_overlaps_itself(glob: str) -> None:
    assert overlap(glob, glob)


def test_a_long_pair_is_decided_at_once() -> None:
    assert overlap("a*" * 100 + "b", "a?" * 100 + "b")
    assert not overlap("a*" * 100 + "b", "a*" * 100 + "c")


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=9))
def test_a_name_belongs_to_a_glob_as_a_shell_says(glob: str, name: str) -> None:
    owner = Namespaces.of({"web": {"pypi": ["a" + glob]}}).owner(Ecosystem.PYPI, "a" + name)
    assert (owner == "web") is fnmatchcase("a" + name, "a" + glob)


def test_no_name_of_a_team_makes_the_others_wait() -> None:
    """Where each `*` could take anything again, this would outlive the machine."""
    spaces = Namespaces.of({"web": {"pypi": ["a*a*a*a*a*a*a*a*a*a*a*a*b"]}})
    assert spaces.owner(Ecosystem.PYPI, "a" * 200) is None


def test_overlaps_are_found_whatever_stands_between() -> None:
    mapping = {"web": {"pypi": ["acme-*", "acme-b", "b"]}, "pay": {"pypi": ["acme", "acme-a*", "c*"]}}
    assert list(clashes(mapping)) == [("pay", "acme-a*", "web", "acme-*")]


@pytest.mark.parametrize(
    ("ecosystem", "glob"),
    [("pypi", "acme-*"), ("pypi", "acme"), ("pypi", "a?c"), ("npm", "@acme/*"), ("npm", "acme-*"), ("npm", "@a*/b?")],
)
def test_globs_that_are_sound(ecosystem: str, glob: str) -> None:
    assert sound(Ecosystem(ecosystem), glob)


@pytest.mark.parametrize(
    ("ecosystem", "glob"),
    [
        ("pypi", "*"),
        ("pypi", "?cme"),
        ("pypi", ""),
        ("pypi", "acme[ab]"),
        ("pypi", "Acme-*"),
        ("pypi", "acme_*"),
        ("pypi", "acme\n*"),
        ("pypi", "a" * 215),
        ("npm", "@*/x"),
        ("npm", "@acme"),
        ("npm", "@/x"),
        ("npm", "acme/x"),
        ("npm", "acme/../x*"),
    ],
)
def test_globs_that_are_not(ecosystem: str, glob: str) -> None:
    assert not sound(Ecosystem(ecosystem), glob)


def test_globs_of_pypi_are_spelled_as_names_are() -> None:
    assert spelled(Ecosystem.PYPI, "Acme_Pay.*") == "acme-pay-*"
    assert spelled(Ecosystem.NPM, "@Acme/*") == "@Acme/*"


@pytest.mark.parametrize(
    ("ecosystem", "name", "owner"),
    [
        ("pypi", "acme-pay-core", "payments"),
        ("pypi", "acme-pay", None),
        ("npm", "acme-pay-core", None),
        ("npm", "@acme-web/ui", "web"),
        ("npm", "acme-ui-x", "web"),
        ("npm", "acme-ui-xy", None),
        ("pypi", "acme-site", "web"),
        ("pypi", "flask", None),
    ],
)
def test_an_internal_name_has_one_owner_and_a_public_one_none(ecosystem: str, name: str, owner: str | None) -> None:
    assert Namespaces.of(OWNERS).owner(Ecosystem(ecosystem), name) == owner


@pytest.mark.parametrize(
    ("owner", "rows", "outsider"),
    [
        ("payments", ["pypi\tacme-pay-core\tallow", "pypi\tflask\tallow"], None),
        ("web", ["pypi\tacme-pay-core\tallow", "pypi\tflask\tallow"], "pypi:acme-pay-core"),
        ("common", ["npm\t@acme-web/ui\tdeny\trule=denied"], "npm:@acme-web/ui"),
        ("watch", ["pypi\tacme-site\twatch\torigin=imported\tsource=s"], "pypi:acme-site"),
        ("common", ["pypi\tacme-sites\tallow", "npm\tacme-ui-xy\tallow", "npm\tacme-pay-x\tallow"], None),
        ("common", ["pypi\tacme-pay\tallow", "pypi\tacme-paz-x\tallow"], None),
        ("common", [], None),
    ],
)
def test_rows_about_names_of_somebody_else_are_found(owner: str, rows: list[str], outsider: str | None) -> None:
    assert Namespaces.of(OWNERS).outsiders(Bundle.of("list", rows), owner) == outsider


def test_rows_out_of_order_hide_nothing() -> None:
    """A search by bisection for `acme-pay-` would end before the row; one for the whole name may find it."""
    rows = ["pypi\tzzz\tallow", "pypi\tacme-pay-core\tallow", "pypi\taaa\tallow"]
    data = HEADER + "".join(f"{row}\n" for row in rows).encode()
    shuffled = Bundle("list", data, sha256(data).hexdigest())
    assert list(shuffled.lines("pypi\tacme-pay-")) == []
    assert Namespaces.of(OWNERS).outsiders(shuffled, "web") == "pypi:acme-pay-core"


@given(st.lists(st.text(alphabet=ALPHABET, min_size=1, max_size=4), max_size=20), st.lists(GLOBS, max_size=6))
def test_the_search_finds_what_the_globs_say(names: list[str], globs: list[str]) -> None:
    owned = {"one": {"pypi": [glob for glob in globs if sound(Ecosystem.PYPI, glob)]}}
    bundle = Bundle.of("list", [f"{eco}\t{name}\tallow" for name in names for eco in ("pypi", "npm")])
    found = Namespaces.of(owned).outsiders(bundle, "two")
    expected = any(fnmatchcase(name, glob) for name in names for glob in owned["one"]["pypi"])
    assert (found is not None) is expected
    assert Namespaces.of(owned).outsiders(bundle, "one") is None


def test_overlaps_of_two_owners_are_refused_and_named() -> None:
    mapping = {"one": {"npm": ["@a/x*"]}, "two": {"npm": ["@a/?y"], "pypi": ["x*"]}, "three": {"pypi": ["y*"]}}
    assert list(clashes(mapping)) == [("one", "@a/x*", "two", "@a/?y")]
    with pytest.raises(ListInvalid, match="'one' and 'two' overlap"):
        Namespaces.of(mapping)


def test_one_owner_may_have_overlapping_globs() -> None:
    assert Namespaces.of({"one": {"pypi": ["a*", "ab*"]}}).owner(Ecosystem.PYPI, "abc") == "one"


@pytest.mark.parametrize(
    "mapping",
    [
        {"one": {"pypi": ["*"]}},
        {"one": {"cargo": ["a*"]}},
        {"one": {"pypi": [1]}},
        {"one": {"pypi": 7}},
        {"one": ["a*"]},
        ["one"],
        {"one": {"pypi": ["Acme*"]}},
    ],
)
def test_a_table_that_cannot_be_read_refuses_the_list(mapping: object) -> None:
    with pytest.raises(ListInvalid):
        Namespaces.of(mapping)  # type: ignore[arg-type]
