"""A pattern that is compiled late behaves as one that was compiled at once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.patterns import regex

TEXTS = st.text("aAbB12-_. \n", max_size=20)


@given(TEXTS, st.sampled_from([r"[ab]+", r"(\d+)-(\w)?", r"^a", r"(?P<name>b)|c"]), st.sampled_from([0, re.I, re.M]))
def test_it_finds_the_same(text: str, written: str, flags: int) -> None:
    late, once = regex(written, flags), re.compile(written, flags)
    assert late.sub("x", text) == once.sub("x", text)
    assert late.findall(text) == once.findall(text)
    assert [m.span() for m in late.finditer(text)] == [m.span() for m in once.finditer(text)]
    for name in ("match", "fullmatch", "search"):
        found, expected = getattr(late, name)(text), getattr(once, name)(text)
        assert (found and found.groups()) == (expected and expected.groups())
    assert (late.pattern, late.flags) == (once.pattern, once.flags)


def test_it_is_not_compiled_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    real = re.compile
    monkeypatch.setattr(re, "compile", lambda text, flags=0: compiled.append(text) or real(text, flags))
    late = regex("a+")
    assert compiled == []
    assert late.fullmatch("aa")
    assert late.fullmatch("aa")
    assert compiled == ["a+"]


def test_a_wrong_pattern_is_an_error_when_it_is_used() -> None:
    with pytest.raises(re.error):
        regex("(").match("")
