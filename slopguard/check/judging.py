"""From requests to recorded verdicts, for commands that start no client.

Invariants: nothing is shown that is not in the ledger; the network, and what speaks to it, is only touched for names
whose verdict could depend on it; offline, none of that is even imported.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from slopguard.config import Settings
from slopguard.judge import Judge
from slopguard.lists.loading import refresh
from slopguard.model import OFFLINE, Door, Outcome, Request, Verdict
from slopguard.progress import progress


def judged(requests: Sequence[Request], settings: Settings, cwd: Path, door: Door) -> list[Verdict]:
    """The verdicts on `requests`, in their order, recorded before they are returned.

    Raises:
        EnvironmentFailed: no client is installed whose indexes could be asked, or the ledger cannot be written.
    """
    for note in refresh(settings):
        _say(note)
    with Judge.open(settings) as judge:
        verdicts = looked_at(judge, requests, settings, cwd, door.session)
        judge.record(verdicts, door)
    return verdicts


def looked_at(
    judge: Judge, requests: Sequence[Request], settings: Settings, cwd: Path, session: str = ""
) -> list[Verdict]:
    """The verdicts on `requests`, in their order, not recorded yet.

    Args:
        session: the door's; the judge's own if `""`.

    Raises:
        EnvironmentFailed: no client is installed whose indexes could be asked.
    """
    for note in judge.notes:
        _say(note)
    if settings.offline:
        return [judge.verdict(_placed(request, settings), OFFLINE, session=session or None) for request in requests]
    return _asked(judge, requests, settings, cwd, session or None)


def _say(note: str) -> None:
    sys.stderr.write(f"{note}\n")


def _placed(request: Request, settings: Settings) -> Request:
    from slopguard.check.facts import with_source

    return with_source(request, settings) if settings.internal else request


def _asked(
    judge: Judge, requests: Sequence[Request], settings: Settings, cwd: Path, session: str | None
) -> list[Verdict]:
    """Verdicts with facts from the clients' indexes; a name blocked whatever they say is not asked about."""
    from slopguard.check.facts import fetch, indexes_of, with_source

    ecosystems = dict.fromkeys(request.ecosystem for request in requests)
    routes = {ecosystem: indexes_of(ecosystem, settings, cwd) for ecosystem in ecosystems}
    requests = [with_source(request, settings, routes[request.ecosystem]) for request in requests]
    verdicts = [judge.verdict(request, OFFLINE, session=session) for request in requests]
    open_ones = [at for at, verdict in enumerate(verdicts) if verdict.outcome is not Outcome.BLOCK]
    indexes = tuple(chain.from_iterable(routes.values()))
    with progress(len(open_ones)) as done:
        facts = fetch([requests[at] for at in open_ones], indexes, settings, done)
    for at, known in zip(open_ones, facts, strict=True):
        verdicts[at] = judge.verdict(requests[at], known, session=session)
    return verdicts
