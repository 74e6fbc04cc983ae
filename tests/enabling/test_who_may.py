"""Switching on only tightens, so anybody may; off only a person can switch it, or a CI job that says so."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from slopguard.guard.enabling import profiles
from tests.cli.program import Program
from tests.cli.terminal import run
from tests.enabling.account import answered

SHOWN = "new     "


def home(slopguard: Program) -> list[str]:
    """What there is in the home but slopguard's own data."""
    place = slopguard.root / "home"
    paths = place.rglob("*") if place.exists() else ()
    return sorted(str(path.relative_to(place)) for path in paths if ".local" not in path.parts)


def on(slopguard: Program) -> bool:
    return (slopguard.root / "data" / "shims" / "env.sh").exists()


def test_everything_is_shown_before_a_person_is_asked(slopguard: Program) -> None:
    slopguard.write("home/.bashrc", "SECRET=hunter2")
    ended = answered(slopguard, "enable")
    assert ended.rc == 0, ended
    before, _, after = ended.out.partition("Change all this? Type yes: ")
    assert f"change  {slopguard.root}/home/.bashrc   bash\n" in before
    assert f"          --- {slopguard.root}/home/.bashrc\n" in before
    assert "          @@ -1,0 +2 @@\n          +if [ -r " in before
    assert "rehearsal: no lock file here to try it on\n" in before
    assert "hunter2" not in ended.out
    assert "slopguard: on. Guarded by name: " in after
    assert on(slopguard)


def test_a_line_of_an_older_place_is_shown_as_going(slopguard: Program) -> None:
    old = profiles.sh_line(Path("/old/shims"))
    slopguard.write("home/.bashrc", f"# one\n{old}\n# two\n")
    shown = slopguard("enable", "--dry-run").out
    assert f"          @@ -2 +1,0 @@\n          -{old}\n          @@ -3,0 +3 @@\n          +if [ -r " in shown


@pytest.mark.parametrize("answer", ["", "no", "y"])
def test_any_answer_but_yes_changes_nothing(slopguard: Program, answer: str) -> None:
    ended = answered(slopguard, "enable", answer=answer)
    assert ended.rc == 2
    assert "slopguard: nothing was changed." in ended.out
    assert home(slopguard) == []
    assert not on(slopguard)


def test_what_changes_while_the_person_reads_ends_it(slopguard: Program) -> None:
    slopguard.write("home/.bashrc", "# one\n")
    ended = answered(slopguard, "enable", meanwhile=lambda: slopguard.write("home/.bashrc", "# one\n# two\n"))
    assert ended.rc == 2
    assert "something changed while you read, so nothing was done" in ended.out
    assert (slopguard.root / "home/.bashrc").read_text() == "# one\n# two\n"


def test_without_a_terminal_it_takes_a_word(slopguard: Program) -> None:
    ended = slopguard("enable")
    assert (ended.rc, ended.err) == (2, "slopguard: nobody is here to agree, so nothing was changed. Add --yes.\n")
    assert SHOWN in ended.out
    assert home(slopguard) == []


@pytest.mark.parametrize("marker", [{"CLAUDECODE": "1"}, {"CI": "1"}, {}])
def test_agents_and_ci_jobs_may_switch_it_on(slopguard: Program, marker: dict[str, str]) -> None:
    assert slopguard("enable", "--yes", env=marker).rc == 0
    assert on(slopguard)


def test_a_dry_run_shows_all_and_changes_nothing(slopguard: Program) -> None:
    ended = slopguard("enable", "--dry-run", env={"CLAUDECODE": "1"})
    assert ended.rc == 0
    assert SHOWN in ended.out
    assert ended.out.endswith("slopguard: nothing was changed (--dry-run).\n")
    assert home(slopguard) == []


