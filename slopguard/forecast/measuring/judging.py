"""From rounds to judgements.

Invariants: pure; `pass` and `fail` rest on an interval that lies on one side of the bound, everything else is
`undetermined`; too little is never enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from slopguard.forecast.measuring.figures import (
    FEWEST_ROUNDS,
    Estimate,
    Likeness,
    alike,
    quantile,
    ratio_of_medians,
    slowdown,
    tolerated,
)
from slopguard.forecast.measuring.model import (
    ACCEPTED,
    FEWEST_SLOW,
    GAIN,
    KL,
    P99,
    Asked,
    Burst,
    Cell,
    Judgement,
    Measured,
    Round,
    Rule,
    Verdict,
)
from slopguard.forecast.statistics import clustered

FEWEST_DRAFTING = 30
"""Prompts that an acceptance must rest on."""
FEWEST_ALIKE = 40
"""Pairs of outputs that must be alike before they count as always alike: then fewer than 7.3 % differ (95 %)."""
COVERED = 0.5
"""The share of sampled places that must have enough samples before they are called alike: the rest may not be."""
_OTHER = "What is sampled is not what the plain server would sample"
_TOO_FEW = "Too few samples to tell two distributions apart, or the server tells no chances"
UNSTEADY = 1.1
"""A plain server whose speed differs from its own by more than this, for certain, stands on an unsteady machine."""
NOISIEST = 1.5
"""The same for its slowest requests."""
OUTAGES = 1
"""Rounds of a cell that may have been begun again: a server that was down and came back. With more, some are lost."""
MISCOUNTED = 1.05
"""Servers that count one token more in twenty for the same texts do not count the same: it would pass for speed."""


def measured(
    cell: Cell,
    same: Sequence[Round],
    pairs: Sequence[Round],
    sampled: Likeness | None,
    seed: int,
    prompts: Sequence[int] | None = None,
) -> Measured:
    """All that is known of a cell.

    Args:
        same: rounds of the plain server against itself.
        pairs: rounds of the plain server against the speculating one.
        sampled: how far its samples lie from the plain server's chances, at this slice and temperature.
        prompts: the number of the prompt of each request in `pairs`; `None`: each has its own.
    """
    asked = [each for pair in pairs for each in pair.other.asked]
    plain = [each for pair in pairs for each in pair.plain.asked]
    judgements = (
        acceptance(asked, seed, prompts),
        output(cell, same, pairs, sampled),
        gain(same, pairs, seed),
        slow(same, pairs, seed),
    )
    return Measured(
        cell,
        judgements,
        sum(each.accepted or 0 for each in asked),
        sum(each.drafted or 0 for each in asked),
        median([pair.plain.speed for pair in pairs] or [0.0]),
        median([pair.other.speed for pair in pairs] or [0.0]),
        quantile([each.seconds for each in plain] or [0.0], 0.95),
        quantile([each.seconds for each in asked] or [0.0], 0.95),
    )


def acceptance(asked: Sequence[Asked], seed: int, prompts: Sequence[int] | None = None) -> Judgement:
    """Whether enough of what was drafted was accepted: over prompts, as tokens of one resemble each other."""
    told = _by_prompt(asked, range(len(asked)) if prompts is None else prompts)
    if not told:
        return _open(Rule.ACCEPTANCE, ACCEPTED, "The server drafted nothing, or does not say so")
    share = clustered(told, seed)
    if share.rate is None or share.low is None or share.high is None:
        return _open(Rule.ACCEPTANCE, ACCEPTED, "The server drafted nothing, or does not say so")
    found = Estimate(share.rate, share.low, share.high, len(told))
    if any(each.drafted is None for each in asked):
        return _open(Rule.ACCEPTANCE, ACCEPTED, "Some answers say nothing of drafts, or contradict themselves", found)
    if len(told) < FEWEST_DRAFTING:
        return _open(Rule.ACCEPTANCE, ACCEPTED, f"It needs {FEWEST_DRAFTING} prompts with drafts", found)
    return above(Rule.ACCEPTANCE, found, ACCEPTED, "Too few drafts are accepted")


def output(cell: Cell, same: Sequence[Round], pairs: Sequence[Round], sampled: Likeness | None) -> Judgement:
    """Whether speculation leaves the output as it is: each greedy answer, or the chances of what is sampled."""
    if cell.temperature == 0.0:
        return _greedy(same, pairs)
    if sampled is not None and sampled.every is not None and sampled.every.kl.low >= KL:
        return Judgement(Rule.OUTPUT, Verdict.FAIL, KL, sampled.every.kl, _OTHER)
    if sampled is not None and sampled.sound is not None and sampled.covered >= COVERED:
        return below(Rule.OUTPUT, sampled.sound.kl, KL, _OTHER)
    found = _alike(pairs)
    if found and found.value == 1.0 and found.count >= FEWEST_ALIKE:  # the same seeds gave the same texts, every time
        return Judgement(Rule.OUTPUT, Verdict.PASS, 1.0, found)
    return _open(Rule.OUTPUT, KL, sampled.why if sampled is not None and sampled.why else _TOO_FEW)


def _greedy(same: Sequence[Round], pairs: Sequence[Round]) -> Judgement:
    found, itself = _alike(pairs), _alike(same)
    if found is None or found.count < FEWEST_ALIKE:
        return _open(Rule.OUTPUT, 1.0, f"It needs {FEWEST_ALIKE} answers of each server that are not empty", found)
    if found.value == 1.0:
        return Judgement(Rule.OUTPUT, Verdict.PASS, 1.0, found)
    if itself is None or itself.value < 1.0:
        return _open(Rule.OUTPUT, 1.0, "The plain server does not repeat its own greedy answers either", found)
    return Judgement(Rule.OUTPUT, Verdict.FAIL, 1.0, found, "Greedy answers differ from the plain server's")


def gain(same: Sequence[Round], pairs: Sequence[Round], seed: int) -> Judgement:
    """Whether it is fast enough to be worth it."""
    itself, found = _ratio(same, seed), _ratio(pairs, seed)
    if found is None or len(pairs) < FEWEST_ROUNDS:
        return _open(Rule.GAIN, GAIN, f"It needs {FEWEST_ROUNDS} paired rounds", found)
    if itself is None or itself.low > UNSTEADY or itself.high < 1.0 / UNSTEADY:
        return _open(Rule.GAIN, GAIN, "The plain server is not as fast as itself: the machine is too unsteady", found)
    if any(each.drafted for pair in (*same, *pairs) for each in pair.plain.asked):
        return _open(Rule.GAIN, GAIN, "The plain server drafts, too: there is nothing to compare with", found)
    if _miscounted(pairs):
        return _open(Rule.GAIN, GAIN, "The two servers count the tokens of the same answers differently", found)
    return above(Rule.GAIN, found, GAIN, "The gain is too small")


def slow(same: Sequence[Round], pairs: Sequence[Round], seed: int) -> Judgement:
    """Whether its slowest requests take longer than the plain server's, beyond what that differs from itself."""
    itself, found = _slowdown(_as_one(same), seed), _slowdown(pairs, seed)
    if outages(same, pairs):
        return _open(Rule.P99, 1.0, "Requests went without an answer now and then: they would be the slowest", found)
    if itself is None or found is None or min(itself.count, found.count) < FEWEST_SLOW:
        return _open(Rule.P99, 1.0, f"It needs {FEWEST_SLOW:,} requests of each server", found)
    bound = tolerated(itself)
    if bound > NOISIEST:
        return _open(Rule.P99, bound, "The plain server's slowest requests differ too much from its own", found)
    return below(Rule.P99, found, bound, "Its slowest requests take longer")


