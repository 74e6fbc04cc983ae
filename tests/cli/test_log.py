"""`slopguard log`: what was decided, and the proof that nobody changed it."""

from __future__ import annotations

import sqlite3

import pytest

from tests.cli.program import Program


@pytest.fixture
def decided(slopguard: Program) -> Program:
    slopguard("ask", "--offline", "pypi:flask", "pypi:os", env={"CLAUDECODE": "1"})
    return slopguard


def test_an_empty_ledger_is_whole(slopguard: Program) -> None:
    assert slopguard("log").err == "slopguard: no decisions.\n"
    assert slopguard("log", "verify").rc == 0


def test_every_decision_is_a_line_with_its_asker(decided: Program) -> None:
    first, second = decided("log").out.splitlines()
    assert "  allow " in first
    assert "  pypi:flask  allowlisted  agent/ask  d-" in first
    assert "  pypi:os  stdlib-name  agent/ask  d-" in second


def test_the_newest_only(decided: Program) -> None:
    assert decided("log", "--limit", "1").out.count("\n") == 1
    assert decided("log", "--limit", "0").rc == 2


def test_json_rows_hold_what_the_contract_names(decided: Program) -> None:
    rows = decided("log", "--format", "json").json["entries"]
    assert {
        "time",
        "actor",
        "door",
        "command",
        "files",
        "purl",
        "version",
        "digests",
        "verdict",
        "rule",
        "arrived",
    } <= set(rows[0])
    assert {"lists", "policy", "config", "decision", "count"} <= set(rows[0])
    assert rows[0]["purl"] == "pkg:pypi/flask"


@pytest.mark.parametrize("since", ["1h", "7d", "2w", "5m", "2020-01-01", "2020-01-01T10:00:00+02:00"])
def test_since_when(decided: Program, since: str) -> None:
    assert decided("log", "--since", since).out.count("\n") == 2


def test_since_the_future_is_nothing_and_since_nonsense_is_an_error(decided: Program) -> None:
    assert decided("log", "--since", "2999-01-01").out == ""
    for nonsense in ("yesterday", "", "12H", "0001-01-01T00:00+14:00"):
        done = decided("log", "--since", nonsense)
        assert (done.rc, done.err.startswith("slopguard: --since takes 30m, 12h")) == (2, True)


def test_one_decision_in_full(decided: Program) -> None:
    decision = decided("log", "--format", "json").json["entries"][1]["decision"]
    shown = decided("log", "show", decision)
    assert shown.rc == 0
    assert shown.out.startswith(f"{decision}  BLOCK  pypi:os  stdlib-name\n")
    assert "  who      agent, by way of ask" in shown.out
    assert decided("log", "show", decision, "--format", "json").json["entries"][0]["rule"] == "stdlib-name"
    assert decided("log", "show", "d-000000").rc == 2


def test_where_a_package_is(decided: Program) -> None:
    assert decided("log", "who", "flask").out.count("\n") == 1
    assert decided("log", "who", "pypi:FLASK").out.count("\n") == 1
    assert decided("log", "who", "npm:flask").err == "slopguard: no decisions.\n"


def test_a_changed_row_is_found(decided: Program) -> None:
    assert decided("log", "verify").out.startswith("The ledger is whole: 2 rows")
    with sqlite3.connect(decided.root / "data" / "slopguard.db") as database:
        database.execute("DROP TRIGGER ledger_no_update")
        database.execute("UPDATE ledger SET body = replace(body, 'stdlib-name', 'allowlisted')")
    database.close()
    done = decided("log", "verify")
    assert done.rc == 4
    assert done.out.startswith("The ledger is NOT whole: a row was changed at row 2")
    assert decided("log", "verify", "--format", "json").json["problem"] == "edited"


def test_options_before_the_subcommand_count(decided: Program) -> None:
    decided.write("strict.toml", 'mode = "observe"')
    assert decided("log", "--config", str(decided.root / "strict.toml"), "verify").rc == 2
    assert decided("--config", str(decided.root / "strict.toml"), "log", "verify").rc == 2
