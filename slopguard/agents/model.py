"""What an agent is about to do, and what it is answered: the common ground of all agents' protocols.

Invariant: everything here is data; text in a `Call` is the agent's own and may be hostile; text in an `Answer` is fixed
words, names from the call and names from signed lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Event(StrEnum):
    """When a hook runs."""

    BEFORE = "before"
    AFTER = "after"
    OTHER = "other"
    """Something that no answer is wanted for."""


class Decision(StrEnum):
    """What an agent is told."""

    NONE = "none"
    """No opinion: the agent asks its user as it would without us."""
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Replacement:
    """A piece of a file and what stands in its place afterwards; `every`: wherever it occurs, not only once."""

    old: str
    new: str
    every: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """What a tool does to one file.

    Args:
        path: as the agent gave it; a relative one starts at the call's folder.
        content: the whole new content; `None` where only pieces are replaced.
        replacements: pieces that are replaced, in order; with `old == ""` a piece that is added.
        removed: the file goes away (a patch deletes it, or moves it away).
        unread: the call does not say what the file will hold.
    """

    path: str
    content: str | None = None
    replacements: tuple[Replacement, ...] = ()
    removed: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool, whatever the agent calls it.

    Args:
        agent: whose protocol it came in, a key of `protocols.AGENTS`.
        tool: what the agent calls the tool.
        cwd: the folder that the tool works in.
        commands: shell text that will run.
        edits: files that will change.
        session: the agent's own name for the conversation; `""` if it tells none.
        turn: its name for the user's message that is worked on; `""` if it tells none.
        model: the model's name as told; `""` if it is not.
        ran: of an `AFTER` event: whether the tool did its work (`None`: not told).
    """

    agent: str
    event: Event = Event.OTHER
    tool: str = ""
    cwd: Path = Path()
    commands: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    session: str = ""
    turn: str = ""
    model: str = ""
    ran: bool | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the agent is told.

    Args:
        reason: to the model, several lines of fixed words; of `DENY` and `ASK`.
        user: the same for the user, one line.
        note: with `NONE`: something the model should know, where the agent has a channel for it.
    """

    decision: Decision = Decision.NONE
    reason: str = ""
    user: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """What the hook's process leaves: standard output, standard error, exit code."""

    stdout: str = ""
    stderr: str = ""
    code: int = 0


NOTHING = Answer()
"""No opinion."""
