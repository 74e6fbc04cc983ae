"""Where two hooks of ours see one call, one answers; and no hook stands aside for one that is not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.agents.hook import ASIDE, answered
from slopguard.agents.protocols import ALIASES
from slopguard.guard.enabling import record
from tests.agents.machine import Machine, machine_in
from tests.agents.spoken import ALL, INPUTS, decision, shell


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with machine_in(tmp_path / "machine") as found:
        yield found


def enabled(machine: Machine, *agents: str, project: str = "") -> None:
    """Write down that the hooks of some agents are installed."""
    files = [record.Changed(f"/x/{agent}", False, 0, "", "", "json", agent, project) for agent in agents]
    record.write(machine.data, record.Enabled(since="2026-11-26T00:00:00Z", files=tuple(files)), {})


def named(agent: str, name: str, machine: Machine) -> bytes:
    """A recorded input, with a command that is to be refused."""
    (given,) = (each for each in INPUTS if (each.agent, each.name) == (agent, name))
    document = given.at(machine.project)
    inner = "tool_input" if "tool_input" in document else "toolArgs"
    return json.dumps(document | {inner: {"command": "pip install zz-ghost"}}).encode()


@pytest.mark.parametrize("agent", ALL)
def test_an_agents_own_hook_answers_whoever_else_has_one(machine: Machine, agent: str) -> None:
    enabled(machine, *ALL)
    assert machine.run(agent, "pip install zz-ghost")[0] == "deny"


@pytest.mark.parametrize("name", ["mcp-tool-0.15.10", "mcp-tool-0.24.4", "monitor-0.24.4"])
def test_qwens_own_hook_answers_where_its_input_looks_like_claude_codes(machine: Machine, name: str) -> None:
    enabled(machine, *ALL)
    assert decision("qwen", answered("qwen", named("qwen", name, machine))) == "deny"


def test_codex_is_never_asked_for_a_question_by_an_input_that_looks_like_another(machine: Machine) -> None:
    document = json.loads(shell("codex", 'eval "pip install $(x)"', machine.project))
    del document["turn_id"]
    for tool in ("Bash", "edit", "run_shell_command"):
        output = answered("codex", json.dumps(document | {"tool_name": tool}).encode())
        assert decision("codex", output) == "deny"


@pytest.mark.parametrize(("alias", "agent"), ALIASES.items())
def test_a_hook_under_another_name_is_no_other_hook(machine: Machine, alias: str, agent: str) -> None:
    enabled(machine, *ALL)
    assert decision(agent, answered(alias, shell(agent, "pip install zz-ghost", machine.project))) == "deny"


def test_cursor_runs_the_hooks_of_claude_code_and_gets_one_answer(machine: Machine) -> None:
    data = shell("cursor", "pip install zz-ghost", machine.project)
    assert decision("cursor", answered("claude-code", data)) == "deny"
    enabled(machine, "claude-code", "cursor", project=str(machine.project))
    assert decision("cursor", answered("claude-code", data)) == "deny"  # its own may be another project's
    enabled(machine, "claude-code", "cursor")
    assert answered("claude-code", data) == ASIDE
    assert decision("cursor", answered("cursor", data)) == "deny"


def test_copilot_runs_the_hooks_of_claude_code_and_gets_one_answer(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = named("copilot", "claude-shape-shell", machine)
    monkeypatch.setenv("COPILOT_CLI", "1")
    enabled(machine, "claude-code")
    assert decision("claude-code", answered("claude-code", data)) == "deny"
    enabled(machine, "claude-code", "copilot")
    assert answered("claude-code", data) == ASIDE
    assert decision("claude-code", answered("copilot", data)) == "deny"


def test_claude_code_that_runs_below_copilot_is_guarded(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPILOT_CLI", "1")
    monkeypatch.setenv("CURSOR_VERSION", "3")
    enabled(machine, "claude-code", "copilot", "cursor")
    assert machine.run("claude-code", "pip install zz-ghost")[0] == "deny"


def test_a_record_that_cannot_be_read_makes_nobody_stand_aside(machine: Machine) -> None:
    machine.data.mkdir()
    (machine.data / record.FILE).write_text("[[[")
    data = shell("cursor", "pip install zz-ghost", machine.project)
    assert decision("cursor", answered("claude-code", data)) == "deny"
