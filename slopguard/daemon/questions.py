"""What one call of an agent's tool asks, and what comes of it; light, because every hook imports it.

A hook asks twice where it must: first without indexes, since what signed lists decide needs none, and finding out a
client's indexes may mean to start it. What is left open then is asked again, with the indexes.

Invariants: an answer that leaves nothing open is in the ledger, and its names among the suggestions; one that leaves
something open was not written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from slopguard.config import Settings
from slopguard.indexes import Index
from slopguard.model import Ecosystem, Request
from slopguard.model.suggesting import Asker, Kind

if TYPE_CHECKING:
    from slopguard.model import Verdict

MINUTES = 10
"""So far back what is asked for again is counted."""


@dataclass(frozen=True, slots=True)
class Group:
    """Some questions that one call raises.

    Args:
        kind: how the agent came to name them.
        requests: the questions.
        mismatched: those of them that a lock file holds with other digests than before.
    """

    kind: Kind
    requests: tuple[Request, ...]
    mismatched: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Routes:
    """Which indexes the clients here use.

    Args:
        ecosystems: those whose client could say; of any other nothing is heard.
        indexes: theirs, credentials included.
        env: the caller's variables that say how indexes are reached (`interface.SURROUNDINGS`), and no others.
    """

    ecosystems: tuple[Ecosystem, ...]
    indexes: tuple[Index, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Questions:
    """All that one call asks.

    Args:
        settings: the effective settings, a snapshot.
        groups: the questions.
        asker: which agent speaks, in the door's session.
        command: what the ledger says of the call.
        routes: `None` where nobody looked for them yet.
    """

    settings: Settings
    groups: tuple[Group, ...]
    asker: Asker
    command: str
    routes: Routes | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """What comes of them.

    Args:
        groups: of each group the verdicts that refuse, in order; those of mode `observe` are not enforced.
        times: how often the one of the refused names that was asked for most was asked for in `MINUTES`, this included.
        open: the ecosystems whose indexes could change something; then there is nothing else, and it is to be asked
            again with routes.
    """

    groups: tuple[tuple[Verdict, ...], ...] = ()
    times: int = 1
    open: tuple[Ecosystem, ...] = ()
