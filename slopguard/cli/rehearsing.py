"""The rehearsal of `slopguard enable`: how many packages of the lock files here the guard would have stopped.

Invariants: the judge that would guard answers, with facts from the clients' own indexes unless told to stay offline,
and which of the two it was is said; nothing of it is written to the ledger, because nothing was asked to be installed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slopguard.config import Settings
from slopguard.guard.enabling.rehearsal import Rehearsal
from slopguard.judge import Judge
from slopguard.lists.loading import refresh
from slopguard.model import OFFLINE, Outcome, Request, Verdict
from slopguard.names import shown
from slopguard.progress import progress

MOST = 5
"""Packages that are named."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What the rehearsal found.

    Args:
        look: what was judged.
        stopped: the verdicts that would have stopped an install.
        offline: whether no index was asked.
    """

    look: Rehearsal
    stopped: tuple[Verdict, ...]
    offline: bool


def rehearse(look: Rehearsal, settings: Settings) -> Rehearsed:
    """Judge everything that lies here."""
    for note in refresh(settings):
        print(note, file=sys.stderr)
    with Judge.open(settings) as judge:
        verdicts = [judge.verdict(request, OFFLINE) for request in look.requests]
        if not settings.offline:
            _ask(judge, look, settings, verdicts)
    return Rehearsed(look, tuple(verdict for verdict in verdicts if verdict.stops), settings.offline)


def lines(done: Rehearsed, folder: Path) -> Iterator[str]:
    """The rehearsal for a person."""
    look = done.look
    if not look.files:
        yield "rehearsal: no lock file here to try it on"
    else:
        names = ", ".join(shown(str(path.relative_to(folder))) for path in look.files[:MOST])
        more = f" and {len(look.files) - MOST} more" if len(look.files) > MOST else ""
        how = ", offline: by the lists alone" if done.offline else ""
        count = len(look.requests)
        yield f"rehearsal on {names}{more}{how}"
        yield f"  {count:,} package{'s' * (count != 1)}: {len(done.stopped):,} would be stopped"
        yield from (f"    {_package(verdict.request)}  {verdict.rule}" for verdict in done.stopped[:MOST])
        if len(done.stopped) > MOST:
            yield f"    and {len(done.stopped) - MOST:,} more"
    yield from (f"  {shown(path.name)} cannot be read, so it was left out" for path in look.unread)
    if look.unasked and not done.offline:
        yield f"  judged by the lists alone, as these clients do not say what they ask: {', '.join(look.unasked)}"


def _package(request: Request) -> str:
    version = f" {shown(request.version)}" if request.version else ""
    return f"{request.ecosystem}:{shown(request.raw)}{version}"


def _ask(judge: Judge, look: Rehearsal, settings: Settings, verdicts: list[Verdict]) -> None:
    """Judge again, with facts, whatever is not blocked already; what no index is known for stays as it is."""
    from slopguard.check.facts import fetch

    asked = {index.ecosystem for index in look.indexes}
    open_ones = [
        at
        for at, verdict in enumerate(verdicts)
        if verdict.outcome is not Outcome.BLOCK and verdict.request.ecosystem in asked
    ]
    wanted: Sequence[Request] = [look.requests[at] for at in open_ones]
    with progress(len(wanted)) as step:
        known = fetch(wanted, look.indexes, settings, step)
    for at, facts in zip(open_ones, known, strict=True):
        verdicts[at] = judge.verdict(look.requests[at], facts)
