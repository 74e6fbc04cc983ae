"""What agents give a hook, and whether an answer is one that they take.

`inputs/AGENT/NAME.json` holds one input each: `source` says whether it was recorded, and from which version, or is
documented; `input` is what the agent gives; `understood` what is to be understood; `as` the agent that its keys alone
tell, where that is another one. `schemas/AGENT.input.json` and `AGENT.output.json` are our own words for both sides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from slopguard.agents.hook import UNKNOWN, answered
from slopguard.agents.model import Output
from slopguard.agents.protocols import AGENTS

FOLDER = "/home/dev/project"
"""The project of all inputs; `at` gives them another."""
_HERE = Path(__file__).parent
_CODES = {"windsurf": {0, 2}}
"""The exit codes that mean something to an agent beside what is on standard output; of all others 0 alone."""


@dataclass(frozen=True)
class Given:
    """One input."""

    agent: str
    name: str
    source: str
    input: dict[str, Any]
    understood: dict[str, Any]
    tells: str

    def at(self, folder: Path) -> dict[str, Any]:
        """The input, of a project in another folder."""
        found: dict[str, Any] = json.loads(json.dumps(self.input).replace(FOLDER, folder.as_posix()))
        return found

    def __str__(self) -> str:
        return f"{self.agent}-{self.name}"


def _given(path: Path) -> Given:
    found = json.loads(path.read_text("utf-8"))
    agent = path.parent.name
    return Given(agent, path.stem, found["source"], found["input"], found["understood"], found.get("as", agent))


INPUTS = tuple(_given(path) for path in sorted(_HERE.glob("inputs/*/*.json")))


def shell(agent: str, command: str, folder: Path, session: str = "s-1") -> bytes:
    """The input of an agent that is about to run a command."""
    return _said(agent, "shell-0.24.4" if agent == "qwen" else "shell", command, folder, session)


def _said(agent: str, name: str, command: str, folder: Path, session: str) -> bytes:
    (given,) = (each for each in INPUTS if (each.agent, each.name) == (agent, name))
    document = _put(given.at(folder), command)
    return json.dumps(document).replace('"s-1"', f'"{session}"').replace('"conv-1"', f'"{session}"').encode()


def _put(value: Any, command: str) -> Any:
    """An input with another command."""
    keys = {"command": command, "command_line": command, "commands": [command], "dir_path": "", "workdir": ""}
    if not isinstance(value, dict):
        return value
    kept = {key: each for key, each in value.items() if key not in ("dir_path", "workdir", "preToolUse")}
    return {key: keys.get(key, _put(each, command)) for key, each in kept.items()}


def written(agent: str, path: str, content: str, folder: Path) -> bytes:
    """The input of an agent that is about to write a file."""
    name = "write-0.24.4" if agent == "qwen" else "patch" if agent == "codex" else "write"
    (given,) = (each for each in INPUTS if (each.agent, each.name) == (agent, name))
    lines = "".join(f"+{line}\n" for line in content.splitlines())
    patch = f"*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n"
    keys = {"file_path": path, "path": path, "filePath": path, "command": patch, "new_text": content}
    keys |= {"content": content, "file_text": content, "new_string": content}
    return json.dumps(_replaced(given.at(folder), keys)).encode()


def _replaced(value: Any, keys: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_replaced(each, keys) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: keys.get(key, _replaced(each, keys)) for key, each in value.items()}


@cache
def schema(agent: str, side: str) -> jsonschema.Draft202012Validator:
    """What one side says; `side` is `input` or `output`."""
    return jsonschema.Draft202012Validator(json.loads((_HERE / f"schemas/{agent}.{side}.json").read_text("utf-8")))


def spoken(agent: str, output: Output) -> dict[str, Any]:
    """What an agent is told; `{}` for no opinion.

    Raises:
        AssertionError: the agent would not take it.
    """
    assert output.code in _CODES.get(agent, {0}), output
    if agent == "windsurf":
        found = {"code": output.code, "stdout": output.stdout, "stderr": output.stderr}
        schema(agent, "output").validate(found)
        return found if output.code else {}
    assert output.stderr == ""
    assert output.stdout.isascii()
    if not output.stdout:
        return {}
    assert output.stdout.endswith("\n")
    assert output.stdout.count("\n") == 1
    document: dict[str, Any] = json.loads(output.stdout)
    schema(agent, "output").validate(document)
    return document


def decision(agent: str, output: Output) -> str:
    """`none`, `ask` or `deny`, as the agent understands what it is told."""
    said = spoken(agent, output)
    said = said.get("hookSpecificOutput", said)
    if agent == "windsurf":
        return "deny" if said else "none"
    if agent == "cline":
        return "deny" if said.get("cancel") or "overrideInput" in said else "none"
    found = said.get("permissionDecision") or said.get("permission") or said.get("decision") or "none"
    return "none" if found == "allow" else str(found)


def reason(agent: str, output: Output) -> str:
    """What the model reads."""
    said = spoken(agent, output)
    said = said.get("hookSpecificOutput", said)
    keys = (
        *("permissionDecisionReason", "agent_message", "reason", "stderr", "errorMessage"),
        *("contextModification", "additionalContext", "systemMessage"),
    )
    return next((str(said[key]).rstrip("\n") for key in keys if said.get(key)), "")


def told(agent: str, data: bytes, *, strict: bool = False) -> str:
    """The decision on one input, as the agent understands it."""
    return decision(agent, answered(agent, data, strict=strict))


def whose(agent: str, data: bytes) -> str:
    """The agent in whose shape an input under that name is answered; `""` if nobody's."""
    from slopguard.agents import hook, protocols

    document = hook._document(data)
    return (protocols.told_by(document, agent) if document is not None else "") or agent


ASKING = ("claude-code", "copilot", "cursor", "qwen")
"""The agents that can ask their user before a command; all others refuse instead."""
ALL = tuple(AGENTS)
__all__ = ["ALL", "ASKING", "FOLDER", "INPUTS", "UNKNOWN", "Given", "decision", "reason", "schema", "shell", "spoken"]
__all__ += ["told", "whose", "written"]
