"""A check in a terminal: short, the worst first, and every refusal says what to do next."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from slopguard.check.model import Checked
from slopguard.reports.check_text import FIRST, INDENT, MANY, WARNINGS, report
from slopguard.reports.problems import View
from slopguard.rules import RULES
from tests.reports.checks import CLEAN, HOSTILE, MIXED, finding, hostile, judged

GOLDEN = Path(__file__).parent / "golden"


def test_a_large_repository_is_told_in_a_few_lines() -> None:
    assert report(MIXED) + "\n" == (GOLDEN / "large.txt").read_text()


def test_when_all_is_well_there_is_one_line() -> None:
    assert report(CLEAN) == "1 package in 1 file: all allowed (1 listed)     0.2 s"
    assert report(replace(CLEAN, judged=(), locks=2)) == "0 packages in 2 lock files and 1 other file     0.2 s"


def test_finding_no_file_is_not_told_as_if_all_were_well() -> None:
    told = report(Checked())
    assert told.startswith("No file that can name a dependency was found")
    assert "allowed" not in told


@pytest.mark.parametrize("rule", RULES)
def test_every_refusal_says_what_to_do_and_shows_a_command(rule: str) -> None:
    packages = Checked((judged(rule, "acme-charts", "requirements.txt:3"),), files=1)
    lines = report(packages).splitlines()
    if RULES[rule].outcome.refuses:
        assert RULES[rule].instruction.partition("{")[0].split(" or ")[0] in lines[2]
        assert re.search(r"(?:next|a person may): slopguard \w+", lines[2])
    elif RULES[rule].outcome.value == "allow":
        assert len(lines) == 1


def test_what_no_package_is_to_blame_for_stands_at_its_place() -> None:
    told = report(Checked(findings=(finding("unreadable", "a b/big.json", detail="too large"),), files=1)).splitlines()
    assert told[0].startswith("0 packages in 1 file; 1 file not read")
    assert told[1] == "UNCHECKED  a b/big.json  unreadable"
    assert told[2].endswith("a file could not be read whole: too large. Split it or make it readable; "
                            "what it names was not judged.   next: slopguard check 'a b/big.json'")  # fmt: skip


def test_many_warnings_of_one_rule_are_one_entry_and_never_hide_a_refusal() -> None:
    warnings = [finding("undecidable", f"script-{number}.sh:1") for number in range(37)]
    runs = [judged("unpinned-run", f"npm:server-{number}", ".mcp.json:1", new=number < 2) for number in range(12)]
    refused = judged("not-found", "ghost", "requirements.txt:1")
    told = report(Checked((refused, *runs), tuple(warnings), files=40, since="main")).splitlines()
    assert [line for line in told if not line.startswith(INDENT)][1:-1] == [
        "BLOCK  pypi:ghost   not-found            requirements.txt:1",
        "WARN   12 packages  unpinned-run  2 new  npm:server-0, npm:server-1, npm:server-2 and 9 more",
        "WARN   37 places    undecidable          script-0.sh:1, script-1.sh:1, script-2.sh:1 and 34 more",
    ]


def test_up_to_a_few_warnings_are_told_one_by_one() -> None:
    told = report(Checked(findings=tuple(finding("undecidable", f"{n}.sh:1") for n in range(WARNINGS)), files=3))
    assert told.count("WARN") == WARNINGS


def test_more_refusals_than_anybody_reads_are_counted_by_rule() -> None:
    ghosts = tuple(judged("not-found", f"ghost-{number}", "requirements.txt:1") for number in range(150))
    odd = tuple(judged("unverified", f"odd-{number}", "requirements.txt:1") for number in range(MANY))
    told = report(Checked((*ghosts, *odd), files=1)).splitlines()
    assert told[0].startswith("160 packages in 1 file: 0 allowed, 160 not")
    assert sum(line.startswith("BLOCK ") for line in told) == FIRST + 1
    assert sum(line.startswith("QUARANTINE ") for line in told) == MANY
    folded = [re.split(r" {2,}", line)[1] for line in told if " more" in line]
    assert folded == ["145 packages"]
    assert "next: slopguard check --format json" in told[2 * FIRST + 2]


def test_versions_of_one_package_are_one_entry() -> None:
    two = tuple(
        judged("unverified", "npm:@acme/charts", f"{n}/package-lock.json:7", version=f"1.0.{n}") for n in range(3)
    )
    told = report(
        Checked((*two, judged("unverified", "npm:acme-charts", "x/package.json:3", version="2.0.0")), locks=3)
    ).splitlines()
    assert [re.split(r" {2,}", line)[1] for line in told if line.startswith("QUARANTINE")] == [
        "npm:@acme/charts (3 versions)",
        "npm:acme-charts@2.0.0",
    ]
    assert told[1].endswith("0/package-lock.json:7 and 2 more")


def test_when_nothing_changed_that_is_said() -> None:
    assert report(Checked(changed_only=True, since="main")).startswith("No file that can name a dependency has changed")


def test_a_terminal_gets_lines_that_fit_with_whole_commands() -> None:
    told = report(MIXED, View(width=100, code=1)).splitlines()
    assert all(len(line) <= 120 for line in told[1:])
    commands = [f"slopguard ask {name}" for name in ("pypi:flask-auth-magic", "npm:acme-server")]
    assert all(any(line.endswith(command) for line in told) for command in commands)
    assert told[-1].endswith("exit 1")


def test_the_exit_code_is_told_where_a_person_sees_it_only() -> None:
    assert "exit" not in report(MIXED)
    assert report(CLEAN, View(width=80)).endswith("exit 0")


def test_colours_are_for_the_verdict_only() -> None:
    told = report(MIXED, View(colour=True))
    assert "\x1b[31mBLOCK     \x1b[0m  pypi:" in told
    assert "\x1b" not in report(MIXED)


def test_mode_observe_says_that_nothing_is_refused() -> None:
    observed = Checked((judged("not-found", "ghost", "a.txt:1", enforced=False),), files=1, enforced=False)
    told = report(observed).splitlines()
    assert told[1].startswith("OBSERVED  pypi:ghost")
    assert told[-1] == "mode observe: nothing is refused"


def test_offline_and_notes_are_told() -> None:
    told = report(replace(CLEAN, offline=True, notes=("conda packages are not judged",))).splitlines()
    assert told[1:] == ["note: conda packages are not judged", "offline: no index was asked"]


def test_no_name_or_path_begins_a_line_or_moves_the_cursor() -> None:
    own = (
        "BLOCK",
        "UNCHECKED",
        "WARN",
        "note: ",
        INDENT,
        f"{len(HOSTILE) + 1} packages",
        "nothing of this is new since ",
    )
    told = report(hostile())
    assert all(line.startswith(own) for line in told.split("\n"))
    assert all(line.isprintable() for line in told.split("\n"))
    assert "##[" not in told
    assert len(told.split("\n")) < 4 * len(HOSTILE) + 100
