"""From rounds to verdicts: too little is never enough, one round never decides, an interval must lie on one side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.forecast.measuring.figures import FEWEST_ROUNDS, Divergence, Estimate, Likeness
from slopguard.forecast.measuring.judging import FEWEST_ALIKE, FEWEST_SLOW, acceptance, measured
from slopguard.forecast.measuring.model import Asked, Burst, Cell, Measured, Round, Rule, Verdict

GREEDY, WARM = Cell("json", 0.0, 1), Cell("json", 0.7, 4)
Change = Callable[[Asked], Asked]
PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.UNDETERMINED
_CLOSE = Divergence(Estimate(0.001, -0.003, 0.005, 4000), 0.004, 0.5, 4)
_FAR = Divergence(Estimate(0.27, 0.25, 0.29, 4000), 0.28, 200.0, 4)
_UNSURE = Divergence(Estimate(0.015, -0.01, 0.04, 400), 0.04, 1.2, 1)
CLOSE, FAR, UNSURE = (Likeness(each, each, 0.8) for each in (_CLOSE, _FAR, _UNSURE))
FEW_PLACES, FAR_IN_FEW = Likeness(_CLOSE, _CLOSE, 0.3), Likeness(_CLOSE, _FAR, 0.8)


def burst(speed: float, count: int, accepted: float | None, random: Random, text: str = "same") -> Burst:
    """Requests of 40 tokens each; a share of 100 drafts accepted, if there are any."""
    asked = tuple(
        Asked(
            40 / speed * random.lognormvariate(0, 0.05),
            40,
            f"{text}-{number}",
            None if accepted is None else 100,
            None if accepted is None else min(100, max(0, round(100 * random.gauss(accepted, 0.02)))),
        )
        for number in range(count)
    )
    return Burst(sum(each.seconds for each in asked), asked)


def rounds(
    number: int, count: int, gain: float, accepted: float | None = 0.9, *, text: str = "same", slow: float = 1.0
) -> list[Round]:
    random = Random(number * count)
    made = []
    for _ in range(number):
        plain, other = burst(100.0, count, None, random), burst(100.0 * gain, count, accepted, random, text)
        late = tuple(Asked(e.seconds * slow, e.tokens, e.text, e.drafted, e.accepted) for e in other.asked)
        made.append(Round(plain, Burst(other.seconds, late)))
    return made


def verdicts(cell: Cell, same: list[Round], pairs: list[Round], sampled: Likeness | None = None) -> dict[Rule, Verdict]:
    return {each.rule: each.verdict for each in measured(cell, same, pairs, sampled, 1).judgements}


def test_a_server_that_gains_everywhere_passes_everything() -> None:
    found = measured(GREEDY, rounds(8, 130, 1.0), rounds(8, 130, 1.9), None, 1)
    assert found.verdict is PASS
    assert {each.verdict for each in found.judgements} == {PASS}
    assert found.of(Rule.GAIN).estimate is not None
    assert found.plain_speed == pytest.approx(100, rel=0.05)


def test_a_plain_server_against_itself_gains_nothing_and_drafts_nothing() -> None:
    found = verdicts(GREEDY, rounds(8, 130, 1.0), rounds(8, 130, 1.0, None))
    assert found == {Rule.ACCEPTANCE: OPEN, Rule.OUTPUT: PASS, Rule.GAIN: FAIL, Rule.P99: found[Rule.P99]}
    assert found[Rule.P99] is not FAIL


def test_low_acceptance_fails_whatever_the_gain() -> None:
    found = measured(GREEDY, rounds(8, 20, 1.0), rounds(8, 20, 1.9, 0.4), None, 1)
    assert found.of(Rule.ACCEPTANCE).verdict is FAIL
    assert found.verdict is FAIL


def test_prompts_that_come_again_tell_no_more_than_once() -> None:
    """What is greedy is accepted as it was before: forty prompts are forty, however often they are asked."""
    random = Random(3)
    once = [Asked(1.0, 40, str(number), 100, random.randint(38, 100)) for number in range(40)]
    few, many, blind = acceptance(once, 1), acceptance(once * 20, 1, [*range(40)] * 20), acceptance(once * 20, 1)
    assert few.estimate is not None
    assert many.estimate is not None
    assert blind.estimate is not None
    assert many.verdict is few.verdict is OPEN
    assert many.estimate.low == pytest.approx(few.estimate.low, abs=0.02)
    assert many.estimate.count == len(once)
    assert blind.verdict is PASS  # what it would say if each of them were news


def test_an_acceptance_about_the_bound_is_undetermined() -> None:
    assert verdicts(GREEDY, rounds(8, 10, 1.0), rounds(8, 10, 1.9, 0.65))[Rule.ACCEPTANCE] is OPEN


@pytest.mark.parametrize("number", range(1, FEWEST_ROUNDS))
def test_few_rounds_say_nothing_of_a_gain_however_large(number: int) -> None:
    assert verdicts(GREEDY, rounds(number, 50, 1.0), rounds(number, 50, 9.0))[Rule.GAIN] is OPEN


def test_a_gain_on_a_machine_that_is_not_as_fast_as_itself_is_undetermined() -> None:
    assert verdicts(GREEDY, rounds(8, 20, 1.6), rounds(8, 20, 1.9))[Rule.GAIN] is OPEN


def test_slowest_requests_need_a_thousand() -> None:
    fewer = FEWEST_SLOW // 8 - 1
    assert verdicts(GREEDY, rounds(8, fewer, 1.0), rounds(8, fewer, 1.9))[Rule.P99] is OPEN
    assert verdicts(GREEDY, rounds(8, fewer + 1, 1.0), rounds(8, fewer + 1, 1.9))[Rule.P99] is PASS


def test_slowest_requests_that_take_longer_fail_though_the_gain_passes() -> None:
    found = verdicts(GREEDY, rounds(8, 130, 1.0), rounds(8, 130, 1.9, slow=4.0))
    assert found[Rule.P99] is FAIL
    assert found[Rule.GAIN] is PASS


def test_single_slow_rounds_of_the_plain_server_do_not_let_another_be_as_slow() -> None:
    """One round was slow on the one side, one on the other: in all, the plain server's slowest are like its own."""
    same = rounds(8, 130, 1.0)

    def late(each: Asked) -> Asked:
        return replace(each, seconds=1.4 * each.seconds)

    same[:2] = [*changed(same[:1], late), *changed(same[1:2], other=late)]
    judged = measured(GREEDY, same, rounds(8, 130, 1.0, slow=1.25), None, 1).of(Rule.P99)
    assert judged.verdict is FAIL
    assert judged.bound < 1.15


