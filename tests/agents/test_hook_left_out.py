"""What a hook does not look at, and what it does look at: files that `check` leaves out, events that nobody knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.agents.hook import answered
from slopguard.agents.model import Event
from slopguard.agents.protocols.interface import EVENTS, event_of
from tests.agents.machine import Machine, machine_in
from tests.agents.spoken import decision

GHOST = "zz-ghost==1.0\n"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with machine_in(tmp_path / "machine") as found:
        yield found


def test_a_file_that_check_leaves_out_is_not_judged_when_it_is_edited(machine: Machine) -> None:
    settings = machine.root / ".config" / "slopguard" / "slopguard.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[check]\nexclude = ["tests/fixtures/**"]\n')
    assert machine.write("claude-code", "tests/fixtures/requirements.txt", GHOST)[0] == "none"
    assert machine.write("claude-code", "tests/fixtures/../../requirements.txt", GHOST)[0] == "deny"
    assert machine.write("claude-code", "tests/requirements.txt", GHOST)[0] == "deny"


@pytest.mark.parametrize("event", ["", "PreToolCall", "beforeTool", "ToolUse"])
def test_an_event_that_nobody_has_heard_of_does_not_switch_the_hook_off(machine: Machine, event: str) -> None:
    call = {"session_id": "s", "cwd": str(machine.project), "tool_name": "Bash", "hook_event_name": event}
    said = answered("claude-code", json.dumps({**call, "tool_input": {"command": "pip install zz-ghost"}}).encode())
    assert decision("claude-code", said) == "deny"


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("PostToolUseFailure", Event.AFTER),
        ("afterAgentResponse", Event.AFTER),
        ("UserPromptSubmit", Event.OTHER),
        ("SessionStart", Event.OTHER),
        ("SubagentStop", Event.OTHER),
        ("beforeReadFile", Event.OTHER),
        ("pre_read_code", Event.OTHER),
        ("preToolUse", Event.BEFORE),
    ],
)
def test_moments_at_which_nothing_changes_are_known_by_their_names(name: str, event: Event) -> None:
    assert event_of(name) is EVENTS.get(name, event) is event


def test_an_edit_that_cannot_be_told_is_answered_in_words_about_edits(machine: Machine) -> None:
    (machine.project / "package.json").write_text('{"dependencies": {}}')
    call = {"session_id": "s", "cwd": str(machine.project), "tool_name": "Edit", "hook_event_name": "PreToolUse"}
    edit = {"file_path": str(machine.project / "package.json"), "old_string": "not there", "new_string": '"zz": "1"'}
    said = answered("claude-code", json.dumps({**call, "tool_input": edit}).encode())
    assert decision("claude-code", said) == "ask"
    assert "without running it" not in said.stdout
    assert "write it whole" in said.stdout
