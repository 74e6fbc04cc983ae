"""GitHub Actions: ten annotations at most, the report in the log, and no name that commands the runner."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from slopguard import messages
from slopguard.check.found import Finding
from slopguard.check.model import Checked
from slopguard.model import Location
from slopguard.reports import check_text
from slopguard.reports.github import ANNOTATIONS, report, summary
from slopguard.reports.problems import View, rooted
from tests.reports.checks import CLEAN, HOSTILE, MIXED, finding, hostile, judged

COMMAND = re.compile(r"::([\w-]+)(?: ([^:]*))?::(.*)")


def obeyed(log: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """The commands that a runner would obey: at the start of a line, spaces aside, or the old form anywhere."""
    stopped = ""
    for line in re.split(r"\r\n|\r|\n", log):
        found = COMMAND.match(line.lstrip())
        if stopped:
            stopped = "" if line.strip() == f"::{stopped}::" else stopped
        elif found and found[1] == "stop-commands":
            stopped = found[3]
        elif found:
            pairs = dict(pair.split("=", 1) for pair in (found[2] or "").split(",") if pair)
            yield found[1], {key: plain(value) for key, value in pairs.items()}, plain(found[3])
        else:
            assert "##[" not in line, line
    assert not stopped, "what comes after this would not be obeyed"


def plain(text: str) -> str:
    for sign, code in ((",", "%2C"), (":", "%3A"), ("\n", "%0A"), ("\r", "%0D"), ("%", "%25")):
        text = text.replace(code, sign)
    return text


def test_an_annotation_stands_at_its_line_with_the_whole_message() -> None:
    (level, where, told), *_ = obeyed(report(MIXED))
    assert level == "error"
    assert where == {"file": "services/login/requirements.txt", "line": "3", "title": "slopguard: not-found"}
    assert told == messages.line(MIXED.judged[0].verdict).removeprefix("slopguard: ")


def test_levels_are_those_of_the_verdicts() -> None:
    assert [level for level, *_ in obeyed(report(MIXED))] == ["error"] * 4 + ["warning"] * 2
    observed = Checked((judged("denied", "ghost", "a.txt:1", enforced=False),), enforced=False)
    assert [level for level, *_ in obeyed(report(observed))] == ["notice"]


def test_there_are_ten_annotations_at_most_and_the_summary_has_the_rest() -> None:
    many = Checked(tuple(judged("not-found", f"ghost-{number}", "a.txt:1") for number in range(30)), files=1)
    assert len(list(obeyed(report(many)))) == ANNOTATIONS == 10
    assert "25 packages" in report(many)
    assert all(f"`pypi:ghost-{number}`" in summary(many) for number in range(30))


def test_the_report_is_in_the_log_as_it_is_in_a_terminal() -> None:
    assert check_text.report(MIXED) in report(MIXED)
    assert list(obeyed(report(CLEAN))) == []


def test_what_has_no_line_or_no_file_is_annotated_all_the_same() -> None:
    checked = Checked((judged("not-found", "ghost"),), (finding("malformed", "a.json"),))
    assert [told.get("file", "-") + ":" + told.get("line", "-") for _, told, _ in obeyed(report(checked))] == [
        "-:-",
        "a.json:1",
    ]


def test_no_name_or_path_is_obeyed_by_the_runner() -> None:
    commands = list(obeyed(report(hostile())))
    assert len(commands) == ANNOTATIONS
    assert {level for level, *_ in commands} == {"error"}
    assert all(set(told) == {"file", "line", "title"} for _, told, _ in commands)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_path_ends_an_annotation(name: str) -> None:
    checked = Checked(findings=(Finding("malformed", (Location(name, 2),), name),))
    log = report(checked)
    ((_, told, text),) = obeyed(log)
    assert set(told) == {"file", "line", "title"}
    assert told["line"] == "2"
    if not (set(name) - {"\r", "\n"}) - set(map(chr, range(32, 127))):
        assert told["file"] == rooted(name), "the host finds the file again"
    assert text.startswith("UNCHECKED (malformed): ")
    assert all(line.isprintable() for line in log.split("\n"))


def test_signs_of_a_path_survive_their_escapes() -> None:
    checked = Checked((judged("not-found", "ghost", "a,b%3A:c=d.txt:7"),))
    ((_, told, _),) = obeyed(report(checked))
    assert told["file"] == "a,b%3A:c=d.txt"
    assert Location(told["file"], 7) == checked.judged[0].verdict.request.locations[0]


def test_a_summary_has_no_marker_of_a_comment() -> None:
    told = summary(MIXED, View(links="https://git.example/acme/app/blob/main/"))
    assert told.startswith("### slopguard: 4 refused, 2 new\n")
    assert "(https://git.example/acme/app/blob/main/services/login/requirements.txt#L3)" in told
