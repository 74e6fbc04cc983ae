"""The verdicts on what an agent is about to bring in, with what is known of how often it asked.

Invariants: every verdict is in the ledger, and every name among the suggestions, before an agent is answered; an index
is asked only about names that would be refused without it, and only when the settings are not offline.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from slopguard.agents.model import Call
from slopguard.agents.words import MINUTES
from slopguard.judge import Judge
from slopguard.model import OFFLINE, Door, Ecosystem, Existence, Facts, Outcome, Request, Verdict
from slopguard.store.suggestions import Asker, Kind, Suggested, door_session

if TYPE_CHECKING:
    from pathlib import Path

    from slopguard.config import Settings
    from slopguard.indexes import Index

DOOR = "hook"
UNHEARD = Facts(Existence.DOWN)
"""What is known of an index that no client here could name."""
_OPEN = (Outcome.QUARANTINE, Outcome.UNCHECKED)
"""What an index could change; a name that a list allows is not asked about before a command that may never run."""


_JOINTS = re.compile(r"\s*[;\n|&()]+\s*")
"""What stands between commands, roughly: quotes are not looked at."""
_ELSE = "..."


@dataclass(frozen=True, slots=True)
class Group:
    """Some questions that one call raises.

    Args:
        kind: how the agent came to name them.
        requests: the questions.
        mismatched: those of them that a lock file holds with other digests than before.
    """

    kind: Kind
    requests: Sequence[Request]
    mismatched: Sequence[Request] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts, in the order of the questions.

    Args:
        groups: the verdicts of each group.
        times: how often the one of the refused names that was asked for most was asked for in `MINUTES`, this included.
    """

    groups: tuple[tuple[Verdict, ...], ...]
    times: int = 1


def judged(groups: Sequence[Group], call: Call, settings: Settings) -> Judged:
    """Judge what a call brings in, and write it down.

    Raises:
        SlopguardError: the lists, a client's configuration or the database cannot be used.
    """
    session = door_session(call.agent, call.session)
    with Judge.open(settings) as judge:
        found = [[_alone(judge, request, group, session) for request in group.requests] for group in groups]
        if not settings.offline:
            _with_facts(judge, found, groups, call.cwd, session)
        times = _times(judge, [verdict for verdicts in found for verdict in verdicts], session)
        asker = Asker(call.agent, session, call.model, call.turn)
        pairs = zip(groups, found, strict=True)
        suggested = [Suggested.of(verdict, asker, group.kind) for group, verdicts in pairs for verdict in verdicts]
        flat = [verdict for verdicts in found for verdict in verdicts]
        judge.record(flat, Door(DOOR, _command(call), session), suggested=suggested)
    return Judged(tuple(map(tuple, found)), times)


def _alone(judge: Judge, request: Request, group: Group, session: str) -> Verdict:
    return judge.verdict(request, OFFLINE, hash_mismatch=request in group.mismatched, session=session)


def _with_facts(judge: Judge, found: list[list[Verdict]], groups: Sequence[Group], cwd: Path, session: str) -> None:
    """Answer again, with what the indexes say, where that could change something."""
    places = [
        (row, at) for row, verdicts in enumerate(found) for at, one in enumerate(verdicts) if one.outcome in _OPEN
    ]
    known = _facts([found[row][at].request for row, at in places], judge.settings, cwd)
    for (row, at), facts in zip(places, known, strict=True):
        request, group = found[row][at].request, groups[row]
        mismatch = request in group.mismatched
        found[row][at] = judge.verdict(request, facts, hash_mismatch=mismatch, session=session)


def _facts(requests: Sequence[Request], settings: Settings, cwd: Path) -> list[Facts]:
    """What the indexes say about each, in order."""
    from slopguard.check.facts import fetch, indexes_of
    from slopguard.errors import EnvironmentFailed

    routes: dict[Ecosystem, tuple[Index, ...]] = {}
    for ecosystem in dict.fromkeys(request.ecosystem for request in requests):
        try:
            routes[ecosystem] = indexes_of(ecosystem, settings, cwd)
        except EnvironmentFailed:
            continue
    asked = [request for request in requests if request.ecosystem in routes]
    everything = [index for found in routes.values() for index in found]
    known = iter(fetch(asked, everything, settings, lambda: None) if asked else ())
    return [next(known) if request.ecosystem in routes else UNHEARD for request in requests]


def _times(judge: Judge, verdicts: Sequence[Verdict], session: str) -> int:
    """See `Judged.times`."""
    stopped = [verdict for verdict in verdicts if verdict.stops]
    if judge.suggested is None or not stopped:
        return 1
    since = stopped[0].decided - timedelta(minutes=MINUTES)
    asked = partial(judge.suggested.asked, session=session, since=since)
    return 1 + max(asked(v.request.ecosystem, v.request.name or v.request.raw) for v in stopped)


def _command(call: Call) -> str:
    """What the ledger says of the call: its commands that name a client, or which files it edits.

    An agent's other commands are nobody's business, and hold passwords in more ways than any filter knows.
    """
    if call.commands:
        from slopguard.commands.mention import mentioned

        pieces = [piece for text in call.commands for piece in _JOINTS.split(text) if piece]
        said = [piece if mentioned(f"{piece} ") else _ELSE for piece in pieces]
        return " ; ".join(piece for at, piece in enumerate(said) if piece != _ELSE or said[at - 1 : at] != [_ELSE])
    return "edit " + " ".join(os.path.basename(edit.path) for edit in call.edits)  # noqa: PTH119 any text is a path
