"""A guarded command that an agent's hook saw first: one decision id for both, and what became of the suggestion.

Invariants: nothing here changes a verdict; a person's command is not looked up and leaves no row; that a row could not
be written does not fail an install that worked, it is said in one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from slopguard.errors import StoreError
from slopguard.guard import lines
from slopguard.judge import Judge, utc_now
from slopguard.model import Actor, Arrival, Door, Request, Verdict
from slopguard.store.suggestions import Asker, Kind, Suggested

if TYPE_CHECKING:
    from datetime import datetime

    from slopguard.clients.interface import Invocation
    from slopguard.model import Ecosystem

SAME_COMMAND = timedelta(minutes=10)
"""So long after a hook saw a name, a command with it is taken for the one that the hook saw."""
FOLLOWED = timedelta(days=1)
"""So long a suggestion waits for its installation: an edited manifest is not always installed at once."""
UNNOTED = "slopguard: it is installed, but that could not be noted for: slopguard log report"

Latest = Mapping[tuple["Ecosystem", str], Suggested]


def door(call: Invocation, judge: Judge, requests: Sequence[Request]) -> Door:
    """The door of a guarded command, in the session of the hook that saw it, if one did.

    An agent that leaves no marker in the environment looks like any program without a terminal (`Actor.CI`).

    Raises:
        StoreError: the database cannot be read.
    """
    found = Door(call.client, command=lines.typed(call))
    if judge.suggested is None or judge.settings.actor is Actor.HUMAN:
        return found
    introduced = {_key(request): True for request in requests if request.arrived is Arrival.INTRODUCED}
    session = judge.suggested.session_of(introduced, utc_now() - SAME_COMMAND)
    return Door(found.name, found.command, session or "")


def installed(call: Invocation, judge: Judge, door: Door, judged: Sequence[Verdict]) -> None:
    """Note what an agent's command that ended well was given: names typed, and names that a hook saw in a file."""
    if judge.suggested is None or judge.settings.actor is Actor.HUMAN:
        return
    wanted = {_key(one.request): one for one in judged if one.request.arrived is Arrival.INTRODUCED and not one.stops}
    now = utc_now()
    try:
        seen = judge.suggested.latest(wanted, now - FOLLOWED)
        judge.suggested.add(_rows(call, door, wanted, seen, now, known=judge.settings.actor is Actor.AGENT))
    except StoreError:
        lines.say(UNNOTED)


def _rows(
    call: Invocation,
    door: Door,
    wanted: Mapping[tuple[Ecosystem, str], Verdict],
    seen: Latest,
    now: datetime,
    *,
    known: bool,
) -> Iterator[Suggested]:
    """A row for each name that a hook saw and, of a command known to be an agent's, for each that was typed."""
    typed = {(sighting.ecosystem, sighting.raw) for sighting in call.typed}
    for key, verdict in wanted.items():
        before = seen.get(key)
        if before is not None:
            asker = Asker(before.agent, before.session, before.model, before.turn)
        elif known and (verdict.request.ecosystem, verdict.request.raw) in typed:
            asker = Asker("", door.session)
        else:
            continue
        yield Suggested.of(verdict, asker, Kind.INSTALLED, now)


def _key(request: Request) -> tuple[Ecosystem, str]:
    return request.ecosystem, request.name or request.raw
