"""Gemini CLI: `BeforeTool` in `settings.json`, answered by a `decision`; standard output must be JSON alone."""

from __future__ import annotations

from dataclasses import replace

from slopguard.agents.model import Answer, Call, Decision, Output
from slopguard.agents.protocols import claude_code
from slopguard.agents.protocols.interface import Document, as_json, text


def call(document: Document) -> Call:
    """See `interface.Protocol`."""
    found = claude_code.call(document, "gemini")
    return replace(found, ran=True) if text(document, "hook_event_name") == "AfterTool" else found


def output(answer: Answer, call: Call | None) -> Output:
    """See `interface.Protocol`; it has no way to ask, so what would be asked is refused."""
    del call
    if answer.decision is Decision.NONE:
        return Output(as_json({"systemMessage": answer.note}) if answer.note else "")
    return Output(as_json({"decision": "deny", "reason": answer.reason, "systemMessage": answer.user}))
