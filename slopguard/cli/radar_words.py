"""What `slopguard watch poll` prints, for people and for programs, and its exit code.

Invariant: nothing is printed that a registry wrote, but in the JSON of `--alarms`, made safe to show.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from slopguard.errors import EnvironmentFailed, UsageError
from slopguard.messages import utc
from slopguard.model import Ecosystem
from slopguard.names import shown
from slopguard.patterns import regex
from slopguard.radar import words
from slopguard.radar.choosing import Chosen
from slopguard.radar.memory import Noted
from slopguard.radar.model import State
from slopguard.radar.pace import Why
from slopguard.radar.session import Result

SCHEMA, ALARMS, DUE = "slopguard/watch-poll/1", "slopguard/watch-alarms/1", "slopguard/watch-due/1"
UNASKED = EnvironmentFailed.exit_code
_SPAN = regex(r"([0-9]{1,7})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BECAUSE = {
    Why.DOWN: "it does not answer",
    Why.AUTH: "it refuses the credentials that your client is configured with",
    Why.BUSY: "it asks to be left alone for a while",
    Why.ODD: "it claims to have a name that nobody can have",
}


def span(text: str, option: str) -> float:
    """Seconds in `90s`, `10m`, `6h`, `1d`.

    Raises:
        UsageError: it is none of these.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UsageError(f"{option} takes a span of time", f"For example: {option} 10m")
    return float(int(found[1]) * _UNITS[found[2]])


def exit_code(result: Result, news: Sequence[Noted], deaf: Mapping[Ecosystem, EnvironmentFailed]) -> int:
    """1 for alarms that are new, 4 if something that was due could not be asked, else 0.

    A few names without an answer are asked about next time and change nothing; a host that was left alone, a feed
    that could not be read, an ecosystem without a client, and no answer at all are something.
    """
    if news:
        return 1
    nothing = result.tally.failed > 0 and not result.tally.asked
    return UNASKED if result.stopped or deaf or nothing or any(each.failed for each in result.heard) else 0


def print_poll(result: Result, news: Sequence[Noted], deaf: Mapping[Ecosystem, EnvironmentFailed], form: str) -> None:
    """What a poll came to: alarms first, what went wrong on stderr, a summary last."""
    if form == "json":
        click.echo(json.dumps(_as_json(result, news, deaf), indent=1))
        return
    for noted in news:
        click.echo(words.line(noted.alarm))
    for note in _notes(result, deaf):
        print(f"slopguard: {note}", file=sys.stderr)
    click.echo(f"slopguard: {_summary(result, news)}")


def _summary(result: Result, news: Sequence[Noted]) -> str:
    tally = result.tally
    told = {
        State.FREE: "free",
        State.BEFORE: "registered before they were predicted",
        State.UNDATED: "registered nobody knows when",
        State.APPEARED: "registered since",
    }
    parts = [f"{tally.states[state]:,} {text}" for state, text in told.items() if tally.states.get(state)]
    parts += [f"{tally.failed:,} without an answer"] if tally.failed else []
    asked = f"{tally.asked + tally.failed:,} watched names asked about" + (f": {', '.join(parts)}" if parts else "")
    alarms = f"{len(news)} new alarm{'' if len(news) == 1 else 's'}"
    return f"{asked}; {alarms}{'' if tally.whole else '; the rest is due at the next poll'}"


def _notes(result: Result, deaf: Mapping[Ecosystem, EnvironmentFailed]) -> Iterator[str]:
    for ecosystem, why in deaf.items():
        yield f"{ecosystem}: {why}, so none of its watched names was asked about. Or name it in [upstream.{ecosystem}]"
    for host, cause in result.stopped.items():
        yield f"{host} was left alone: {_BECAUSE[cause]}"
    for heard in result.heard:
        of = f"the feed of {heard.feed.ecosystem}"
        if heard.failed:
            yield f"{of} could not be read to its end; the next poll goes on there"
        if heard.gap:
            yield f"{of} may have left names out since the last poll; poll more often"
    if result.undelivered:
        yield f"the webhook has not taken {result.undelivered} alarms yet; the next poll tries again"


def _as_json(result: Result, news: Sequence[Noted], deaf: Mapping[Ecosystem, EnvironmentFailed]) -> dict[str, Any]:
    tally = result.tally
    feeds = [
        {"ecosystem": each.feed.ecosystem, "names": each.names, "watched": each.hits, "gap": each.gap,
         "failed": each.failed}
        for each in result.heard
    ]  # fmt: skip
    return {
        "schema": SCHEMA,
        "alarms": [words.about(noted.alarm) for noted in news],
        "summary": {
            "asked": tally.asked,
            **{state.value: tally.states.get(state, 0) for state in State},
            "unanswered": tally.failed,
            "gone": tally.gone,
            "complete": tally.whole and not deaf,
        },
        "left_alone": [{"host": host, "why": why.value} for host, why in result.stopped.items()],
        "not_asked": [ecosystem.value for ecosystem in deaf],
        "feeds": feeds,
        "undelivered": result.undelivered,
    }


def print_alarms(noted: Sequence[Noted], form: str) -> None:
    """Every alarm there was."""
    if form == "json":
        found = [{**words.reviewed(each.alarm), **_followed(each)} for each in noted]
        click.echo(json.dumps({"schema": ALARMS, "alarms": found}, indent=1))
        return
    for each in noted:
        alarm = each.alarm
        first = f"first upload {utc(alarm.found.first)}" if alarm.found.first is not None else "no dates"
        free = f"last seen free {utc(alarm.free)}" if alarm.free is not None else "never seen free"
        click.echo(words.line(alarm))
        click.echo(f"  seen {utc(alarm.seen)}; {free}; {first}; {len(alarm.found.files)} files; {alarm.id}")
    if not noted:
        print("slopguard: no alarms.", file=sys.stderr)


def _followed(noted: Noted) -> dict[str, str | None]:
    moments = {"ledger": noted.written, "watchlist": noted.marked, "webhook": noted.delivered, "shown": noted.told}
    return {what: when.isoformat() if when is not None else None for what, when in moments.items()}


def print_due(due: Sequence[Chosen], form: str, *, more: bool) -> None:
    """The names that would be asked about, in their order."""
    if form == "json":
        found = [
            {"ecosystem": target.ecosystem, "name": target.name, "rank": target.rank, "origin": target.origin}
            for target, _ in due
        ]
        click.echo(json.dumps({"schema": DUE, "names": found, "more": more}, indent=1))
        return
    for target, record in due:
        rank = f"rank {target.rank:,}" if target.rank is not None else target.origin
        asked = f"asked {utc(record.asked)}" if record is not None else "never asked"
        click.echo(f"{target.ecosystem}:{shown(target.name)}  {rank}  {asked}")
    if more:
        print("slopguard: and more; --limit says how many are listed", file=sys.stderr)
    if not due:
        print("slopguard: nothing is due.", file=sys.stderr)