def test_programs_read_it_as_json(slopguard: Program) -> None:
    told = slopguard("enable", "--dry-run", "--format", "json").json
    assert told["schema"] == "slopguard/enable/1"
    assert told["changed"] is False
    assert {"path": f"{slopguard.root}/home/.bashrc", "kind": "new"} in told["changes"]
    assert slopguard("enable", "--yes", "--format", "json").json["changed"] is True


@pytest.mark.parametrize("marker", [{"CLAUDECODE": "1"}, {"SLOPGUARD_ACTOR": "agent"}])
@pytest.mark.parametrize("more", [[], ["--yes"], ["npm"]])
def test_an_agent_cannot_switch_it_off_and_is_told_what_to_ask_for(
    slopguard: Program, marker: dict[str, str], more: list[str]
) -> None:
    assert slopguard("enable", "--yes", "npm", "pip").rc == 0
    before = home(slopguard)
    ended = answered(slopguard, "disable", *more, **marker)
    assert ended.rc == 2
    command = " ".join(["slopguard disable", *(word for word in more if word != "--yes")])
    assert f"only a person can switch the guard off, at a terminal. Ask the user to run: {command}\n" in ended.out
    assert home(slopguard) == before
    assert on(slopguard)


def test_an_agent_that_hides_its_marker_cannot_either(slopguard: Program) -> None:
    assert slopguard("enable", "--yes").rc == 0
    line = f"env -i PATH=\"$PATH\" HOME='{slopguard.root}/home' SLOPGUARD_HOME='{slopguard.root}/data' CI=1 "
    shell = ["/bin/sh", "-c", f"{line} {sys.executable} -m slopguard disable --yes; exit $?"]
    ended = run(slopguard, shell, (), CLAUDECODE="1")
    assert ended.rc == 2, ended
    assert on(slopguard)


def test_a_ci_job_that_says_so_may(slopguard: Program) -> None:
    assert slopguard("enable", "--yes").rc == 0
    refused = answered(slopguard, "disable", CI="1")
    assert refused.rc == 2
    ended = answered(slopguard, "disable", "--yes", CI="1")
    assert ended.rc == 0, ended
    assert not on(slopguard)
    assert home(slopguard) == []


def test_a_person_who_does_not_agree_keeps_it(slopguard: Program) -> None:
    assert slopguard("enable", "--yes").rc == 0
    assert answered(slopguard, "disable", answer="no").rc == 2
    assert on(slopguard)
    shown = slopguard("disable", "--dry-run")
    assert shown.rc == 0
    assert f"remove  {slopguard.root}/home/.bashrc" in shown.out
    assert on(slopguard)


def test_one_client_can_be_let_go(slopguard: Program) -> None:
    assert slopguard("enable", "--yes", "npm", "pip").rc == 0
    ended = answered(slopguard, "disable", "pip")
    assert ended.rc == 0, ended
    names = {path.name for path in (slopguard.root / "data" / "shims").iterdir()}
    assert names == {"npm", "slopguard", "env.sh", "env.fish", "undo.sh"} | {n for n in names if n.startswith("python")}
    assert (slopguard.root / "home" / ".bashrc").exists()


def test_both_are_in_the_ledger(slopguard: Program) -> None:
    assert slopguard("enable", "--yes", "npm").rc == 0
    assert answered(slopguard, "disable").rc == 0
    rows = slopguard("log", "--format", "json").json["entries"]
    assert [(row["verdict"], row["rule"], row["door"]) for row in rows] == [
        ("enabled", "enable", "enable"),
        ("disabled", "enable", "disable"),
    ]


def test_the_record_is_for_the_account_alone(slopguard: Program) -> None:
    slopguard.write("home/.bashrc", "SECRET=1\n")
    assert slopguard("enable", "--yes").rc == 0
    data = slopguard.root / "data"
    kept = [data / "enabled.json", *(data / "enabled").iterdir()]
    assert len(kept) > 1
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert json.loads(kept[0].read_text())["schema"] == "slopguard/enabled/1"
