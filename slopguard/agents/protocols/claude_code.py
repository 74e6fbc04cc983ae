"""Claude Code: `PreToolUse` in `settings.json`, answered by `hookSpecificOutput`.

Codex CLI and Qwen Code took over this shape; where they differ stands in their own modules.
"""

from __future__ import annotations

from slopguard.agents import tools
from slopguard.agents.model import Answer, Call, Decision, Output
from slopguard.agents.protocols.interface import Document, arguments_of, as_json, event_of, folder, text


def call(document: Document, agent: str = "claude-code") -> Call:
    """See `interface.Protocol`.

    Args:
        agent: whose input it is.
    """
    tool, arguments = text(document, "tool_name"), arguments_of(document, "tool_input")
    return Call(
        agent=agent,
        event=event_of(text(document, "hook_event_name")),
        tool=tool,
        cwd=folder(document, "cwd") / text(arguments, "workdir", "directory", "dir_path"),
        commands=tools.commands(tool, arguments),
        edits=tools.edits(tool, arguments),
        session=text(document, "session_id"),
        turn=text(document, "prompt_id", "turn_id"),
        model=text(document, "model"),
        ran=True if text(document, "hook_event_name") == "PostToolUse" else None,
    )


def output(answer: Answer, call: Call | None) -> Output:
    """See `interface.Protocol`."""
    del call
    said: dict[str, str] = {"hookEventName": "PreToolUse"}
    if answer.decision is Decision.NONE:
        return Output(as_json({"hookSpecificOutput": said | {"additionalContext": answer.note}}) if answer.note else "")
    said |= {"permissionDecision": answer.decision.value, "permissionDecisionReason": answer.reason}
    return Output(as_json({"hookSpecificOutput": said}))
