"""What holds for every format: the same check gives the same bytes, whatever things are called."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard.check.found import Finding
from slopguard.check.model import Checked
from slopguard.model import Location
from slopguard.reports import check_formats
from slopguard.reports.check_formats import FORMATS, render
from slopguard.reports.problems import View, placed, problems, rooted
from tests.reports.checks import CLEAN, MIXED, at, finding, hostile, judged

FORMATS_OF_ALL = pytest.mark.parametrize("form", FORMATS)
CHECKS = {"nothing": Checked(), "clean": CLEAN, "mixed": MIXED, "hostile": hostile()}


@FORMATS_OF_ALL
@pytest.mark.parametrize("name", CHECKS)
def test_the_same_check_gives_the_same_bytes(form: str, name: str) -> None:
    first, second = (render(form, CHECKS[name]) for _ in range(2))
    assert first == second
    assert first.encode()  # can be written to a file as it stands
    assert not first.endswith("\n")


@FORMATS_OF_ALL
def test_no_raw_control_or_bidirectional_character_is_left(form: str) -> None:
    text = render(form, hostile()).replace("\n", "")
    assert text.isprintable()


def test_formats_are_imported_when_they_are_wanted() -> None:
    tree = ast.parse(Path(check_formats.__file__).read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not modules & {f"slopguard.reports.{name}" for name in FORMATS.values()}


def test_the_worst_comes_first_and_the_new_before_the_old() -> None:
    checked = Checked(
        (judged("unverified", "old"), judged("unverified", "fresh", new=True), judged("archived", "warned", new=True)),
        (finding("unreadable", "x.json"), finding("undecidable", "x.sh:2")),
    )
    assert [one.title for one in problems(checked)] == ["x.json", "pypi:fresh", "pypi:old", "pypi:warned", "x.sh:2"]


def test_a_fingerprint_outlives_a_moved_line_and_is_never_shared() -> None:
    def prints(*lines: int) -> list[str]:
        places = [f"requirements.txt:{line}" for line in lines]
        checked = Checked((judged("unverified", "a", *places), judged("unverified", "b", *places)))
        return [each.fingerprint for each in placed(problems(checked))]

    assert prints(3, 9) == prints(4, 20)
    assert len(set(prints(3, 9))) == 4


def test_findings_in_one_file_have_fingerprints_of_their_own() -> None:
    several = Checked(findings=tuple(finding("undecidable", f"a.sh:{line}") for line in (1, 2, 3)))
    assert len({each.fingerprint for each in placed(problems(several))}) == 3


@pytest.mark.parametrize(
    ("path", "prefix", "seen"),
    [
        ("a/b.txt", "", "a/b.txt"),
        ("./a/b.txt", "", "a/b.txt"),
        ("b.txt", "apps/web", "apps/web/b.txt"),
        ("../b.txt", "apps/web/", "apps/b.txt"),
        ("/srv/b.txt", "apps", "/srv/b.txt"),
        ("../b.txt", "", "../b.txt"),
    ],
)
def test_paths_are_told_from_the_root_of_the_repository(path: str, prefix: str, seen: str) -> None:
    assert rooted(path, prefix) == seen


def test_a_package_that_stands_in_no_file_has_a_place_all_the_same() -> None:
    (each,) = placed(problems(Checked((judged("not-found", "ghost"),))))
    assert (each.path, each.line) == (".", None)


@pytest.mark.parametrize("form", ["sarif", "github", "gitlab", "markdown"])
def test_a_folder_of_a_monorepo_is_told_from_its_root(form: str) -> None:
    checked = Checked((judged("not-found", "ghost", "requirements.txt:3"),))
    assert "apps/web/requirements.txt" in render(form, checked, View(prefix="apps/web"))


def test_a_location_is_read_as_it_is_written() -> None:
    assert (at("a:3").line, at("a").line) == (3, None)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.text(), st.text(), st.integers(1)), max_size=4))
def test_no_text_whatsoever_stops_a_report(rows: list[tuple[str, str, int]]) -> None:
    packages = tuple(judged("bad-name", name) for name, _, _ in rows)
    findings = tuple(Finding("malformed", (Location(path, line),), name) for name, path, line in rows)
    for form in FORMATS:
        assert render(form, Checked(packages, findings)).replace("\n", "").isprintable()
