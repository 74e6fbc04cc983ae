"""What became of agents' suggestions: the figures of `slopguard log report`.

Invariants: a rate counts a name once in each session (a *proposal*), so that an agent which repeats itself is not
counted twice; what is only told (imports, commands in documents) is counted apart; every figure is of the rows given.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slopguard.forecast import statistics
from slopguard.model import Ecosystem
from slopguard.model.suggesting import Kind
from slopguard.store.suggestions import Suggested

MOST = 10
"""Invented names that are listed."""

Name = tuple[Ecosystem, str]
Call = Sequence[Suggested]
"""What one call of an agent suggested."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % Wilson score interval; all three are `None` where there is nothing to take a share of."""

    part: int
    of: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(slots=True)
class Figures:
    """The figures of one agent with one model.

    Args:
        agent, model: as the hook told them; `""`: an agent without a hook, a model that was not told.
        sessions: conversations in which it suggested something.
        suggestions: names in commands, edits and questions to the MCP server, every time.
        kinds: how many of them came each way.
        names: different names.
        proposals: names, each once a session.
        invented: the share of proposals that nobody vouches for and that no index has, or models are known to invent.
        refused: suggestions that were refused.
        rules: how many of them by which rule.
        recovered: refusals after which everything in the very next call of the session was let through.
        repeated: refusals after which the next call suggested the same name, refused again.
        others: refusals after which the next call suggested something else that was refused.
        gave_up: refusals after which the session suggested nothing more.
        replaced: refusals after which the session's next call with names of that ecosystem suggested another name and
            was let through: a part of the others, counted beside them.
        installed: names, each once a session, that a guarded client was given and that ended in 0.
        imports, documents: what was only told: modules that sources import, names in commands of documents.
    """

    agent: str
    model: str
    sessions: int = 0
    suggestions: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    names: int = 0
    proposals: int = 0
    invented: Rate = Rate(0, 0, None, None, None)
    refused: int = 0
    rules: Mapping[str, int] = field(default_factory=dict)
    recovered: int = 0
    repeated: int = 0
    others: int = 0
    gave_up: int = 0
    replaced: int = 0
    installed: int = 0
    imports: int = 0
    documents: int = 0


@dataclass(frozen=True, slots=True)
class Invention:
    """A name that agents invented, in how many sessions and which agents."""

    ecosystem: Ecosystem
    name: str
    sessions: int
    agents: tuple[str, ...]


def figures(rows: Iterable[Suggested]) -> list[Figures]:
    """The figures of each agent and model, by name.

    Args:
        rows: in the order they were written.
    """
    rows = list(rows)
    parts: dict[tuple[str, str], list[Suggested]] = defaultdict(list)
    for row in rows:
        parts[row.agent, row.model].append(row)
    found = {key: _counted(*key, part) for key, part in sorted(parts.items())}
    for calls in _sessions(rows):
        for refused, following, same in _followed(calls):
            _judge_reaction(found[refused.agent, refused.model], refused, following, same)
    return list(found.values())


def most_invented(rows: Iterable[Suggested]) -> list[Invention]:
    """The names that were invented in most sessions, at most `MOST`."""
    sessions: dict[Name, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        if row.invented and row.kind.answered:
            sessions[row.ecosystem, row.name].add((row.agent, row.session))
    order = sorted(sessions, key=lambda name: (-len(sessions[name]), name))
    return [
        Invention(*name, len(sessions[name]), tuple(sorted({agent for agent, _ in sessions[name]})))
        for name in order[:MOST]
    ]


def wilson(part: int, of: int) -> Rate:
    """`part` of `of` with its 95 % Wilson score interval: sound for few trials and for shares near 0 and 1."""
    if not of:
        return Rate(part, of, None, None, None)
    return Rate(part, of, part / of, *statistics.wilson(part, of))


def _counted(agent: str, model: str, rows: Sequence[Suggested]) -> Figures:
    """Everything that can be told without looking at what came next."""
    answered = [row for row in rows if row.kind.answered]
    kinds = Counter(row.kind for row in rows)
    proposals = {_proposal(row) for row in answered}
    return Figures(
        agent,
        model,
        sessions=len({row.session for row in rows if row.kind is not Kind.INSTALLED}),
        suggestions=len(answered),
        kinds={kind.value: count for kind, count in sorted(kinds.items()) if kind.answered},
        names=len({(row.ecosystem, row.name) for row in answered}),
        proposals=len(proposals),
        invented=wilson(len({_proposal(row) for row in answered if row.invented}), len(proposals)),
        refused=sum(row.stopped for row in answered),
        rules=dict(Counter(row.rule for row in answered if row.stopped).most_common()),
        installed=len({_proposal(row) for row in rows if row.kind is Kind.INSTALLED}),
        imports=kinds[Kind.IMPORT],
        documents=kinds[Kind.TEXT],
    )


def _proposal(row: Suggested) -> tuple[str, Ecosystem, str]:
    return row.session, row.ecosystem, row.name


def _sessions(rows: Iterable[Suggested]) -> Iterator[list[Call]]:
    """The calls of each session, in order; only what a door may refuse."""
    sessions: dict[str, dict[int, list[Suggested]]] = defaultdict(dict)
    for row in rows:
        if row.kind.answered:
            sessions[row.session].setdefault(row.batch, []).append(row)
    for calls in sessions.values():
        yield list(calls.values())


def _followed(calls: Sequence[Call]) -> Iterator[tuple[Suggested, Call, bool]]:
    """Each refusal with the session's next call (empty: none), and whether the next of its ecosystem replaced it."""
    following: Call = ()
    of_ecosystem: dict[Ecosystem, Call] = {}
    for call in reversed(calls):
        for row in call:
            if row.stopped:
                yield row, following, _replaces(of_ecosystem.get(row.ecosystem, ()), call)
        following = call
        for ecosystem in {row.ecosystem for row in call}:
            of_ecosystem[ecosystem] = [row for row in call if row.ecosystem is ecosystem]


def _replaces(following: Call, refused: Call) -> bool:
    """Whether a call was let through with a name that the refused call did not have."""
    before = {(row.ecosystem, row.name) for row in refused}
    new = any((row.ecosystem, row.name) not in before for row in following)
    return new and not any(row.stopped for row in following)


def _judge_reaction(found: Figures, refused: Suggested, following: Call, replaced: bool) -> None:
    stopped = {(row.ecosystem, row.name) for row in following if row.stopped}
    if not following:
        found.gave_up += 1
    elif not stopped:
        found.recovered += 1
    elif (refused.ecosystem, refused.name) in stopped:
        found.repeated += 1
    else:
        found.others += 1
    found.replaced += replaced
