"""Only a person: what an agent tries at a terminal of its own is refused, and writes nothing."""

from __future__ import annotations

import os
import sys

import pytest

from slopguard.cli import persons
from tests.cli.program import Ended, Program
from tests.cli.terminal import at_a_terminal, run, user_folder, written
from tests.simulators.keys import PASSPHRASE, WRONG, give
from tests.simulators.person import Script

SETTINGS = 'mode = "observe"\n'
ALLOW = ("allow", "pypi:sg-fresh", "--why", "the user said so")
COMMANDS = {
    "allow": (ALLOW, "let a package through"),
    "trust": (("trust", "."), "accept this"),
    "keys new": (("keys", "new", "mine", "--approve"), "make keys"),
    "keys new --ci": (("keys", "new", "ci", "--ci", "-o", "ci.pem"), "make keys"),
    "keys new --from-sheet": (("keys", "new", "mine", "--from-sheet"), "make keys"),
}
ANSWERS = (("'approval': ", WRONG), ("'approval': ", "yes"), ("'approval': ", "anything"))


@pytest.fixture
def project(slopguard: Program) -> Program:
    """A project whose settings wait to be accepted; the account has an approval key."""
    give(user_folder(slopguard))
    slopguard.write("project/slopguard.toml", SETTINGS)
    return slopguard


def agent(slopguard: Program, shell: str, *argv: str, script: Script = ANSWERS, **env: str) -> Ended:
    """A coding agent's shell at a terminal of its own runs `slopguard ARGV` by way of `shell`."""
    line = shell.replace("SLOPGUARD", '"$0" -m slopguard "$@"')
    return run(slopguard, ["/bin/sh", "-c", f"{line}; exit $?", sys.executable, *argv], script, **env)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("shell", ["SLOPGUARD", "env -u CLAUDECODE SLOPGUARD", "env -i HOME=$HOME SLOPGUARD"])
def test_an_agent_with_a_terminal_is_refused_whatever_it_hides(project: Program, name: str, shell: str) -> None:
    argv, what = COMMANDS[name]
    before = written(project)
    ended = agent(project, shell, *argv, CLAUDECODE="1")
    assert ended.rc == 2
    assert f"slopguard: only a person can {what}, at a terminal. Ask the user to run: slopguard " in ended.out
    assert written(project) == before
    assert not (project.cwd / "ci.pem").exists()


def test_the_sentence_for_the_user_is_the_command_that_they_would_type(project: Program) -> None:
    ended = agent(project, "SLOPGUARD", *ALLOW, CLAUDECODE="1")
    assert "Ask the user to run: slopguard allow pypi:sg-fresh --why 'the user said so' --for 30d" in ended.out


def test_an_agent_that_hides_all_its_marks_lacks_the_passphrase(project: Program) -> None:
    before = written(project)
    trusting = agent(project, "SLOPGUARD", "trust", ".")
    assert (trusting.rc, "the passphrase is wrong" in trusting.out) == (2, True), trusting
    assert "Type yes" not in trusting.out
    making = agent(project, "SLOPGUARD", "keys", "new", "mine", "--approve")
    assert (making.rc, "the passphrase is wrong" in making.out) == (2, True), making
    assert written(project) == before


def test_a_program_that_is_an_agent_is_known_by_its_name(project: Program) -> None:
    wrapper = project.write("bin/claude", '#!/bin/sh\n"$0.run" "$@"; exit $?\n')
    wrapper.chmod(0o755)
    (project.root / "bin" / "claude.run").symlink_to("/usr/bin/env")
    ended = run(project, [str(wrapper), sys.executable, "-m", "slopguard", "trust", "."], ANSWERS)
    assert (ended.rc, "only a person can accept this" in ended.out) == (2, True), ended


def test_with_an_approval_key_its_passphrase_is_the_answer_to_trust(project: Program) -> None:
    assert project("ask", "--offline", "pypi:flask").rc == 2
    ended = at_a_terminal(project, "trust", script=(("'approval': ", PASSPHRASE),))
    assert ended.rc == 0, ended
    assert "mode = observe" in ended.out
    assert PASSPHRASE not in ended.out
    assert project("ask", "--offline", "pypi:flask").rc == 0


def test_a_passphrase_typed_ahead_is_no_answer(project: Program) -> None:
    from tests.simulators.person import typed

    argv = [sys.executable, "-m", "slopguard", "trust"]
    script = (("'approval': ", WRONG),) * 3
    code, shown = typed(argv, project.env, project.cwd, ahead=f"{PASSPHRASE}\n" * 3, script=script)
    assert (code, "the passphrase is wrong" in shown) == (2, True), shown


def test_a_further_key_that_approves_takes_the_first_one(project: Program) -> None:
    script = (("'approval': ", PASSPHRASE), ("characters): ", "another battery"), ("again: ", "another battery"))
    ended = at_a_terminal(project, "keys", "new", "second", "--approve", script=script)
    assert ended.rc == 0, ended
    assert "keys/second.pem" in written(project)


@pytest.mark.parametrize("name", ["trust", "keys new"])
def test_an_approval_key_that_cannot_be_read_is_not_got_around(project: Program, name: str) -> None:
    (user_folder(project) / "keys" / "approval.json").write_text("{}")
    before = written(project)
    script = (("Type yes: ", "yes"), ("characters): ", PASSPHRASE), ("again: ", PASSPHRASE))
    ended = at_a_terminal(project, *COMMANDS[name][0], script=script if name == "trust" else script[1:])
    assert (ended.rc, "it is no public key of slopguard" in ended.out) == (2, True), ended
    assert written(project) == before


def test_ctrl_c_leaves_the_terminal_as_it_was(project: Program) -> None:
    line = '"$0" -m slopguard trust; stty -a | tr " ;" "\\n\\n" | grep -x -e echo -e -echo'
    ended = run(project, ["/bin/sh", "-c", f"trap : INT; {line}", sys.executable], (("'approval': ", "\x03"),))
    assert ended.out.rstrip().endswith("\necho"), ended


@pytest.mark.parametrize("secret", ["", "tab\there", "x" * 600])
def test_what_is_no_text_is_no_passphrase(project: Program, secret: str) -> None:
    ended = at_a_terminal(project, "trust", script=(("'approval': ", secret),))
    assert (ended.rc, "that is no passphrase" in ended.out) == (2, True), ended


def test_without_a_terminal_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    monkeypatch.setattr(persons, "TERMINAL", Path(os.devnull) / "none")
    assert not persons.terminal_there()
