"""A whole window of names is judged as each of its names would be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slopguard.model import Ecosystem
from slopguard.names import BadName, normalize
from slopguard.watchlist.grammar import canonical, normal

ECOSYSTEMS = st.sampled_from(list(Ecosystem))
NEARLY = st.text(st.sampled_from("ab0-_.@/A~!*' \n\r\u0430"), max_size=12)
NAMES = st.one_of(
    NEARLY,
    st.text(max_size=8),
    st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,3}){0,3}", fullmatch=True),
    st.from_regex(r"@[a-z-]{1,4}/[a-z0-9][a-z0-9.-]{0,4}", fullmatch=True),
    st.sampled_from(["node_modules", "favicon.ico", "a" * 214, "a" * 215, "a" * 255, "a" * 256, "Flask_Login", "a--b"]),
)


def one(ecosystem: Ecosystem, name: str) -> str | None:
    try:
        return normalize(ecosystem, name)
    except BadName:
        return None


@given(ECOSYSTEMS, st.lists(NAMES, max_size=150))
def test_many_names_are_what_each_of_them_is(ecosystem: Ecosystem, names: list[str]) -> None:
    assert normal(ecosystem, names) == [one(ecosystem, name) for name in names]
    assert canonical(ecosystem, names) == [one(ecosystem, name) == name for name in names]


@given(ECOSYSTEMS, NAMES, st.integers(0, 199))
def test_one_odd_name_among_plain_ones_is_found(ecosystem: Ecosystem, odd: str, at: int) -> None:
    names = [f"name-{n}" for n in range(200)]
    names[at] = odd
    assert normal(ecosystem, names)[at] == one(ecosystem, odd)
