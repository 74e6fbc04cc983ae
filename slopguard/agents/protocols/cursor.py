"""Cursor: `beforeShellExecution`, `beforeMCPExecution` and `preToolUse` in `hooks.json`.

What it may run is allowed in so many words: where it is told to refuse what a hook does not answer, silence is a
refusal. Asking works before commands only; before a change of a file what would be asked is refused.
"""

from __future__ import annotations

from slopguard.agents import tools
from slopguard.agents.model import Answer, Call, Decision, Output
from slopguard.agents.protocols.interface import Document, arguments_of, as_json, event_of, folder, text

_WORDS = {Decision.NONE: "allow", Decision.ASK: "ask", Decision.DENY: "deny"}


def call(document: Document) -> Call:
    """See `interface.Protocol`."""
    event = text(document, "hook_event_name")
    arguments = arguments_of(document, "tool_input")
    own = {"command": text(document, "command")} if event.endswith("ShellExecution") else {}
    changed = document if event == "afterFileEdit" else arguments
    return Call(
        agent="cursor",
        tool=event if event.endswith("Execution") else text(document, "tool_name"),
        event=event_of(event),
        cwd=folder({**document, **_own_folder(arguments)}, "cwd", "workspace_roots"),
        commands=(*tools.commands("", own), *tools.commands(text(document, "tool_name"), arguments)),
        edits=tools.edits(text(document, "tool_name"), changed),
        session=text(document, "conversation_id", "session_id"),
        turn=text(document, "generation_id"),
        model=text(document, "model"),
        ran=True if event == "afterShellExecution" else None,
    )


def _own_folder(arguments: Document) -> Document:
    """The folder that a tool was told to work in."""
    told = text(arguments, "working_directory", "cwd")
    return {"cwd": told} if told else {}


def output(answer: Answer, call: Call | None) -> Output:
    """See `interface.Protocol`."""
    asks = call is None or call.tool.endswith("Execution")
    said = {"permission": "deny" if answer.decision is Decision.ASK and not asks else _WORDS[answer.decision]}
    if answer.decision is not Decision.NONE:
        said |= {"user_message": answer.user, "agent_message": answer.reason}
    elif answer.note:
        said |= {"agent_message": answer.note}
    return Output(as_json(said))
