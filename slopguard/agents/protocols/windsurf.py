"""Windsurf: `pre_run_command`, `pre_write_code` and `pre_mcp_tool_use` in `hooks.json`.

It knows exit codes alone: 2 refuses, and standard error says why.
"""

from __future__ import annotations

from slopguard.agents import tools
from slopguard.agents.model import Answer, Call, Decision, Output
from slopguard.agents.protocols.interface import Document, event_of, folder, table, text

REFUSED = 2


def call(document: Document) -> Call:
    """See `interface.Protocol`."""
    told = table(document, "tool_info")
    arguments = {**told, **table(told, "mcp_tool_arguments", "arguments")}
    return Call(
        agent="windsurf",
        event=event_of(text(document, "agent_action_name")),
        cwd=folder(told, "cwd"),
        commands=tools.commands(text(told, "mcp_tool_name"), arguments),
        edits=tools.edits(text(told, "mcp_tool_name"), arguments),
        session=text(document, "trajectory_id"),
        turn=text(document, "execution_id"),
        model=text(document, "model_name", "model"),
    )


def output(answer: Answer, call: Call | None) -> Output:
    """See `interface.Protocol`; it has no way to ask, so what would be asked is refused."""
    del call
    if answer.decision is Decision.NONE:
        return Output()
    return Output(stderr=f"{answer.reason}\n", code=REFUSED)
