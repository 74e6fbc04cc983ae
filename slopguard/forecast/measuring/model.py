"""What a bench is made of: cells, rounds, judgements, and the servers that it was about.

Invariants: nothing here does I/O; a judgement has an interval or says why it has none; no text of a model is kept, only
its digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from slopguard.forecast.measuring.figures import Estimate

JSON_SLICE = "json"
SLICES = ("name", "code", "text", JSON_SLICE, "tool")
"""The kinds of requests that are told apart; `reference.slices` words them."""
ACCEPTED, GAIN, KL, P99 = 0.65, 1.3, 0.02, 0.99
"""What a cell must show: drafts accepted above, a gain above, a divergence below; and no slower slowest 1 %."""
FEWEST_SLOW = 1_000
"""Requests of each server that a p99 must rest on: ten of them are slower than it."""


class Rule(StrEnum):
    """What is judged of each cell."""

    ACCEPTANCE = "acceptance"
    OUTPUT = "same-output"
    GAIN = "gain"
    P99 = "p99"


class Verdict(StrEnum):
    """What is known of it: that it holds, that it does not, or neither."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What is measured by itself.

    Args:
        slice: one of `SLICES`.
        concurrency: requests under way at once.
    """

    slice: str
    temperature: float
    concurrency: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and how thoroughly.

    Args:
        requests: of each server in one round; more where more are under way at once (`of_round`).
        rounds: paired rounds of a cell, and as many of the plain server against itself before.
        longest: tokens that an answer may have.
        samples: of each prompt, for the divergence of what is sampled; 0: it is not measured.
        contexts: prompts of each slice that are sampled from.
        p99: cells that pass all else get as many rounds as it takes to judge their p99.
    """

    slices: tuple[str, ...] = SLICES
    temperatures: tuple[float, ...] = (0.0, 0.7, 1.0)
    concurrencies: tuple[int, ...] = (1, 4)
    requests: int = 8
    rounds: int = 8
    longest: int = 48
    samples: int = 1200
    contexts: int = 4
    seed: int = 1
    p99: bool = False

    def of_round(self, cell: Cell) -> int:
        """Requests of one round of a cell: at least twice as many as are under way at once, or none ever would be."""
        return max(self.requests, 2 * cell.concurrency) if cell.concurrency > 1 else self.requests

    def for_p99(self, cell: Cell) -> int:
        """Rounds of a cell that its p99 can be judged by."""
        return max(self.rounds, -(-FEWEST_SLOW // self.of_round(cell)))

    def cells(self) -> Iterator[Cell]:
        """All cells, in the order in which they are measured."""
        return (
            Cell(kind, temperature, concurrency)
            for kind in self.slices
            for temperature in self.temperatures
            for concurrency in self.concurrencies
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """Which server something is true of; another one is another server.

    Args:
        engine: what serves, such as `llama.cpp`; empty where it is not known.
        model, build: as the server says.
        flags: how it speculates, as far as it says.
    """

    engine: str
    model: str
    build: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Stands for all of it."""
        parts = (self.engine, self.model, self.build, *(f"{key}={value}" for key, value in sorted(self.flags.items())))
        return sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that was answered.

    Args:
        seconds: from sending it to its whole answer.
        tokens: of the answer.
        text: the start of the answer's digest; "" where it has no text, as when all of its tokens were hidden thoughts.
        drafted, accepted: tokens; `None` where the server says nothing of it.
    """

    seconds: float
    tokens: int
    text: str
    drafted: int | None = None
    accepted: int | None = None


@dataclass(frozen=True, slots=True)
class Burst:
    """The requests that one server was sent in one round."""

    seconds: float
    asked: tuple[Asked, ...]

    @property
    def speed(self) -> float:
        """Tokens a second, over all of them."""
        return sum(each.tokens for each in self.asked) / self.seconds if self.seconds > 0.0 else 0.0

    @property
    def times(self) -> tuple[float, ...]:
        """Seconds of each of them."""
        return tuple(each.seconds for each in self.asked)


@dataclass(frozen=True, slots=True)
class Round:
    """The same requests to the plain server and to the other: the speculating one, or the plain one once more.

    Args:
        failed: it was begun before, and a server left a request without an answer.
    """

    plain: Burst
    other: Burst
    failed: bool = False

    def __post_init__(self) -> None:
        if len(self.plain.asked) != len(self.other.asked):
            raise ValueError("a round has the same requests to both")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of one rule in one cell.

    Args:
        bound: what the interval was held against.
        estimate: `None` where there is none.
        why: of a judgement that is not `pass`, one sentence in our words.
    """

    rule: Rule
    verdict: Verdict
    bound: float
    estimate: Estimate | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A cell with its judgements.

    Args:
        accepted, drafted: tokens, over all its requests.
        plain_speed, other_speed: tokens a second, the medians of its rounds.
        plain_p95, other_p95: seconds.
    """

    cell: Cell
    judgements: tuple[Judgement, ...]
    accepted: int = 0
    drafted: int = 0
    plain_speed: float = 0.0
    other_speed: float = 0.0
    plain_p95: float = 0.0
    other_p95: float = 0.0

    @property
    def whole(self) -> bool:
        """Whether each rule was judged once, and passed by nothing without an interval."""
        bare = any(each.verdict is Verdict.PASS and each.estimate is None for each in self.judgements)
        return sorted(each.rule for each in self.judgements) == sorted(Rule) and not bare

    @property
    def verdict(self) -> Verdict:
        """Of the cell: `pass` only where all rules pass, `fail` where one fails."""
        found = {each.verdict for each in self.judgements}
        if Verdict.FAIL in found:
            return Verdict.FAIL
        return Verdict.PASS if found == {Verdict.PASS} and self.whole else Verdict.UNDETERMINED

    @property
    def lacks_p99(self) -> bool:
        """Whether all else passed."""
        found = {each.rule for each in self.judgements if each.verdict is not Verdict.PASS}
        return found == {Rule.P99} and self.of(Rule.P99).verdict is Verdict.UNDETERMINED

    def of(self, rule: Rule) -> Judgement:
        """The judgement of one rule."""
        return next(each for each in self.judgements if each.rule is rule)
