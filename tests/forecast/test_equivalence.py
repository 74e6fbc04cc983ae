"""Whether what vLLM and SGLang sample under speculation is told from what they would sample without, by their tokens.

The engines are simulators that hold a known distribution (`token_servers`); the client, HTTP and statistics are real.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from math import log
from pathlib import Path
from random import Random

import pytest

from slopguard.forecast.campaign.openai import Manners
from slopguard.forecast.engines import tokenwise
from slopguard.forecast.engines.table import ENGINES
from slopguard.forecast.engines.tokenwise import NoData, Tokenwise
from slopguard.forecast.measuring import equivalence
from slopguard.forecast.measuring.bench import Bench, begun
from slopguard.forecast.measuring.equivalence import Drawn
from slopguard.forecast.measuring.figures import Context, Likeness, likeness
from slopguard.forecast.measuring.judging import output
from slopguard.forecast.measuring.model import Cell, Judgement, Measured, Plan, Rule, Verdict
from slopguard.forecast.measuring.servers import Wanted, opened
from slopguard.forecast.measuring.state import Benches
from tests.forecast.token_servers import CERTAIN, MOST, NO_LIST, NOTHING, TOO_FEW, TokenServer, chances, server

MANNERS = Manners(timeout=30.0, tries=1, at_once=4)
SAMPLES, PROMPTS = 600, ("Name ten packages.", "Which package reads YAML?")
BOTH = pytest.mark.parametrize("engine", sorted(MOST))


def drawn(plain: TokenServer, other: TokenServer, temperature: float = 1.0, samples: int = SAMPLES) -> Drawn:
    async def doing() -> Drawn:
        async with opened(Wanted(other.url, plain.url, manners=MANNERS)) as pair:
            assert equivalence.able(pair.plain, pair.other)
            return await equivalence.drawn(pair.plain, pair.other, PROMPTS, samples, temperature, 4)

    return asyncio.run(doing())


def judged(found: Likeness, temperature: float = 1.0) -> Judgement:
    return output(Cell("name", temperature, 4), [], [], found)


def between(plain: TokenServer, other: TokenServer, temperature: float = 1.0, samples: int = SAMPLES) -> Judgement:
    with plain, other:
        return judged(drawn(plain, other, temperature, samples).likeness(1), temperature)


@BOTH
@pytest.mark.parametrize("temperature", [0.7, 1.0])
def test_an_honest_server_passes(engine: str, temperature: float) -> None:
    found = between(server(engine), server(engine), temperature)
    assert found.verdict is Verdict.PASS, found


@BOTH
@pytest.mark.parametrize("temperature", [0.7, 1.0])
def test_a_server_that_keeps_wrong_drafts_fails(engine: str, temperature: float) -> None:
    found = between(server(engine), server(engine, wrong=1.0), temperature)
    assert found.verdict is Verdict.FAIL, found


@BOTH
def test_log_probabilities_of_the_speculating_server_are_not_looked_at(engine: str) -> None:
    assert between(server(engine), server(engine, lies=CERTAIN)).verdict is Verdict.PASS
    assert between(server(engine), server(engine, lies=CERTAIN, wrong=1.0)).verdict is Verdict.FAIL


@BOTH
@pytest.mark.parametrize(
    ("lies", "why"),
    [
        (CERTAIN, tokenwise.IMPOSSIBLE),
        (NOTHING, tokenwise.EMPTY),
        (TOO_FEW, tokenwise.EMPTY),
        (NO_LIST, tokenwise.NO_CHANCES),
    ],
)
def test_log_probabilities_that_hold_nothing_are_no_certainty(engine: str, lies: str, why: str) -> None:
    found = between(server(engine, lies=lies), server(engine), samples=200)
    assert (found.verdict, found.why) == (Verdict.UNDETERMINED, why)


@BOTH
def test_tokens_that_are_not_those_of_the_text_say_nothing(engine: str) -> None:
    for odd in (server(engine, shift=1), server(engine, mixed=True)):
        found = between(server(engine), odd, samples=200)
        assert (found.verdict, found.why) == (Verdict.UNDETERMINED, tokenwise.OTHER_TEXT)


@BOTH
def test_answers_of_another_length_than_asked_for_say_nothing(engine: str) -> None:
    for odd in (server(engine, cut=1), server(engine, endless=True)):
        found = between(server(engine), odd, samples=200)
        assert (found.verdict, found.why) == (Verdict.UNDETERMINED, tokenwise.LENGTH)


@BOTH
@pytest.mark.parametrize("path", ["/tokenize", "/detokenize", "/v1/completions", "/generate"])
def test_a_server_without_the_interface_is_undetermined_with_the_reason(engine: str, path: str) -> None:
    lacking = [server(engine, lacks=frozenset({path})) for _ in range(2)]
    found = between(*lacking, samples=200)
    used = any(path in each.asked for each in lacking)
    assert found.verdict is Verdict.UNDETERMINED
    assert (found.why == tokenwise.REFUSED) is used
    assert used or path in ("/v1/completions", "/generate")  # each engine has one of these


@BOTH
@pytest.mark.parametrize(("status", "why"), [(501, tokenwise.REFUSED), (200, tokenwise.OTHER_SHAPE)])
@pytest.mark.parametrize("path", ["/tokenize", "/detokenize"])
def test_what_a_server_would_say_again_does_not_end_a_bench(engine: str, path: str, status: int, why: str) -> None:
    lacking = [server(engine, lacks=frozenset({path}), lacking=status) for _ in range(2)]
    found = between(*lacking, samples=200)
    assert (found.verdict, found.why) == (Verdict.UNDETERMINED, why)


@BOTH
def test_a_server_that_tells_no_chances_costs_two_requests(engine: str) -> None:
    plain, other = server(engine, lies=NOTHING), server(engine)
    assert between(plain, other).why == tokenwise.EMPTY
    assert sum(map(len, plain.asked.values())) == 2
    assert not other.asked


@BOTH
def test_so_many_requests_as_samples_and_starts_are_sent(engine: str) -> None:
    with server(engine) as plain, server(engine) as other:
        found = drawn(plain, other)
    going = "/v1/completions" if engine == "vllm" else "/generate"
    assert len(other.asked[going]) == SAMPLES * len(PROMPTS)
    assert len(other.asked["/detokenize"]) == len(PROMPTS)
    assert len(plain.asked[going]) == len(found.behind) + len(PROMPTS) + 1  # a first look at each, and one start
    assert len(found.behind) <= 3 * SAMPLES // equivalence.OFTEN * len(PROMPTS)
    assert all(len(each.exact) <= MOST[engine] + 1 for each in found.behind)


@BOTH
def test_a_list_that_is_longer_than_asked_for_is_no_data(engine: str) -> None:
    with pytest.raises(NoData, match=tokenwise.IMPOSSIBLE):
        way(engine).exact(listing(engine, [(token, -20.0) for token in range(100_000)]))


def listing(engine: str, pairs: list[tuple[object, object]]) -> dict[str, object]:
    """An answer with such a list."""
    if engine == "vllm":
        top = {f"token_id:{token}": value for token, value in pairs}
        return {"choices": [{"logprobs": {"top_logprobs": [top]}}]}
    return {"meta_info": {"output_top_logprobs": [[[value, token, None] for token, value in pairs]]}}


def way(engine: str) -> Tokenwise:
    found = ENGINES[engine].tokenwise
    assert found is not None
    return found


EVEN = [(token, log(1 / 24)) for token in range(24)]


@BOTH
@pytest.mark.parametrize(
    "odd",
    [
        lambda pairs: [*pairs[:-1], (23, float("nan"))],
        lambda pairs: [*pairs[:-1], (23, "-3.1")],
        lambda pairs: [*pairs[:-1], (23, True)],
        lambda pairs: [*pairs[:-1], (23, -(10**400))],
        lambda pairs: [*pairs[:-1], (23, 4.0)],
        lambda pairs: [*pairs[:-1], (-1, -3.1)],
        lambda pairs: [*pairs[:-1], ("x", -3.1)],
        lambda pairs: [*pairs[:-1], (2**40, -3.1)],
        lambda pairs: [(0, 0.0), *((token, -9999.0) for token, _ in pairs[1:])],
        lambda pairs: pairs[: min(20, len(pairs) - 1)],  # cut short
        lambda pairs: [],
    ],
)
def test_what_is_no_distribution_is_no_data(
    engine: str, odd: Callable[[list[tuple[int, float]]], list[tuple[object, object]]]
) -> None:
    pairs = EVEN[: MOST["vllm"]] if engine == "vllm" else EVEN
    assert len(way(engine).exact(listing(engine, [*pairs]))) == len(pairs)
    with pytest.raises(NoData):
        way(engine).exact(listing(engine, odd(pairs)))


@BOTH
@pytest.mark.parametrize("answer", [{}, {"choices": []}, {"choices": [None]}, {"meta_info": 3}, {"choices": {}}])
def test_any_answer_ends_in_no_data(engine: str, answer: dict[str, object]) -> None:
    with pytest.raises(NoData):
        way(engine).exact(answer)
    with pytest.raises(NoData):
        way(engine).spoken(answer, 4)


def test_tokens_by_their_text_are_no_numbers() -> None:
    top = {f" w{token}": value for token, value in EVEN[:20]}
    with pytest.raises(NoData, match=tokenwise.NO_CHANCES):
        way("vllm").exact({"choices": [{"logprobs": {"top_logprobs": [top]}}]})


def test_chances_at_another_temperature_are_those_of_the_softmax() -> None:
    assert equivalence.at({1: 0.5, 2: 0.5}, 0.3, 3) == pytest.approx({1: 0.5, 2: 0.5})
    assert equivalence.at({1: 0.8, 2: 0.2}, 0.5, 3) == pytest.approx({1: 0.64 / 0.68, 2: 0.04 / 0.68})


@pytest.mark.parametrize("temperature", [0.001, 5e-324])
def test_chances_at_a_temperature_near_0_are_those_of_the_likeliest(temperature: float) -> None:
    assert equivalence.at({1: 0.4, 2: 0.3, 3: 0.3}, temperature, 4) == pytest.approx({1: 1.0, 2: 0.0, 3: 0.0})
    even = dict.fromkeys(range(20), 0.05)
    assert equivalence.at(even, temperature, 20) == pytest.approx(even)


@pytest.mark.parametrize("temperature", [0.7, 0.9, 0.97])
def test_a_sampler_that_is_the_same_does_not_diverge_by_the_tokens_that_are_not_listed(temperature: float) -> None:
    """A vocabulary of thousands, of which the chances of the first hundred are known, 99.95 % of the chance."""
    whole = dict.fromkeys(range(100), 0.9995 / 100) | dict.fromkeys(range(100, 4100), 0.0005 / 4000)
    truth = equivalence.at(whole, temperature, 5_000)
    drawn = Counter(Random(4).choices([*truth], [*truth.values()], k=20_000))
    listed = {token: whole[token] for token in range(100)}
    found = likeness([Context(drawn, equivalence.at(listed, temperature, 100))], 20_000, 1)
    assert found.every is not None
    assert found.every.kl.high < 0.02
    assert abs(found.every.kl.value) < 0.002


def test_the_unlisted_rest_is_taken_off_once() -> None:
    listed = {0: 0.9, 1: 0.05, 2: 0.03} | dict.fromkeys(range(3, 20), 0.0195 / 17)
    power = 1 / 0.9
    known = sum(chance**power for chance in listed.values())
    most = 0.0005 * (0.0195 / 17) ** (power - 1)
    assert sum(equivalence.at(listed, 0.9, 20).values()) == pytest.approx(known / (known + most), abs=1e-9)


def test_what_tokens_that_are_not_listed_become_at_a_higher_temperature_cannot_be_told() -> None:
    assert equivalence.at({1: 0.6, 2: 0.3995}, 2.0, 3) == {}
    assert equivalence.at({1: 0.6, 2: 0.4 - 1e-7}, 2.0, 2) == {}
    all_of_them = equivalence.at({1: 0.6, 2: 0.4 - 1e-7}, 2.0, 3)
    assert all_of_them == pytest.approx({1: 0.5505, 2: 0.4495}, abs=1e-4)


def test_at_another_temperature_the_unlisted_rest_is_bounded() -> None:
    whole = chances(501)
    cut = dict(sorted(whole.items(), key=lambda each: -each[1])[:20])
    for temperature in (0.3, 0.7, 1.0):
        found = equivalence.at(cut, temperature, 20)
        truth = chances(501, temperature)
        assert found == pytest.approx({token: truth[token] for token in cut}, rel=2e-3)
        assert sum(found.values()) <= sum(truth[token] for token in cut) + 1e-12
    assert equivalence.at(cut, 1.5, 20) == {}
    assert equivalence.at(whole, 1.5, 1_000) == pytest.approx(chances(501, 1.5))


def test_a_bucket_that_holds_much_can_show_a_difference_but_no_likeness() -> None:
    wide = tuple((token, 0.04) for token in range(20))
    alike = Drawn(2_000, (equivalence.Behind(((0, 200), *((token, 80) for token in range(1, 20)), (99, 280)), wide),))
    found = alike.likeness(1)
    assert found.sound is None
    assert found.every is not None
    assert judged(found).verdict is Verdict.FAIL
    even = Drawn(2_000, (equivalence.Behind((*((token, 80) for token in range(20)), (99, 400)), wide),))
    assert judged(even.likeness(1)).verdict is Verdict.UNDETERMINED


@BOTH
@pytest.mark.parametrize(
    ("wrong", "lies", "verdict", "why"),
    [
        (0.0, "", Verdict.PASS, ""),
        (1.0, "", Verdict.FAIL, "What is sampled is not what the plain server would sample"),
        (0.0, NOTHING, Verdict.UNDETERMINED, tokenwise.EMPTY),
    ],
)
def test_a_bench_judges_by_it_and_keeps_what_it_found(
    tmp_path: Path, engine: str, wrong: float, lies: str, verdict: Verdict, why: str
) -> None:
    wanted = Plan(("name",), (1.0,), (4,), requests=8, rounds=1, samples=SAMPLES, contexts=2)
    with server(engine, lies=lies) as plain, server(engine, wrong=wrong) as other, Benches(tmp_path) as store:

        async def doing() -> tuple[Measured, ...]:
            async with opened(Wanted(other.url, plain.url, manners=MANNERS)) as pair:
                number = begun(store, pair.digest(wanted), resume=False)
                return await Bench(store, number, wanted, pair, lambda what, done, of: None).run()

        (found,) = asyncio.run(doing())
    judgement = found.of(Rule.OUTPUT)
    assert (judgement.verdict, judgement.why) == (verdict, why)


def test_the_interface_of_an_engine_that_cannot_be_had_is_marked_as_read() -> None:
    spoken = {key for key, engine in ENGINES.items() if engine.tokenwise is not None}
    assert spoken == {"llama.cpp", "vllm", "sglang"}
    assert {ENGINES[key].shape.value for key in ("vllm", "sglang")} == {"read"}
