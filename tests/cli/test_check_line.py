"""A command line of `check` that is read without click means what click would make of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.cli.check import FORMATS, check
from slopguard.cli.check_line import FORMATS as READ
from slopguard.cli.check_line import Line, plain
from slopguard.cli.checking import Wanted

OPTIONS = ["--format", "--fail-on", "--diff", "-o", "--output", "--offline", "--new-only", "--all", "--installed"]
OPTIONS += ["--exclude", "--config", "--help", "-h", "--off", "--diff=x", "-ox", "--", "-", "", "-x"]
WORDS = st.sampled_from([*OPTIONS, "text", "json", "warn", "HEAD~1", "a/b.txt", "."]) | st.text(max_size=4)


def read_by_click(args: list[str]) -> Line:
    found = check.make_context("check", list(args)).params
    wanted = Wanted(
        found["paths"] or (Path(),), found["offline"], found["diff"], found["new_only"], found["everything"],
        found["exclude"], found["installed"], found["config"],
    )  # fmt: skip
    return Line(wanted, found["form"], found["output"], found["fail_on"])


@given(st.lists(WORDS, max_size=6))
def test_what_is_read_without_click_is_what_click_reads(args: list[str]) -> None:
    line = plain(args, None)
    if line is not None:
        assert line == read_by_click(args)


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ([], Line(Wanted())),
        (["--offline"], Line(Wanted(offline=True))),
        (["a", "b", "--diff", "main"], Line(Wanted((Path("a"), Path("b")), diff="main"))),
        (["--format", "sarif", "-o", "x"], Line(Wanted(), "sarif", Path("x"))),
        (["--new-only", "--fail-on", "warn"], Line(Wanted(new_only=True), fail_on="warn")),
    ],
)
def test_the_usual_lines_are_read_without_click(args: list[str], line: Line) -> None:
    assert plain(args, None) == line


def test_both_ways_know_the_same_formats() -> None:
    assert FORMATS == READ
