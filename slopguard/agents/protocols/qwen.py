"""Qwen Code: Claude Code's shape (`claude_code`), with tools called as Gemini CLI calls them."""

from __future__ import annotations

from slopguard.agents.model import Answer, Call, Output
from slopguard.agents.protocols import claude_code
from slopguard.agents.protocols.interface import Document


def call(document: Document) -> Call:
    """See `interface.Protocol`."""
    return claude_code.call(document, "qwen")


def output(answer: Answer, call: Call | None) -> Output:
    """See `interface.Protocol`."""
    return claude_code.output(answer, call)
