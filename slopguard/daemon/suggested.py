"""A guarded command that an agent's hook saw first: one decision id for both, and what became of the suggestion.

Invariants: nothing here changes a verdict; a person's command is not looked up and leaves no row; that a row could not
be written does not fail an install that worked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from slopguard.daemon.interface import Opening
from slopguard.errors import StoreError
from slopguard.judge import Judge, utc_now
from slopguard.model import Actor, Arrival, Door, Request, Verdict
from slopguard.model.suggesting import Asker, Kind
from slopguard.store.suggestions import Suggested

if TYPE_CHECKING:
    from datetime import datetime

    from slopguard.model import Ecosystem

SAME_COMMAND = timedelta(minutes=10)
"""So long after a hook saw a name, a command with it is taken for the one that the hook saw."""
FOLLOWED = timedelta(days=1)
"""So long a suggestion waits for its installation: an edited manifest is not always installed at once."""

Latest = Mapping[tuple["Ecosystem", str], Suggested]


def door(opening: Opening, judge: Judge) -> Door:
    """The door of a guarded command, in the session of the hook that saw it, if one did.

    An agent that leaves no marker in the environment looks like any program without a terminal (`Actor.CI`).

    Raises:
        StoreError: the database cannot be read.
    """
    if judge.suggested is None or judge.settings.actor is Actor.HUMAN:
        return opening.door
    introduced = {_key(request): True for request in opening.requests if request.arrived is Arrival.INTRODUCED}
    session = judge.suggested.session_of(introduced, utc_now() - SAME_COMMAND)
    return replace(opening.door, session=session or "")


def installed(opening: Opening, judge: Judge, door: Door, judged: Sequence[Verdict]) -> bool:
    """Note what an agent's command that ended well was given: names typed, and names that a hook saw in a file.

    Returns:
        whether that could be noted.
    """
    if judge.suggested is None or judge.settings.actor is Actor.HUMAN:
        return True
    wanted = {_key(one.request): one for one in judged if one.request.arrived is Arrival.INTRODUCED and not one.stops}
    now = utc_now()
    try:
        seen = judge.suggested.latest(wanted, now - FOLLOWED)
        known = judge.settings.actor is Actor.AGENT
        judge.suggested.add(_rows(opening, door, wanted, seen, now, known=known))
    except StoreError:
        return False
    return True


def _rows(
    opening: Opening,
    door: Door,
    wanted: Mapping[tuple[Ecosystem, str], Verdict],
    seen: Latest,
    now: datetime,
    *,
    known: bool,
) -> Iterator[Suggested]:
    """A row for each name that a hook saw and, of a command known to be an agent's, for each that was typed."""
    for key, verdict in wanted.items():
        before = seen.get(key)
        if before is not None:
            asker = Asker(before.agent, before.session, before.model, before.turn)
        elif known and (verdict.request.ecosystem, verdict.request.raw) in opening.said:
            asker = Asker("", door.session)
        else:
            continue
        yield Suggested.of(verdict, asker, Kind.INSTALLED, now)


def _key(request: Request) -> tuple[Ecosystem, str]:
    return request.ecosystem, request.name or request.raw
