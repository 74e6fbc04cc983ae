"""How often models tell names that are on no list, and how much of what they would tell has been heard.

Invariants: only answers of the first stage count, because those of the second were chosen by what the first gave; only
answers in JSON, but for the control, which stands beside them; intervals are over prompts; echoes of the prompt count
neither as invented nor as real. A name on no list may exist: a rate is an upper bound of what is invented.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slopguard.forecast.campaign.model import Answer, Form, Key, Prompt, Sort, Stage, State
from slopguard.forecast.campaign.stages import Name
from slopguard.forecast.statistics import Coverage, Share, clustered, coverage
from slopguard.model import Ecosystem

POINTS = 40
"""Points of a curve."""


@dataclass(frozen=True, slots=True)
class Rated:
    """The rate of one model in one part of its answers.

    Args:
        by: what the part is of: `all`, `ecosystem`, `kind`, `topic`, `temperature`, `form`.
        value: which part; `""` for `all`.
        names: of the names that it told, the share on no list.
        answers: of its answers, the share with at least one such name.
    """

    model: str
    by: str
    value: str
    names: Share
    answers: Share


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the curve of discovery.

    Args:
        pairs: (model, prompt) pairs that had answered by then.
        unknown: different unknown names by then.
        recurrent: those that two pairs or more had given.
        coverage: as `statistics.Coverage` has it, of unknown names.
    """

    pairs: int
    unknown: int
    recurrent: int
    coverage: float | None


_Row = tuple[Key, Prompt, Answer]
_PARTS: Mapping[str, Callable[[Key, Prompt], str]] = {
    "all": lambda key, prompt: "",
    "ecosystem": lambda key, prompt: prompt.ecosystem.value,
    "kind": lambda key, prompt: prompt.kind.value,
    "topic": lambda key, prompt: prompt.topic,
    "temperature": lambda key, prompt: f"{key.temperature:g}",
}


def rates(
    answers: Mapping[Key, Answer], prompts: Sequence[Prompt], seed: int, existing: frozenset[Name] = frozenset()
) -> tuple[Rated, ...]:
    """The rates of each model: over all, and in each part.

    Args:
        seed: of the intervals.
        existing: unknown names that an index was found to have; they count as real.
    """
    rows = list(first(answers, prompts))
    listed = [row for row in rows if row[1].form is Form.JSON]
    found = [each for by, part in _PARTS.items() for each in _rated(listed, by, part, seed, existing)]
    compared = _both_ways(rows)
    return (*found, *_rated(compared, "form", lambda _, prompt: prompt.form.value, seed, existing))


def covered(
    answers: Mapping[Key, Answer], prompts: Sequence[Prompt], existing: frozenset[Name] = frozenset()
) -> dict[Ecosystem, Coverage]:
    """How much of the unknown names that models would tell was heard, by ecosystem; sightings are pairs."""
    pairs: dict[Name, set[tuple[str, int]]] = defaultdict(set)
    for key, _, answer in first(answers, prompts):
        for name in _unknown(answer, existing):
            pairs[name].add((key.model, key.prompt))
    return {
        ecosystem: coverage(len(found) for name, found in pairs.items() if name[0] is ecosystem)
        for ecosystem in Ecosystem
    }


def curve(
    answers: Mapping[Key, Answer], prompts: Sequence[Prompt], existing: frozenset[Name] = frozenset()
) -> tuple[Point, ...]:
    """How names were found, in the order of the prompts, in at most about `POINTS` points."""
    told: dict[tuple[int, str], set[Name]] = defaultdict(set)
    for key, _, answer in first(answers, prompts):
        told[key.prompt, key.model].update(_unknown(answer, existing))
    times: Counter[Name] = Counter()
    points, step = [], max(1, -(-len(told) // POINTS))
    for number, pair in enumerate(sorted(told), 1):
        times.update(told[pair])
        if number % step == 0 or number == len(told):
            recurrent = sum(count > 1 for count in times.values())
            points.append(Point(number, len(times), recurrent, coverage(times.values()).coverage))
    return tuple(points)


def first(answers: Mapping[Key, Answer], prompts: Sequence[Prompt]) -> Iterator[_Row]:
    """The answers of the first stage."""
    for key, answer in answers.items():
        if key.stage is Stage.DISCOVERY and answer.state is State.ANSWERED:
            yield key, prompts[key.prompt], answer


def _rated(
    rows: Iterable[_Row], by: str, part: Callable[[Key, Prompt], str], seed: int, existing: frozenset[Name]
) -> Iterator[Rated]:
    names: dict[tuple[str, str], dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0, 0]))
    for key, prompt, answer in rows:
        found = names[key.model, part(key, prompt)][prompt.number]
        unknown = len(set(_unknown(answer, existing)))
        counts = (unknown, sum(each.sort is not Sort.ECHOED for each in answer.told), int(unknown > 0), 1)
        for at, count in enumerate(counts):
            found[at] += count
    for (model, value), clusters in sorted(names.items()):
        each = list(clusters.values())
        shares = (clustered([(row[at], row[at + 1]) for row in each], seed) for at in (0, 2))
        yield Rated(model, by, value, *shares)


def _both_ways(rows: Sequence[_Row]) -> list[_Row]:
    """The answers to prompts that were asked for JSON and for code alike, so that the two can be compared."""
    forms: dict[tuple[object, ...], set[Form]] = defaultdict(set)
    for _, prompt, _ in rows:
        forms[_asked(prompt)].add(prompt.form)
    return [row for row in rows if len(forms[_asked(row[1])]) > 1]


def _asked(prompt: Prompt) -> tuple[object, ...]:
    """What a prompt asks, without the form of its answer."""
    return prompt.ecosystem, prompt.kind, prompt.topic, prompt.text.rpartition("\n\n")[0]


def _unknown(answer: Answer, existing: frozenset[Name]) -> Iterator[Name]:
    return (name for each in answer.unknown if (name := (each.ecosystem, each.name)) not in existing)
