"""What every agent's protocol offers, and what most of them have in common.

Invariants: pure; `call` takes any JSON object; `output` gives a valid answer for every `Answer`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import Protocol as Interface

from slopguard.agents.model import Answer, Call, Event, Output
from slopguard.patterns import regex

Document = Mapping[str, Any]


class Protocol(Interface):
    """The hook protocol of one agent."""

    def call(self, document: Document) -> Call:
        """What the agent is about to do."""
        ...

    def output(self, answer: Answer, call: Call | None) -> Output:
        """The answer in the agent's own shape.

        Args:
            call: `None` where the input could not be read.
        """
        ...


EVENTS: Mapping[str, Event] = {
    **dict.fromkeys(
        (
            "PreToolUse",
            "preToolUse",
            "BeforeTool",
            "beforeShellExecution",
            "beforeMCPExecution",
            "permissionRequest",
            "PermissionRequest",
            "pre_run_command",
            "pre_write_code",
            "pre_mcp_tool_use",
            "tool.execute.before",
        ),
        Event.BEFORE,
    ),
    **dict.fromkeys(
        ("PostToolUse", "postToolUse", "AfterTool", "afterShellExecution", "afterFileEdit", "tool.execute.after"),
        Event.AFTER,
    ),
}
"""What agents call the moment at which they run a hook."""
_NO_TOOL = regex(
    r"session|prompt|stop|notification|compact|subagent|agent(?:start|response|thought)|read|workspace", re.I
)
"""In the names of moments at which no tool is about to change anything."""


def event_of(name: str) -> Event:
    """When a hook runs; one that nobody here has heard of comes before a tool unless its name says otherwise.

    A moment that an agent renamed must not switch its hook off.
    """
    if name in EVENTS:
        return EVENTS[name]
    if name.lower().startswith(("post", "after")):
        return Event.AFTER
    return Event.OTHER if _NO_TOOL.search(name) else Event.BEFORE


def text(document: Document, *keys: str) -> str:
    """The first of some keys that holds a text; `""` if none does."""
    return next((value for key in keys if isinstance(value := document.get(key), str)), "")


def table(document: Document, *keys: str) -> Document:
    """The first of some keys that holds an object, or the text of one; empty if none does."""
    for key in keys:
        value = document.get(key)
        if isinstance(value, str) and value.lstrip()[:1] == "{":
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                continue
        if isinstance(value, dict):
            return value
    return {}


def arguments_of(document: Document, *keys: str) -> Document:
    """A tool's arguments: an object, the text of one, or a text that is the one argument (a patch)."""
    found = table(document, *keys)
    said = text(document, *keys)
    return found or ({"patch": said} if said else {})


def folder(document: Document, *keys: str) -> Path:
    """The first of some keys that holds an absolute path, or a list that begins with one; else where we run."""
    for key in keys:
        value = document.get(key)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, str) and "\0" not in value and Path(value).is_absolute():
            return Path(value)
    return Path.cwd()


def as_json(document: Mapping[str, Any]) -> str:
    """One line of JSON in ASCII: no agent's terminal or pipe minds what is in it."""
    return json.dumps(document, separators=(",", ":")) + "\n"
