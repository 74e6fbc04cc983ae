"""Names are accepted as the registries accept them, or rejected; nothing is repaired."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import InvalidName, canonicalize_name

from slopguard.errors import InputError
from slopguard.model import Ecosystem, NormalizedName
from slopguard.names import BadName, drawn_like, matches, normalize, npm_scope, problem_of, shown

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
NAMELIKE = st.text(alphabet="abzABZ059-_.", max_size=12)
ANY = st.text(max_size=40)

ACCEPTED = {
    (PYPI, "Flask"): "flask",
    (PYPI, "zope.interface"): "zope-interface",
    (PYPI, "ruamel__yaml"): "ruamel-yaml",
    (PYPI, "A.-_-.b"): "a-b",
    (PYPI, "7"): "7",
    (NPM, "left-pad"): "left-pad",
    (NPM, "@babel/core"): "@babel/core",
    (NPM, "JSONStream"): "JSONStream",
    (NPM, "lodash.merge"): "lodash.merge",
    (NPM, "ng_table"): "ng_table",
    (NPM, "crazy!name~(really)*'"): "crazy!name~(really)*'",
    (NPM, "@scope/_private"): "@scope/_private",
    (NPM, "0"): "0",
}

REJECTED = {
    (PYPI, ""): "ill-formed",
    (PYPI, "-flask"): "ill-formed",
    (PYPI, "flask_"): "ill-formed",
    (PYPI, "flask "): "ill-formed",
    (PYPI, "flask login"): "ill-formed",
    (PYPI, "@scope/name"): "ill-formed",
    (PYPI, "flask[async]"): "ill-formed",
    (PYPI, "../flask"): "ill-formed",
    (PYPI, "a" * 256): "too-long",
    (PYPI, "flask\n"): "invisible",
    (PYPI, "flask\x00"): "invisible",
    (PYPI, "fl\u200bask"): "invisible",
    (PYPI, "flask\u202e"): "invisible",
    (PYPI, "fl\u00adask"): "invisible",
    (PYPI, "flask\U000e0061"): "invisible",
    (PYPI, "flask\ufe0f"): "invisible",
    (PYPI, "fl\u3164ask"): "invisible",
    (PYPI, "fl\u00a0ask"): "invisible",
    (PYPI, "r\u0435quests"): "confusable",
    (PYPI, "reque\u0455ts"): "confusable",
    (PYPI, "\uff46\uff4c\uff41\uff53\uff4b"): "confusable",
    (PYPI, "r\u00e9quests"): "confusable",
    (PYPI, "flask\u2010login"): "confusable",
    (PYPI, "\u8acb\u6c42"): "non-ascii",
    (PYPI, "flask\U0001f600"): "non-ascii",
    (NPM, ""): "ill-formed",
    (NPM, ".hidden"): "ill-formed",
    (NPM, "_private"): "ill-formed",
    (NPM, "-flag"): "ill-formed",
    (NPM, "a/b"): "ill-formed",
    (NPM, "@scope"): "ill-formed",
    (NPM, "@/name"): "ill-formed",
    (NPM, "@scope/"): "ill-formed",
    (NPM, "@scope/../up"): "ill-formed",
    (NPM, "@scope/.."): "ill-formed",
    (NPM, "@../name"): "ill-formed",
    (NPM, "a b"): "ill-formed",
    (NPM, "a%2fb"): "ill-formed",
    (NPM, "name@1.0"): "ill-formed",
    (NPM, "node_modules"): "ill-formed",
    (NPM, "Favicon.ico"): "ill-formed",
    (NPM, "a" * 215): "too-long",
    (NPM, "lod\u0430sh"): "confusable",
}


@pytest.mark.parametrize(("given_", "normal"), ACCEPTED.items(), ids=str)
def test_accepted_in_one_spelling(given_: tuple[Ecosystem, str], normal: str) -> None:
    assert normalize(*given_) == normal
    assert problem_of(*given_) is None


@pytest.mark.parametrize(("given_", "problem"), REJECTED.items(), ids=ascii)
def test_rejected_with_its_reason(given_: tuple[Ecosystem, str], problem: str) -> None:
    assert problem_of(*given_) == problem
    with pytest.raises(BadName) as error:
        normalize(*given_)
    assert error.value.problem == problem
    assert isinstance(error.value, InputError)
    assert str(error.value).isascii()


@given(NAMELIKE)
def test_pypi_accepts_what_packaging_accepts_and_normalises_alike(raw: str) -> None:
    try:
        expected = canonicalize_name(raw, validate=True)
    except InvalidName:
        assert problem_of(PYPI, raw) == "ill-formed"
    else:
        assert normalize(PYPI, raw) == expected
        assert Requirement(raw).name == raw


@given(st.sampled_from(Ecosystem), NAMELIKE | ANY)
def test_a_normal_form_is_plain_ascii_and_normalises_to_itself(ecosystem: Ecosystem, raw: str) -> None:
    if problem_of(ecosystem, raw) is None:
        name = normalize(ecosystem, raw)
        assert re.fullmatch(r"[!-~]+", name)
        assert normalize(ecosystem, name) == name


@given(st.sampled_from(Ecosystem), ANY.filter(lambda text: not text.isascii()))
def test_nothing_outside_ascii_is_a_name(ecosystem: Ecosystem, raw: str) -> None:
    assert problem_of(ecosystem, raw) in {"invisible", "confusable", "non-ascii"}


def test_npm_names_that_differ_in_case_are_two_names() -> None:
    assert normalize(NPM, "jsonstream") != normalize(NPM, "JSONStream")


@given(ANY | st.text(alphabet="ab'\\\u200b\U000e0041", max_size=100), st.integers(4, 80))
def test_shown_is_one_printable_ascii_word_within_its_limit(raw: str, limit: int) -> None:
    text = shown(raw, limit)
    assert len(text) <= limit
    assert re.fullmatch(r"[!-~]*", text)
    assert "'" not in text


def test_shown_escapes_what_would_deceive_and_cuts_between_escapes() -> None:
    assert shown("r\u0435quests") == "r\\u0435quests"
    assert shown("it's a \\ \U000e0041") == "it\\x27s\\x20a\\x20\\x5c\\x20\\U000e0041"
    assert shown("a" * 65) == "a" * 61 + "..."
    assert shown("aa\u0435\u0435", 12) == "aa\\u0435..."
    assert shown("a" * 64) == "a" * 64


def test_drawn_like_is_what_a_reader_would_take_it_for() -> None:
    assert drawn_like("r\u0435qu\u0435sts") == "requests"
    assert drawn_like("num\u200bpy\ufe0f") == "numpy"
    assert drawn_like("r\u00e9quests") == "requests"


def test_scopes() -> None:
    assert npm_scope(NormalizedName("@acme/ui")) == "@acme"
    assert npm_scope(NormalizedName("acme")) is None


def test_globs_match_whole_names() -> None:
    assert matches(["acme-*"], NormalizedName("acme-core"))
    assert matches(["other", "@acme/*"], NormalizedName("@acme/ui"))
    assert not matches(["acme-*"], NormalizedName("my-acme-core"))
    assert not matches([], NormalizedName("acme"))
    assert not matches(["Acme*"], NormalizedName("acme"))


def test_pypi_globs_are_spelled_in_any_way_pep_503_allows() -> None:
    assert matches(["Acme_*"], NormalizedName("acme-core"), PYPI)
    assert not matches(["Acme_*"], NormalizedName("acme-core"), NPM)
