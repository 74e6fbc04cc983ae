"""A command line that is read without click means what click would make of it."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.cli.answering import Asked
from slopguard.cli.ask import ask
from slopguard.cli.plain import plain
from tests.cli.program import Program

OPTIONS = ["-e", "--ecosystem", "--format", "--from-file", "--offline", "--fail-on", "--config", "--help", "-h"]
VALUES = ["pypi", "npm", "text", "json", "warn", "names.txt", "cargo"]
ODD = ["-", "--", "", "-epypi", "--format=json", "--off", "--nonsense", "-x", "pypi:flask==3", "@scope/name", "\u202e"]
WORDS = st.sampled_from([*OPTIONS, *VALUES, *ODD]) | st.text(max_size=4)


def read_by_click(args: list[str]) -> Asked:
    found = ask.make_context("ask", list(args)).params
    return Asked(
        found["names"],
        found["ecosystem"],
        found["file"],
        found["offline"],
        found["fail_on"],
        found["config"],
        found["form"],
    )


@given(st.lists(WORDS, max_size=6))
def test_what_is_read_without_click_is_what_click_reads(args: list[str]) -> None:
    asked = plain(args, None)
    if asked is not None:
        assert asked == read_by_click(args)


@pytest.mark.parametrize(
    ("args", "asked"),
    [
        (["flask"], Asked(("flask",))),
        (["--offline", "pypi:flask", "npm:react"], Asked(("pypi:flask", "npm:react"), offline=True)),
        (["-e", "npm", "react", "--format", "json"], Asked(("react",), ecosystem="npm", form="json")),
        (["--from-file", "a.txt", "-e", "pypi", "--offline"], Asked((), "pypi", "a.txt", offline=True)),
        ([], Asked()),
    ],
)
def test_the_usual_lines_are_read_without_click(args: list[str], asked: Asked) -> None:
    assert plain(args, None) == asked


def test_the_settings_file_named_before_the_command_is_kept() -> None:
    assert plain(["flask"], Path("extra.toml")) == Asked(("flask",), config=Path("extra.toml"))


@pytest.mark.parametrize(
    "args",
    [["--help"], ["-e"], ["-e", "cargo", "x"], ["--form", "json", "x"], ["--fail-on", "warn", "x"], ["--", "x"], ["-"]],
)
def test_everything_else_is_left_to_click(args: list[str]) -> None:
    assert plain(args, None) is None


def test_the_help_is_clicks() -> None:
    with pytest.raises(click.exceptions.Exit):
        ask.make_context("ask", ["--help"])
    assert plain(["flask", "--help"], None) is None


@pytest.mark.parametrize("name", ["pypi:flask", "pypi:reqeusts", "pypi:os", "pypi:flask>=2", "npm:a b"])
def test_both_ways_give_the_same_answer(slopguard: Program, name: str) -> None:
    def said(*argv: str) -> tuple[int, str, str]:
        done = slopguard("ask", "--offline", *argv)
        return done.rc, re.sub(r"d-[0-9a-f]{12}", "d-", done.out), done.err

    assert said(name) == said("--fail-on", "quarantine", name)
