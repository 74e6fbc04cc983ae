"""`slopguard log report` for people, for programs (`slopguard/agents/1`) and as Markdown.

Invariant: names of packages, models, agents and rules are one line of printable ASCII, whatever the database holds; in
Markdown each stands in a code span that it cannot end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from slopguard.messages import utc
from slopguard.names import phrase
from slopguard.reports.hallucination import Figures, Invention, Rate, figures, most_invented
from slopguard.store.suggestions import Suggested

SCHEMA = "slopguard/agents/1"
NO_AGENT, NO_MODEL = "(no hook)", "(model not told)"
HEADS = (
    "agent",
    "model",
    "suggestions",
    "names",
    "invented",
    "refused",
    "recovered in one turn",
    "replaced",
    "same name again",
    "gave up",
    "installed",
)
LONGEST = 80
"""Characters of a name that are shown."""
_LITERAL = str.maketrans({"`": "\\x60", "|": "\\x7c"})


def text(rows: Sequence[Suggested], since: datetime) -> str:
    """For people."""
    lines = [f"What agents suggested since {utc(since)}"]
    for one in figures(rows):
        lines += ["", f"{_agent(one)}  {_model(one)}"]
        lines += [f"  {label:<12} {value}" for label, value in _fields(one)]
    invented = most_invented(rows)
    if invented:
        lines += ["", "Most invented names"]
        lines += [f"  {_sessions(one.sessions):>12}  {_name(one)}  {_by(one)}" for one in invented]
    return "\n".join(lines)


def markdown(rows: Sequence[Suggested], since: datetime) -> str:
    """For a page or a comment."""
    lines = [f"### What agents suggested since {utc(since)}", "", *_table(HEADS, map(_cells, figures(rows)))]
    invented = most_invented(rows)
    if invented:
        cells = ([_code(_name(one)), f"{one.sessions:,}", _code(_by(one))] for one in invented)
        lines += ["", "#### Most invented names", "", *_table(("name", "sessions", "agents"), cells)]
    return "\n".join(lines)


def as_json(rows: Sequence[Suggested], since: datetime) -> str:
    """For programs."""
    agents = [_object(one) for one in figures(rows)]
    invented = [asdict(one) for one in most_invented(rows)]
    said = {"schema": SCHEMA, "since": since.isoformat(timespec="seconds"), "agents": agents, "most_invented": invented}
    return json.dumps(said, indent=1)


def _fields(one: Figures) -> Iterator[tuple[str, str]]:
    yield "suggestions", f"{one.suggestions:,} in {_sessions(one.sessions)}: {_counts(one.kinds)}"
    yield "names", f"{one.names:,}; each counted once a session: {one.proposals:,}"
    yield "invented", _rate(one.invented)
    yield "refused", f"{one.refused:,}" + (f": {_counts(one.rules)}" if one.rules else "")
    if one.refused:
        yield "then", ", ".join(f"{count:,} {what}" for what, count in _reactions(one))
        yield "replaced", f"{one.replaced:,} by another name that was let through"
    yield "installed", f"{one.installed:,} by a guarded client"
    yield "only told", f"imports {one.imports:,}, in documents {one.documents:,}"


def _reactions(one: Figures) -> Iterator[tuple[str, int]]:
    """What the refused did next; together as many as were refused."""
    yield "recovered in one turn", one.recovered
    yield "same name again", one.repeated
    yield "another refused name", one.others
    yield "gave up", one.gave_up


def _object(one: Figures) -> dict[str, Any]:
    return {
        "agent": one.agent,
        "model": one.model,
        "sessions": one.sessions,
        "suggestions": {"total": one.suggestions, **one.kinds},
        "names": one.names,
        "proposals": one.proposals,
        "invented": asdict(one.invented),
        "refused": {"total": one.refused, "rules": dict(one.rules)},
        "then": {
            "recovered_in_one_turn": one.recovered,
            "same_name_again": one.repeated,
            "another_refused_name": one.others,
            "gave_up": one.gave_up,
        },
        "replaced": one.replaced,
        "installed": one.installed,
        "only_told": {"imports": one.imports, "documents": one.documents},
    }


def _cells(one: Figures) -> list[str]:
    numbers = (one.recovered, one.replaced, one.repeated, one.gave_up, one.installed)
    return [
        _code(_agent(one)),
        _code(_model(one)),
        f"{one.suggestions:,}",
        f"{one.names:,}",
        _rate(one.invented),
        _rules(one),
        *(f"{number:,}" for number in numbers),
    ]


def _table(heads: Sequence[str], rows: Iterator[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for cells in rows:
        yield f"| {' | '.join(cells)} |"


def _rate(rate: Rate) -> str:
    if rate.rate is None or rate.low is None or rate.high is None:
        return "no names"
    return f"{rate.part:,} of {rate.of:,}: {rate.rate:.1%} (95 %: {rate.low:.1%} to {rate.high:.1%})"


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{_safe(what)} {count:,}" for what, count in counted.items()) or "none"


def _rules(one: Figures) -> str:
    rules = ", ".join(f"{_code(_safe(rule))} {count:,}" for rule, count in one.rules.items())
    return f"{one.refused:,}" + (f" ({rules})" if rules else "")


def _sessions(count: int) -> str:
    return f"{count:,} session{'' if count == 1 else 's'}"


def _agent(one: Figures) -> str:
    return _safe(one.agent) if one.agent else NO_AGENT


def _model(one: Figures) -> str:
    return _safe(one.model) if one.model else NO_MODEL


def _name(one: Invention) -> str:
    return f"{one.ecosystem}:{_safe(one.name)}"


def _by(one: Invention) -> str:
    return ", ".join(_safe(agent) if agent else NO_AGENT for agent in one.agents)


def _safe(text: str) -> str:
    """Text of the database: it was made fit to print before it was written, unless somebody else wrote it."""
    return text[:LONGEST] if text.isascii() and text.isprintable() else phrase(text)


def _code(text: str) -> str:
    return f"`{text.translate(_LITERAL)}`"
