"""The order of Semantic Versioning 2.0.0, by the specification's own examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.registries.npm.semver import Key, parse

ASCENDING = [
    "0.9.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.9.0",
    "1.10.0",
    "1.11.0",
    "2.0.0-0",
    "2.0.0",
]
INVALID = [
    "",
    "1",
    "1.2",
    "1.2.3.4",
    "01.2.3",
    "1.2.3-01",
    "1.2.3-",
    "1.2.3-a..b",
    "a.b.c",
    "1.2.3 ",
    "\u0660.1.2",
    "1." * 200,
]

parts = st.from_regex(r"[0-9A-Za-z-]{1,6}", fullmatch=True)
numbers = st.integers(0, 10**9)
texts = st.builds(
    lambda a, b, c, pre: f"{a}.{b}.{c}" + (f"-{'.'.join(pre)}" if pre else ""),
    numbers,
    numbers,
    numbers,
    st.lists(parts, max_size=3),
)


def key(text: str) -> Key:
    found = parse(text)
    assert found is not None
    return found.key


def test_the_specification_s_examples_ascend() -> None:
    assert sorted(set(ASCENDING), key=key) == ASCENDING


@pytest.mark.parametrize("text", INVALID)
def test_what_is_no_semantic_version_has_no_key(text: str) -> None:
    assert parse(text) is None


def test_build_metadata_and_a_leading_v_do_not_order() -> None:
    assert key("1.2.3+build.7") == key("v1.2.3") == key("1.2.3")


def test_the_channel_is_the_first_word_before_a_release() -> None:
    assert [getattr(parse(v), "channel", "?") for v in ("1.0.0", "1.0.0-beta.1", "1.0.0-0.next", "1.0.0-7")] == [
        None,
        "beta",
        "next",
        "",
    ]


@given(texts)
def test_a_release_comes_after_its_own_pre_releases(text: str) -> None:
    found = parse(text)
    if found is not None and found.pre:
        release = parse(".".join(map(str, found.numbers)))
        assert release is not None
        assert found.key < release.key
