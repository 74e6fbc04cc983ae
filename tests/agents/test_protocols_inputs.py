"""What agents give a hook is understood: what runs, what changes, and in which conversation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slopguard.agents.model import Call, Edit
from slopguard.agents.protocols import AGENTS, ALIASES, named, told_by
from tests.agents.spoken import ALL, INPUTS, Given, schema

SOURCES = ("recorded: ", "documented: ", "our own; ")
each_input = pytest.mark.parametrize("given", INPUTS, ids=str)


def shape(edit: Edit) -> dict[str, Any]:
    """An edit as the files of inputs spell it."""
    if edit.content is not None:
        return {"path": edit.path, "content": edit.content}
    return {"path": edit.path, "replaced": [[piece.old, piece.new] for piece in edit.replacements]}


def understood(call: Call) -> dict[str, Any]:
    """A call as the files of inputs spell it."""
    return {
        "event": call.event.value,
        "tool": call.tool,
        "cwd": str(call.cwd),
        "commands": list(call.commands),
        "edits": [shape(edit) for edit in call.edits],
        "session": call.session,
        "turn": call.turn,
        "model": call.model,
        "ran": call.ran,
    }


def wanted(given: Given) -> dict[str, Any]:
    """What is to be understood; without a folder in the input it is where the hook runs."""
    return given.understood | {"cwd": given.understood["cwd"] or str(Path.cwd())}


def of_a_notebook(found: dict[str, Any]) -> dict[str, Any]:
    """A cell's text out of the notebook that stands for it."""
    edits = [
        {"path": edit["path"], "holds": json.loads(edit["content"])["cells"][0]["source"]}
        if edit["path"].endswith(".ipynb")
        else edit
        for edit in found["edits"]
    ]
    return found | {"edits": edits}


def test_every_agent_has_inputs_of_every_kind() -> None:
    for agent in ALL:
        names = " ".join(given.name for given in INPUTS if given.agent == agent)
        kinds = ("shell", "patch" if agent == "codex" else "edit", "mcp-tool", "after-")
        assert [kind for kind in kinds if kind not in names] == [], agent
    assert {given.agent for given in INPUTS} == set(AGENTS)


@each_input
def test_an_input_says_where_it_comes_from_and_is_as_the_schema_says(given: Given) -> None:
    assert given.source.startswith(SOURCES)
    schema(given.agent, "input").validate(given.input)


@each_input
def test_it_is_understood_when_the_agent_is_named(given: Given) -> None:
    call = named(given.agent).call(given.input)
    assert call.agent == given.agent
    assert of_a_notebook(understood(call)) == wanted(given)


@each_input
def test_it_is_understood_by_its_keys_alone(given: Given) -> None:
    agent = told_by(given.input)
    assert agent in (given.tells, "", "claude-code" if given.understood["event"] == "other" else given.tells)
    if agent:
        assert of_a_notebook(understood(named(agent).call(given.input))) == wanted(given)
    else:
        assert given.understood["event"] == "other"


@pytest.mark.parametrize("agent", ALL)
def test_a_schema_refuses_what_is_no_input(agent: str) -> None:
    assert not schema(agent, "input").is_valid({})
    assert not schema(agent, "input").is_valid([])


def test_other_names_of_agents_are_known() -> None:
    for alias, agent in ALIASES.items():
        assert named(alias) is named(agent)
    with pytest.raises(KeyError):
        named("nobody")
