"""What one word of `ask` asks about: a name, a name in one version, or nothing that could be answered."""

from __future__ import annotations

import pytest

from slopguard.check.targets import requests_for
from slopguard.errors import UsageError
from slopguard.model import Actor, Ecosystem

BOTH = tuple(Ecosystem)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("flask", "pypi flask None, npm flask None"),
        ("pypi:Flask==3.1", "pypi flask 3.1"),
        ("PyPI:flask===3.1", "pypi flask 3.1"),
        ("pypi:flask@3.1", "pypi flask 3.1"),
        ("pypi:torch==2.0+cpu", "pypi torch 2.0+cpu"),
        ("pypi:torch==1!2.0", "pypi torch 1!2.0"),
        ("npm:react@19.1.0", "npm react 19.1.0"),
        ("npm:react@v19.1.0", "npm react 19.1.0"),
        ("npm:@types/node@22.0.0-rc.1", "npm @types/node 22.0.0-rc.1"),
        ("@types/node", "npm @types/node None"),
    ],
)
def test_a_name_or_a_name_in_one_version(text: str, found: str) -> None:
    asked = requests_for(text, BOTH, Actor.HUMAN)
    assert ", ".join(f"{each.ecosystem} {each.name} {each.version}" for each in asked) == found


@pytest.mark.parametrize("spec", ["latest", "next", "^19", "~19.1", "19", "19.x", "*", ">=19 <20", "18 || 19"])
def test_of_a_tag_or_a_range_the_name_is_asked_about(spec: str) -> None:
    (asked,) = requests_for(f"npm:react@{spec}", BOTH, Actor.HUMAN)
    assert (asked.name, asked.version) == ("react", None)


def test_the_latest_version_is_none_in_particular() -> None:
    assert [asked.version for asked in requests_for("flask@latest", BOTH, Actor.HUMAN)] == [None, None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "pypi:",
        "pypi:flask>=3",
        "pypi:flask~=3.0",
        "pypi:flask!=3",
        "pypi:flask==3.*",
        "pypi:flask==3,<4",
        "pypi:flask==3; python_version>'3'",
        "pypi:flask[async]",
        "pypi:flask==",
        "npm:react@",
        "npm:react@npm:other@1.0.0",
        "npm:react@https://registry.example/other.tgz",
        "npm:react@someone/other",
        "npm:react@file:other",
    ],
)
def test_what_is_more_than_a_name_and_a_version_is_an_error(text: str) -> None:
    with pytest.raises(UsageError, match="is not NAME or NAME==VERSION"):
        list(requests_for(text, BOTH, Actor.HUMAN))


@pytest.mark.parametrize("text", ["cargo:serde", "gem:rails", "node:fs", "crates:x"])
def test_another_ecosystem_is_an_error_and_not_a_bad_name(text: str) -> None:
    with pytest.raises(UsageError, match="is not an ecosystem"):
        list(requests_for(text, BOTH, Actor.HUMAN))


@pytest.mark.parametrize("text", ["https://registry.example/x", "C:\\x", "@a:b"])
def test_a_place_is_no_ecosystem_but_a_bad_name(text: str) -> None:
    assert {asked.name for asked in requests_for(text, BOTH, Actor.HUMAN)} == {None}
