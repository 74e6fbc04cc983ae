"""Codex CLI: Claude Code's shape (`claude_code`), with nothing in it that its schema does not name.

It knows the word `ask` and lets the tool run all the same, so what would be asked is refused.
"""

from __future__ import annotations

from dataclasses import replace

from slopguard.agents.model import Answer, Call, Decision, Output
from slopguard.agents.protocols import claude_code
from slopguard.agents.protocols.interface import Document


def call(document: Document) -> Call:
    """See `interface.Protocol`."""
    return claude_code.call(document, "codex")


def output(answer: Answer, call: Call | None) -> Output:
    """See `interface.Protocol`."""
    if answer.decision is Decision.ASK:
        answer = replace(answer, decision=Decision.DENY)
    answer = replace(answer, reason=answer.reason.removesuffix("."))  # it puts a full stop of its own behind it
    return claude_code.output(answer, call)