@pytest.mark.parametrize(("failed", "verdict"), [(1, PASS), (2, OPEN)])
def test_requests_without_an_answer_are_the_slowest_but_for_one_outage(failed: int, verdict: Verdict) -> None:
    pairs = rounds(8, 130, 1.9)
    pairs[:failed] = [replace(each, failed=True) for each in pairs[:failed]]
    assert verdicts(GREEDY, rounds(8, 130, 1.0), pairs)[Rule.P99] is verdict


def test_greedy_answers_that_differ_fail() -> None:
    assert verdicts(GREEDY, rounds(8, 20, 1.0), rounds(8, 20, 1.9, text="other"))[Rule.OUTPUT] is FAIL


def test_greedy_answers_are_not_held_to_what_the_plain_server_does_not_keep_either() -> None:
    same = rounds(8, 20, 1.0, text="other")
    assert verdicts(GREEDY, same, rounds(8, 20, 1.9, text="other"))[Rule.OUTPUT] is OPEN


def test_a_few_greedy_answers_alike_say_nothing() -> None:
    few = (FEWEST_ALIKE - 1) // 3
    assert verdicts(GREEDY, rounds(3, few, 1.0), rounds(3, few, 1.9))[Rule.OUTPUT] is OPEN


@pytest.mark.parametrize(
    ("sampled", "verdict"), [(CLOSE, PASS), (FAR, FAIL), (UNSURE, OPEN), (FEW_PLACES, OPEN), (FAR_IN_FEW, FAIL)]
)
def test_samples_pass_or_fail_by_their_interval(sampled: Likeness, verdict: Verdict) -> None:
    found = verdicts(WARM, rounds(8, 20, 1.0), rounds(8, 20, 1.9, text="other"), sampled)
    assert found[Rule.OUTPUT] is verdict


