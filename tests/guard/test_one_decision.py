"""An agent's hook and the guarded command that it saw: one decision id, one row, and a note of what was installed."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from slopguard import config
from slopguard.daemon.suggested import SAME_COMMAND
from slopguard.guard.session import UNNOTED
from slopguard.judge import Judge, utc_now
from slopguard.model import Actor, Door, Ecosystem, Existence, Facts, Release, Request
from slopguard.model.suggesting import Asker, Kind, door_session
from slopguard.names import normalize
from slopguard.store import Store
from slopguard.store.suggestions import Suggested
from tests.simulators.npm import Npm
from tests.simulators.person import typed
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox

pytestmark = pytest.mark.clients

AGENT = {"CLAUDECODE": "1"}
SESSION = door_session("claude-code", "abc")
GHOST = "sg-ghost-thing"


@pytest.fixture
def box(make_sandbox: Callable[[str, str], Sandbox], pypi: PyPI) -> Sandbox:
    pypi.add_established("sg-alpha")
    pypi.add_established("sg-beta")
    return make_sandbox("pip", "newest").use(pypi)


def hook(box: Sandbox, name: str, ecosystem: Ecosystem = Ecosystem.PYPI, *, kind: Kind = Kind.COMMAND) -> str:
    """What a hook does before the command: judges, and records; the decision id."""
    settings = config.load(box.project, box.env)
    old = tuple(Release(f"{age}.0", utc_now() - timedelta(days=age)) for age in (900, 600, 300, 30))
    facts = Facts(Existence.NO) if name == GHOST else Facts(Existence.YES, old)
    request = Request(ecosystem, normalize(ecosystem, name), name, actor=Actor.AGENT)
    with Judge.open(settings) as judge:
        verdict = judge.verdict(request, replace(facts, asked=utc_now()), session=SESSION)
        row = Suggested.of(verdict, Asker("claude-code", SESSION, "model-a"), kind)
        judge.record([verdict], Door("hook", f"pip install {name}", SESSION), suggested=[row])
    return verdict.decision_id


def rows(box: Sandbox) -> list[Suggested]:
    """What was noted as installed."""
    store = Store(box.root / "slopguard")
    found = [row for row in store.suggestions.rows() if row.kind is Kind.INSTALLED]
    store.close()
    return found


def shift(box: Sandbox, by: timedelta) -> None:
    """Let the hook's own rows have been written longer ago."""
    with sqlite3.connect(box.root / "slopguard" / "slopguard.db") as database:
        for number, time in database.execute("SELECT n, time FROM suggestions").fetchall():
            earlier = (datetime.fromisoformat(time) - by).isoformat(timespec="milliseconds")
            database.execute("UPDATE suggestions SET time = ? WHERE n = ?", (earlier, number))
    database.close()


@pytest.mark.parametrize("env", [AGENT, {}], ids=["an agent with a marker", "an agent without a terminal"])
def test_what_the_hook_refused_is_one_row_with_a_count_whatever_refuses_it_again(
    box: Sandbox, env: dict[str, str]
) -> None:
    decision = hook(box, GHOST)
    ran = box.guarded("pip", "install", GHOST, env=env)
    assert ran.rc == 1, ran
    (row,) = box.ledger()
    assert (row["decision"], row["door"], row["rule"], row["count"]) == (decision, "hook", "not-found", 2)
    assert rows(box) == []


def test_an_npm_client_shares_the_id_too(make_sandbox: Callable[[str, str], Sandbox], npm: Npm) -> None:
    box = make_sandbox("npm", "newest").use(npm)
    decision = hook(box, GHOST, Ecosystem.NPM)
    assert box.guarded("npm", "install", GHOST, env=AGENT).rc == 1
    assert {row["decision"] for row in box.ledger()} == {decision}


def test_after_ten_minutes_it_is_a_decision_of_its_own(box: Sandbox) -> None:
    decision = hook(box, GHOST)
    shift(box, SAME_COMMAND + timedelta(minutes=1))
    assert box.guarded("pip", "install", GHOST, env=AGENT).rc == 1
    assert len({row["decision"] for row in box.ledger()} - {decision}) == 1


def test_what_was_typed_and_installed_is_noted_with_the_agent_that_suggested_it(box: Sandbox) -> None:
    hook(box, "sg-alpha", kind=Kind.EDIT)
    shift(box, timedelta(hours=1))
    ran = box.guarded("pip", "install", "sg-alpha", "sg-beta", env=AGENT)
    assert ran.rc == 0, ran
    assert ran.lines == []
    alpha, beta = rows(box)
    assert (alpha.name, alpha.agent, alpha.model, alpha.session) == ("sg-alpha", "claude-code", "model-a", SESSION)
    assert (alpha.verdict, alpha.rule, alpha.stopped) == ("allow", "established", False)
    assert (beta.name, beta.agent, beta.session, beta.batch) == ("sg-beta", "", "", alpha.batch)


def test_of_names_in_a_file_those_are_noted_that_a_hook_saw(box: Sandbox) -> None:
    decision = hook(box, "sg-alpha", kind=Kind.EDIT)
    box.write("requirements.txt", "sg-alpha\nsg-beta\n")
    assert box.guarded("pip", "install", "-r", "requirements.txt", env=AGENT).rc == 0
    assert [(row.name, row.decision) for row in rows(box)] == [("sg-alpha", decision)]
    assert {row["decision"] for row in box.ledger() if row["purl"] == "pkg:pypi/sg-alpha"} == {decision}


@pytest.mark.parametrize(("argv", "code"), [(("install", "sg-alpha", "--no-such-option"), 2), (("download", GHOST), 1)])
def test_a_command_that_failed_installed_nothing(box: Sandbox, argv: tuple[str, ...], code: int) -> None:
    assert box.guarded("pip", *argv, env=AGENT).rc == code
    assert rows(box) == []


def test_an_install_that_cannot_be_noted_has_worked_all_the_same(box: Sandbox) -> None:
    hook(box, "sg-alpha")
    with sqlite3.connect(box.root / "slopguard" / "slopguard.db") as database:
        database.execute("CREATE TRIGGER no BEFORE INSERT ON suggestions BEGIN SELECT RAISE(ABORT, 'no'); END")
    database.close()
    ran = box.guarded("pip", "install", "sg-alpha", env=AGENT)
    assert (ran.rc, ran.lines) == (0, [UNNOTED])
    assert box.installed == {"sg-alpha": "1.2"}


def test_a_persons_command_is_none_of_the_agents(box: Sandbox) -> None:
    hook(box, "sg-alpha")
    code, shown = typed([sys.executable, "-m", "slopguard", "pip", "install", "sg-alpha"], box.env, box.project)
    assert code == 0, shown
    assert rows(box) == []
    assert len({row["decision"] for row in box.ledger()}) == 2
