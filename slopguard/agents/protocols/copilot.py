"""GitHub Copilot, CLI and cloud agent: `preToolUse` in `.github/hooks/*.json`.

A tool's arguments come as an object, as its text, or as the text of a patch. It reads the hooks of Claude Code in a
repository too, and gives those an input in their shape.
"""

from __future__ import annotations

from slopguard.agents import tools
from slopguard.agents.model import Answer, Call, Decision, Event, Output
from slopguard.agents.protocols.interface import EVENTS, Document, arguments_of, as_json, folder, text


def call(document: Document) -> Call:
    """See `interface.Protocol`; without a name for the event, an input without a result is one before the tool."""
    arguments = arguments_of(document, "toolArgs", "tool_args", "tool_input")
    event = text(document, "hookEventName", "hook_event_name", "event")
    after = "toolResult" in document or "tool_result" in document
    return Call(
        agent="copilot",
        tool=text(document, "toolName", "tool_name"),
        event=EVENTS.get(event, Event.AFTER if after else Event.BEFORE),
        cwd=folder(document, "cwd"),
        commands=tools.commands(text(document, "toolName", "tool_name"), arguments),
        edits=tools.edits(text(document, "toolName", "tool_name"), arguments),
        session=text(document, "sessionId", "session_id"),
        model=text(document, "model"),
        ran=True if after else None,
    )


def output(answer: Answer, call: Call | None) -> Output:
    """See `interface.Protocol`."""
    del call
    if answer.decision is Decision.NONE:
        return Output(as_json({"additionalContext": answer.note}) if answer.note else "")
    return Output(as_json({"permissionDecision": answer.decision.value, "permissionDecisionReason": answer.reason}))
