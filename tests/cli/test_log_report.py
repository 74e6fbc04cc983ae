"""`slopguard log report`: what agents suggested and what became of it, for people, programs and pages."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from slopguard.model.suggesting import Kind
from slopguard.store import Store
from slopguard.store.suggestions import Suggested
from tests.cli.program import Program
from tests.store.suggesting import suggested

NOW = datetime.now(UTC)


def seen(program: Program, *calls: list[Suggested], ago: timedelta = timedelta(hours=1)) -> Program:
    """Let hooks have written these calls."""
    store = Store(program.root / "data")
    for call in calls:
        store.suggestions.add([_at(row, ago) for row in call])
    store.close()
    return program


def _at(row: Suggested, ago: timedelta) -> Suggested:
    from dataclasses import replace

    return replace(row, time=NOW - ago)


@pytest.fixture
def worked(slopguard: Program) -> Program:
    return seen(
        slopguard,
        [suggested("flask-auth-magic", "block"), suggested("flask")],
        [suggested("flask-login")],
        [suggested("yaml", kind=Kind.IMPORT)],
        [suggested("flask-login", kind=Kind.INSTALLED)],
        [suggested("left-pad", "quarantine", "too-new", agent="cursor", model="", session="s2", kind=Kind.EDIT)],
    )


TEXT = """
claude-code  model-a
  suggestions  3 in 1 session: command 3
  names        3; each counted once a session: 3
  invented     1 of 3: 33.3% (95 %: 6.1% to 79.2%)
  refused      1: not-found 1
  then         1 recovered in one turn, 0 same name again, 0 another refused name, 0 gave up
  replaced     1 by another name that was let through
  installed    1 by a guarded client
  only told    imports 1, in documents 0

cursor  (model not told)
  suggestions  1 in 1 session: edit 1
  names        1; each counted once a session: 1
  invented     0 of 1: 0.0% (95 %: 0.0% to 79.3%)
  refused      1: too-new 1
  then         0 recovered in one turn, 0 same name again, 0 another refused name, 1 gave up
  replaced     0 by another name that was let through
  installed    0 by a guarded client
  only told    imports 0, in documents 0

Most invented names
     1 session  pypi:flask-auth-magic  claude-code
"""


def test_people_read_a_block_for_each_agent_and_model(worked: Program) -> None:
    done = worked("log", "report")
    head, _, rest = done.out.partition("\n")
    assert done.rc == 0
    assert head.startswith("What agents suggested since 20")
    assert rest == TEXT


def test_programs_get_every_figure(worked: Program) -> None:
    said = worked("log", "report", "--format", "json").json
    assert said["schema"] == "slopguard/agents/1"
    first, second = said["agents"]
    assert (first["agent"], first["suggestions"]) == ("claude-code", {"total": 3, "command": 3})
    assert first["invented"] | {"low": 0, "high": 0} == {"part": 1, "of": 3, "rate": 1 / 3, "low": 0, "high": 0}
    assert first["refused"] == {"total": 1, "rules": {"not-found": 1}}
    assert first["then"]["recovered_in_one_turn"] == first["replaced"] == first["installed"] == 1
    assert (second["agent"], second["model"], second["then"]["gave_up"]) == ("cursor", "", 1)
    assert said["most_invented"] == [
        {"ecosystem": "pypi", "name": "flask-auth-magic", "sessions": 1, "agents": ["claude-code"]}
    ]


def test_a_page_holds_names_in_code_spans_that_they_cannot_end(slopguard: Program) -> None:
    hostile = "ghost`|<b>@everyone"
    seen(slopguard, [suggested(hostile, "block", agent="`a|", model="m`|")])
    lines = slopguard("log", "report", "--format", "markdown").out.splitlines()
    assert lines[2].startswith("| agent | model | suggestions |")
    assert lines[4].startswith(r"| `\x60a\x7c` | `m\x60\x7c` | 1 | 1 | 1 of 1: 100.0% ")
    assert lines[-1] == r"| `pypi:ghost\x60\x7c<b>@everyone` | 1 | `\x60a\x7c` |"
    assert {line.count("|") for line in lines[2:5]} == {12}


def test_since_when(worked: Program) -> None:
    seen(worked, [suggested("numpy", session="s9")], ago=timedelta(days=40))
    totals = {
        since: sum(
            one["suggestions"]["total"] for one in worked("log", "report", *since, "--format", "json").json["agents"]
        )
        for since in ((), ("--since", "60d"), ("--since", "30m"), ("--since", "2020-01-01"))
    }
    assert list(totals.values()) == [4, 5, 0, 5]
    assert worked("log", "report", "--since", "lately").rc == 2


def test_without_a_suggestion_people_are_told_and_programs_get_none(slopguard: Program) -> None:
    assert slopguard("log", "report").err == "slopguard: no agent suggested anything. Hooks note it: slopguard status\n"
    assert slopguard("log", "report", "--format", "json").json["agents"] == []
    assert slopguard("log", "report", "--format", "markdown").out.count("\n") == 4


def test_what_somebody_else_wrote_into_the_database_cannot_spoil_a_terminal(worked: Program) -> None:
    with sqlite3.connect(worked.root / "data" / "slopguard.db") as database:
        database.execute("UPDATE suggestions SET agent = ?, name = ?, rule = ?", ("\x1b[2J", "\u202e", "\x07"))
    database.close()
    out = worked("log", "report").out
    assert out.replace("\n", "").isprintable()
    assert out.isascii()


def test_an_agent_without_a_hook_is_shown_by_what_it_installed(slopguard: Program) -> None:
    seen(slopguard, [suggested("flask", agent="", model="", session="", kind=Kind.INSTALLED)])
    out = slopguard("log", "report").out
    assert "\n(no hook)  (model not told)\n  suggestions  0 in 0 sessions: none\n" in out
    assert "  invented     no names\n" in out
    assert "  installed    1 by a guarded client\n" in out