def test_the_same_texts_for_the_same_seeds_do_without_chances_and_other_texts_do_not() -> None:
    assert verdicts(WARM, rounds(8, 20, 1.0), rounds(8, 20, 1.9))[Rule.OUTPUT] is PASS
    assert verdicts(WARM, rounds(8, 20, 1.0), rounds(8, 20, 1.9, text="other"))[Rule.OUTPUT] is OPEN


def changed(made: list[Round], plain: Change = lambda each: each, other: Change = lambda each: each) -> list[Round]:
    """The same rounds with other answers."""
    return [Round(of(pair.plain, plain), of(pair.other, other)) for pair in made]


def of(burst: Burst, change: Change) -> Burst:
    return Burst(burst.seconds, tuple(map(change, burst.asked)))


def silent(each: Asked) -> Asked:
    return replace(each, text="")


@pytest.mark.parametrize("cell", [GREEDY, WARM])
def test_answers_without_text_are_no_evidence_of_the_same_output(cell: Cell) -> None:
    """As of a model whose tokens were all hidden thoughts."""
    same, pairs = (changed(rounds(8, 20, gain), silent, silent) for gain in (1.0, 1.9))
    assert verdicts(cell, same, pairs)[Rule.OUTPUT] is OPEN
    assert verdicts(GREEDY, rounds(8, 20, 1.0), changed(rounds(8, 20, 1.9), other=silent))[Rule.OUTPUT] is FAIL


def test_an_acceptance_of_which_some_answers_say_nothing_is_undetermined() -> None:
    """What contradicts itself is dropped: what is left is not a fair sample."""
    dropped = replace(rounds(1, 1, 1.0)[0].other.asked[0], drafted=None, accepted=None)
    assert verdicts(GREEDY, rounds(8, 20, 1.0), rounds(8, 20, 1.9))[Rule.ACCEPTANCE] is PASS
    told = changed(rounds(8, 20, 1.9), other=lambda each: dropped if each.text == "same-3" else each)
    assert verdicts(GREEDY, rounds(8, 20, 1.0), told)[Rule.ACCEPTANCE] is OPEN


@pytest.mark.parametrize("gain", [0.9, 1.9])
def test_a_gain_over_a_plain_server_that_drafts_is_none(gain: float) -> None:
    drafting = changed(rounds(8, 20, gain), lambda each: replace(each, drafted=30, accepted=20))
    assert verdicts(GREEDY, rounds(8, 20, 1.0), drafting)[Rule.GAIN] is OPEN


def test_a_gain_of_a_server_that_counts_more_tokens_in_the_same_texts_is_undetermined() -> None:
    many = changed(rounds(8, 20, 1.9), other=lambda each: replace(each, tokens=2 * each.tokens))
    assert verdicts(GREEDY, rounds(8, 20, 1.0), many)[Rule.GAIN] is OPEN
    one_more = changed(rounds(8, 20, 1.9), other=lambda each: replace(each, tokens=each.tokens + 1))
    assert verdicts(GREEDY, rounds(8, 20, 1.0), one_more)[Rule.GAIN] is PASS


@given(
    number=st.integers(0, 9),
    count=st.integers(1, 4),
    gain=st.floats(0.2, 5.0),
    accepted=st.none() | st.floats(0.0, 1.0),
)
def test_a_cell_passes_only_with_an_interval_on_the_right_side_of_each_bound(
    number: int, count: int, gain: float, accepted: float | None
) -> None:
    found = measured(WARM, rounds(number, count, 1.0), rounds(number, count, gain, accepted), None, 1)
    for each in found.judgements:
        if each.verdict is not OPEN:
            assert each.estimate is not None
        if each.verdict is not PASS:
            assert each.why
    _sides(found)


def _sides(found: Measured) -> None:
    for rule in (Rule.ACCEPTANCE, Rule.GAIN):
        judged = found.of(rule)
        if judged.verdict is PASS:
            assert judged.estimate is not None
            assert judged.estimate.low > judged.bound
    assert found.verdict is not PASS  # a p99 of so few requests is never determined
