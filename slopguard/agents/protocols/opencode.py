"""opencode: its plugins are code, so ours asks the hook with an input of our own and throws what it answers.

The input: `agent` (`opencode`), `event`, `tool`, `args`, `sessionID`, `directory`. The answer: `decision`, `reason`.
"""

from __future__ import annotations

from slopguard.agents import tools
from slopguard.agents.model import Answer, Call, Decision, Output
from slopguard.agents.protocols.interface import Document, as_json, event_of, folder, table, text


def call(document: Document) -> Call:
    """See `interface.Protocol`."""
    arguments = table(document, "args")
    return Call(
        agent="opencode",
        event=event_of(text(document, "event")),
        tool=text(document, "tool"),
        cwd=folder(document, "directory") / text(arguments, "workdir"),
        commands=tools.commands(text(document, "tool"), arguments),
        edits=tools.edits(text(document, "tool"), arguments),
        session=text(document, "sessionID"),
        model=text(document, "model"),
    )


def output(answer: Answer, call: Call | None) -> Output:
    """See `interface.Protocol`; a plugin can only let a tool run or not, so what would be asked is refused."""
    del call
    if answer.decision is Decision.NONE:
        return Output()
    return Output(as_json({"decision": "deny", "reason": answer.reason}))
