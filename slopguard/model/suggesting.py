"""How agents come to name packages, and who speaks: what hooks, the MCP server and the database have in common.

Invariant: nothing here needs a database; a hook that asks the daemon has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

SESSION_DIGITS = 16
"""Hexadecimal digits of a door's session."""


class Kind(StrEnum):
    """How an agent came to name a package."""

    COMMAND = "command"
    EDIT = "edit"
    IMPORT = "import"
    """A module that edited source text imports; told, never refused."""
    TEXT = "text"
    """A command in a document that it wrote; told, never refused."""
    MCP = "mcp"
    """It asked the MCP server."""
    INSTALLED = "installed"
    """No suggestion: a guarded client that was given the name ended well."""

    @property
    def answered(self) -> bool:
        """Whether it is a suggestion that a door may refuse."""
        return self in (Kind.COMMAND, Kind.EDIT, Kind.MCP)


@dataclass(frozen=True, slots=True)
class Asker:
    """Which agent speaks.

    Args:
        agent: a key of `agents.protocols.AGENTS`.
        session: the door's, of `door_session`.
        model: as the agent tells it; `""` if it does not.
        turn: the agent's name for the user's message that it works on; `""` if it tells none.
    """

    agent: str
    session: str
    model: str = ""
    turn: str = ""


def door_session(agent: str, session: str, now: datetime | None = None) -> str:
    """The session of the doors below one conversation with an agent.

    An agent that does not tell which conversation it is has one a day (UTC): its refusals are counted all the same,
    and a later day's have decision ids of their own.

    Args:
        session: the agent's own name for the conversation; `""` if it tells none.
        now: the moment, aware; the clock by default.
    """
    told = session or f"\0{(now or datetime.now(UTC)).astimezone(UTC):%Y-%m-%d}"
    return sha256(f"{agent}\0{told}".encode("utf-8", "surrogatepass")).hexdigest()[:SESSION_DIGITS]