def outages(same: Sequence[Round], pairs: Sequence[Round]) -> bool:
    """Whether more rounds were begun again than `OUTAGES`: no further ones would let p99 be judged."""
    return sum(pair.failed for pair in (*same, *pairs)) > OUTAGES


def above(rule: Rule, found: Estimate, bound: float, why: str) -> Judgement:
    """Held to lie above a bound."""
    if found.low > bound:
        return Judgement(rule, Verdict.PASS, bound, found)
    if found.high <= bound:
        return Judgement(rule, Verdict.FAIL, bound, found, why)
    return _open(rule, bound, "The interval holds the bound: more rounds would tell", found)


def below(rule: Rule, found: Estimate, bound: float, why: str) -> Judgement:
    """Held to lie below a bound."""
    if found.high < bound:
        return Judgement(rule, Verdict.PASS, bound, found)
    if found.low >= bound:
        return Judgement(rule, Verdict.FAIL, bound, found, why)
    return _open(rule, bound, "The interval holds the bound: more samples would tell", found)


def _open(rule: Rule, bound: float, why: str, found: Estimate | None = None) -> Judgement:
    return Judgement(rule, Verdict.UNDETERMINED, bound, found, why)


def _by_prompt(asked: Sequence[Asked], prompts: Sequence[int]) -> list[tuple[int, int]]:
    """Tokens accepted and drafted, a prompt each: one that comes again tells the same once more, if it is greedy."""
    found: dict[int, tuple[int, int]] = {}
    for prompt, one in zip(prompts, asked, strict=True):
        accepted, drafted = found.get(prompt, (0, 0))
        found[prompt] = (accepted + (one.accepted or 0), drafted + (one.drafted or 0))
    return [each for each in found.values() if each[1]]


def _alike(rounds: Iterable[Round]) -> Estimate | None:
    """Two answers without text are the same, and show nothing."""
    same = [one.text == other.text for one, other in _answers(rounds) if one.text or other.text]
    return alike(sum(same), len(same))


def _miscounted(rounds: Iterable[Round]) -> bool:
    """Whether texts that are the same have, in all, so many more tokens on one side that speeds cannot be compared."""
    same = [(one.tokens, other.tokens) for one, other in _answers(rounds) if one.text == other.text]
    counts = sorted(map(sum, zip(*same, strict=True)))
    return bool(same) and counts[1] > MISCOUNTED * counts[0]


def _answers(rounds: Iterable[Round]) -> Iterator[tuple[Asked, Asked]]:
    return (each for pair in rounds for each in zip(pair.plain.asked, pair.other.asked, strict=True))


def _ratio(rounds: Sequence[Round], seed: int) -> Estimate | None:
    return ratio_of_medians([(pair.plain.speed, pair.other.speed) for pair in rounds], seed)


def _as_one(rounds: Sequence[Round]) -> Sequence[Round]:
    """All rounds as one: what is tolerated must not grow because single rounds of the plain server were slow."""
    plain = tuple(each for pair in rounds for each in pair.plain.asked)
    other = tuple(each for pair in rounds for each in pair.other.asked)
    return [Round(Burst(0.0, plain), Burst(0.0, other))]


def _slowdown(rounds: Sequence[Round], seed: int) -> Estimate | None:
    return slowdown([(pair.plain.times, pair.other.times) for pair in rounds], P99, seed)
