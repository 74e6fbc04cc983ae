"""Cline: an executable called `PreToolUse` in its folder of hooks.

Invariant: a refusal reaches the model where the protocol has a way for that. `cancel` ends the whole task, and nobody
reads why; so a command is replaced by one that prints the reason and fails, a patch by a text that is no patch. An
editor's arguments cannot be replaced by ones that do nothing: that call is cancelled, as in versions before 4.
"""

from __future__ import annotations

import shlex

from slopguard.agents import tools
from slopguard.agents.model import Answer, Call, Decision, Event, Output
from slopguard.agents.protocols.interface import EVENTS, Document, arguments_of, as_json, folder, table, text

_COMMANDS, _PATCH = "run_commands", "apply_patch"


def call(document: Document) -> Call:
    """See `interface.Protocol`."""
    name = text(document, "hookName", "hook_event_name")
    said, told = table(document, "tool_call", "tool_result"), table(document, "preToolUse", "postToolUse")
    arguments = arguments_of(said, "input") or _unpacked(arguments_of(told, "parameters"))
    return Call(
        agent="cline",
        event=Event.AFTER if name == "tool_result" else EVENTS.get(name, Event.BEFORE if said else Event.OTHER),
        tool=text(said, "name"),
        cwd=folder(document, "cwd", "workspaceRoots"),
        commands=tools.commands(text(said, "name"), arguments),
        edits=tools.edits(text(said, "name") or text(told, "toolName"), arguments),
        session=text(document, "taskId"),
        model=text(table(document, "model"), "slug", "id") or text(document, "model"),
    )


def output(answer: Answer, call: Call | None) -> Output:
    """See `interface.Protocol`; it has no way to ask, so what would be asked is refused."""
    if answer.decision is Decision.NONE:
        return Output(as_json({"cancel": False, "contextModification": answer.note}) if answer.note else "")
    if call is not None and call.tool == _COMMANDS:
        instead: dict[str, object] = {"commands": [f"printf '%s\\n' {shlex.quote(answer.reason)} >&2; exit 1"]}
    elif call is not None and call.tool == _PATCH:
        instead = {"input": answer.reason}
    else:
        return Output(as_json({"cancel": True, "errorMessage": answer.reason}))
    return Output(as_json({"cancel": False, "overrideInput": instead, "contextModification": answer.reason}))


def _unpacked(parameters: Document) -> Document:
    """Arguments of which each is text, JSON where it was none; those of an MCP server's tool lie one level deeper."""
    found = {key: table(parameters, key) or value for key, value in parameters.items()}
    return {**found, **table(parameters, "arguments")}
