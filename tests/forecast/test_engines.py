"""What each engine sends becomes one record; what was only read in documentation is labelled so.

The shapes of llama.cpp were taken from a real server (tests/serving holds a live one to them). Those of the others are
written from their documentation or source, never seen on the wire here: these tests hold the table to that reading.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.forecast.engines import logprobs
from slopguard.forecast.engines.counters import Counters, Traffic, between, read
from slopguard.forecast.engines.logprobs import Trust
from slopguard.forecast.engines.speculation import Source, Speculation, from_positions, possible, record, total
from slopguard.forecast.engines.table import (
    ENGINES,
    LLAMA,
    LM_STUDIO,
    MLX_LM,
    MLX_VLM,
    OLLAMA,
    SGLANG,
    VLLM,
    Engine,
    Shape,
)

SEEN_LLAMA = {
    "timings": {
        "cache_n": 2,
        "prompt_n": 1,
        "predicted_n": 24,
        "predicted_ms": 6.4,
        "draft_n": 21,
        "draft_n_accepted": 16,
    }
}
SEEN_LLAMA_PLAIN = {"timings": {"cache_n": 0, "prompt_n": 3, "predicted_n": 24, "predicted_ms": 8.1}}
READ_VLLM = {
    "metrics": {
        "speculative_decoding": {
            "mean_acceptance_length": 3.0,
            "draft_acceptance_rate": 0.6667,
            "acceptance_histogram": {"0": 1, "2": 3, "4": 1},
            "num_spec_steps": 5,
            "num_accepted_draft_tokens": 10,
            "num_draft_tokens": 15,
            "num_spec_tokens": 3,
        }
    }
}
READ_SGLANG = {
    "sglext": {
        "spec_tokens_details": {
            "spec_accept_rate": 0.5,
            "spec_accept_length": 5.0,
            "spec_num_correct_drafts": 800,
            "spec_num_proposed_drafts": 1600,
            "spec_verify_ct": 200,
            "spec_correct_drafts_histogram": [0, 0, 0, 0, 200],
        }
    }
}
READ_LM_STUDIO = {
    "stats": {
        "tokens_per_second": 17.9,
        "draft_model": "small",
        "total_draft_tokens_count": 492,
        "accepted_draft_tokens_count": 176,
        "rejected_draft_tokens_count": 316,
    }
}
READ_MLX_VLM = {
    "timings": {"predicted_n": 12, "draft_n": 9, "draft_n_accepted": 6, "draft_rounds": 3, "draft_kind": "assistant"}
}

CASES: list[tuple[Engine, Any, tuple[int, int, int | None, tuple[int, ...] | None]]] = [
    (LLAMA, SEEN_LLAMA, (21, 16, None, None)),
    (LLAMA, SEEN_LLAMA_PLAIN, (0, 0, None, None)),
    (VLLM, READ_VLLM, (15, 10, 5, (1, 0, 3, 0, 1))),
    (SGLANG, READ_SGLANG, (1600, 800, 200, (0, 0, 0, 0, 200))),
    (LM_STUDIO, READ_LM_STUDIO, (492, 176, None, None)),
    (MLX_VLM, READ_MLX_VLM, (9, 6, 3, None)),
]


@pytest.mark.parametrize(("engine", "sent", "meant"), CASES)
def test_what_an_engine_sends_is_understood(engine: Engine, sent: Any, meant: tuple[Any, ...]) -> None:
    drafted, accepted, steps, histogram = meant
    expected = Speculation(engine.key, drafted, accepted, steps, histogram, Source.RESPONSE)
    assert engine.speculation(sent) == expected
    if expected.histogram is None and steps is None:
        assert expected.length is None


def test_counts_that_say_nothing_are_not_zero() -> None:
    for engine in ENGINES.values():
        found = engine.speculation({"model": "m", "timings": None, "metrics": {"speculative_decoding": None}})
        assert (found.known, found.rate, found.length) == (False, None, None)


def test_only_what_was_seen_is_called_seen() -> None:
    assert [engine.key for engine in ENGINES.values() if engine.shape is Shape.SEEN] == ["llama.cpp"]


def test_only_engines_with_a_way_out_have_one() -> None:
    assert {engine.key for engine in ENGINES.values() if engine.without is not None} == {"lm-studio", "mlx-lm"}
    assert OLLAMA.tries == {"options": {"draft_num_predict": 0}}  # its chat completions drop options
    assert MLX_LM.without == {"draft_model": None}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = [
    "draft_n",
    "draft_n_accepted",
    "num_draft_tokens",
    "num_accepted_draft_tokens",
    "num_spec_steps",
    "acceptance_histogram",
    "spec_num_proposed_drafts",
    "spec_num_correct_drafts",
    "spec_verify_ct",
    "spec_correct_drafts_histogram",
    "total_draft_tokens_count",
    "accepted_draft_tokens_count",
    "predicted_n",
    "draft_rounds",
]
INNER = st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=6)


@given(INNER)
def test_whatever_comes_gives_a_record_that_can_be(inner: dict[str, Any]) -> None:
    sent = {
        "timings": inner,
        "metrics": {"speculative_decoding": inner},
        "sglext": {"spec_tokens_details": inner},
        "stats": inner,
    }
    for engine in ENGINES.values():
        found = engine.speculation(sent)
        assert 0 <= found.accepted <= found.drafted
        if found.histogram is not None:
            assert sum(at * steps for at, steps in enumerate(found.histogram)) == found.accepted
            assert found.steps in (None, sum(found.histogram))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_positions_and_histograms_are_the_same_thing(accepted: list[int]) -> None:
    positions = [sum(each > at for each in accepted) for at in range(4)]
    histogram = from_positions(positions, len(accepted))
    assert histogram is not None
    found = record("x", 4 * len(accepted), sum(accepted), len(accepted), list(histogram))
    assert found.histogram == histogram
    assert found.by_position == tuple(positions)


def test_counts_that_contradict_each_other_are_none() -> None:
    assert not record("x", 3, 4).known
    assert not record("x", True, 0).known
    assert record("x", 4, 2, 0).steps is None
    assert record("x", 4, 2, 2, [0, 1, 1]).histogram is None
    assert from_positions([2, 3], 4) is None


def test_counts_that_no_server_can_have_are_none() -> None:
    assert not record("x", 2**53, 1).known
    assert record("x", 4, 2, 2**60).steps is None
    assert record("x", 9, 6, 3, {"9" * 5000: 1}).histogram is None  # a number that Python refuses to read
    assert record("x", 9, 6, 3, {"2": 3}).histogram == (0, 0, 3)


def test_more_drafts_than_fit_into_an_answer_are_none() -> None:
    fits = record("x", 72, 24)
    assert possible(fits, 24) == fits
    assert not possible(record("x", 10**6, 24), 24).known
    assert not possible(record("x", 1000, 1000), 24).known


def test_several_requests_together_say_what_all_of_them_say() -> None:
    one, other = record("x", 6, 3, 2, [0, 1, 1]), record("x", 3, 3, 1, [0, 0, 0, 1])
    assert total("x", [one, other]) == Speculation("x", 9, 6, 3, (0, 1, 1, 1), Source.RESPONSE)
    assert total("x", [one, record("x", 3, 1)]) == Speculation("x", 9, 4, None, None, Source.RESPONSE)
    assert not total("x", [one, Speculation("x")]).known
    assert not total("x", []).known


SEEN_METRICS = """\
# HELP llamacpp:tokens_predicted_total Number of generation tokens processed
# TYPE llamacpp:tokens_predicted_total counter
llamacpp:tokens_predicted_total 48
# TYPE llamacpp:spec_decode_num_draft_tokens_total counter
llamacpp:spec_decode_num_draft_tokens_total 42
# TYPE llamacpp:spec_decode_num_accepted_tokens_total counter
llamacpp:spec_decode_num_accepted_tokens_total 32
# TYPE llamacpp:spec_decode_num_drafts_total counter
llamacpp:spec_decode_num_drafts_total 14
# TYPE llamacpp:requests_processing gauge
llamacpp:requests_processing 0
# TYPE llamacpp:spec_decode_num_accepted_tokens_per_pos_total counter
llamacpp:spec_decode_num_accepted_tokens_per_pos_total{position="0"} 12
llamacpp:spec_decode_num_accepted_tokens_per_pos_total{position="1"} 12
llamacpp:spec_decode_num_accepted_tokens_per_pos_total{position="2"} 8
"""
READ_VLLM_METRICS = """\
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{engine="0",model_name="m"} 100.0
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 0.0
# TYPE vllm:spec_decode_num_drafts_total counter
vllm:spec_decode_num_drafts_total{engine="0",model_name="m"} 40.0
# TYPE vllm:spec_decode_num_draft_tokens_total counter
vllm:spec_decode_num_draft_tokens_total{engine="0",model_name="m"} 120.0
# TYPE vllm:spec_decode_num_accepted_tokens_total counter
vllm:spec_decode_num_accepted_tokens_total{engine="0",model_name="m"} 60.0
# TYPE vllm:spec_decode_num_accepted_tokens_per_pos_total counter
vllm:spec_decode_num_accepted_tokens_per_pos_total{engine="0",model_name="m",position="0"} 40.0
vllm:spec_decode_num_accepted_tokens_per_pos_total{engine="0",model_name="m",position="1"} 20.0
"""
START = Counters(0)


def test_counters_are_read_as_servers_show_them() -> None:
    assert read(SEEN_METRICS, LLAMA.names) == Counters(48, 42, 32, 14, (12, 12, 8), 0)
    assert read(READ_VLLM_METRICS, VLLM.names) == Counters(100, 120, 60, 40, (40, 20), 0)
    assert read("<html>", LLAMA.names) is None
    assert read(SEEN_METRICS, SGLANG.names) is None


def test_what_counters_grew_by_is_ours_if_the_tokens_are() -> None:
    after = read(SEEN_METRICS, LLAMA.names)
    expected = Speculation("llama.cpp", 42, 32, 14, (2, 0, 4, 8), Source.METRICS)
    assert between(LLAMA, START, after, 48) == (Traffic.OURS, expected)


@pytest.mark.parametrize(
    ("before", "after", "own"),
    [
        (Counters(0, 0, 0), Counters(48, 42, 32), 47),
        (Counters(0, 0, 0), Counters(48, 42, 32, busy=1), 48),
        (Counters(0, 0, 0, busy=1), Counters(48, 42, 32), 48),
        (Counters(100, 90, 80), Counters(48, 42, 32), 48),
    ],
    ids=["more tokens than ours", "somebody is asking", "somebody was asking", "it was started again"],
)
def test_what_others_did_is_never_taken_for_ours(before: Counters, after: Counters, own: int) -> None:
    traffic, found = between(LLAMA, before, after, own)
    assert (traffic, found.known) == (Traffic.FOREIGN, False)


def test_what_is_not_known_to_be_ours_is_not_ours() -> None:
    backwards = Counters(49, 42, 32), Counters(48, 42, 32)
    assert between(LLAMA, *backwards, -1)[0] is Traffic.FOREIGN


def test_positions_that_are_no_numbers_are_none() -> None:
    for at in ("9" * 5000, "x", "-1", "64"):
        found = read(SEEN_METRICS.replace('position="0"', f'position="{at}"'), LLAMA.names)
        assert found is not None
        assert found.positions == ()


def test_what_else_is_in_metrics_costs_nothing() -> None:
    lines = "# TYPE a" + " " * 2_000_000 + "x\n" + 'a{b="c"} 1\n' * 100_000
    started = monotonic()
    assert read(lines + SEEN_METRICS, LLAMA.names) == read(SEEN_METRICS, LLAMA.names)
    assert monotonic() - started < 2


def test_a_server_without_counters_says_nothing() -> None:
    assert between(LLAMA, None, None, 5)[0] is Traffic.SILENT
    assert between(LLAMA, START, Counters(5), 5) == (Traffic.SILENT, Speculation("llama.cpp"))


@given(st.text(max_size=200))
def test_metrics_may_be_anything(text: str) -> None:
    found = read(text, LLAMA.names)
    assert found is None or found.generated >= 0


def token(value: float, *alternatives: float) -> dict[str, Any]:
    return {"token": "a", "logprob": value, "top_logprobs": [{"logprob": each} for each in alternatives]}


def test_all_zero_log_probabilities_without_alternatives_are_no_data() -> None:
    told = {"content": [token(-0.1, -0.1, -3.0), *[token(0.0)] * 7]}
    assert logprobs.judged({"logprobs": told}) == logprobs.LogProbs(Trust.EMPTY, 8, 7)


def test_certainty_with_alternatives_is_data() -> None:
    assert logprobs.judged({"logprobs": {"content": [token(0.0, 0.0, -40.0)] * 3}}).trust is Trust.REAL


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 0.7, True, "x", -(10**9)])
def test_what_is_no_logarithm_of_a_probability_is_no_data(value: Any) -> None:
    told = {"content": [token(value, -0.1, -3.0)] * 3}
    assert logprobs.judged({"logprobs": told}).trust is Trust.EMPTY


@pytest.mark.parametrize("others", [(0.0,), (0.0, 0.0, 0.0), (float("nan"),)])
def test_certainty_beside_nothing_less_likely_is_no_data(others: tuple[float, ...]) -> None:
    assert logprobs.judged({"logprobs": {"content": [token(0.0, *others)] * 3}}).trust is Trust.EMPTY


def test_one_token_decides_nothing() -> None:
    assert logprobs.judged({"logprobs": {"content": [token(-0.1, -0.1)]}}).trust is Trust.UNDETERMINED


def test_the_form_of_mlx_is_read_too() -> None:
    told = {"token_logprobs": [-0.2, -0.3], "tokens": [5, 6], "top_logprobs": [[{"5": -0.2}], [{"6": -0.3}]]}
    assert logprobs.judged({"logprobs": told}).trust is Trust.REAL
    sure = {"token_logprobs": [0.0, 0.0], "tokens": [5, 6], "top_logprobs": [[{"5": 0.0}, {"6": -9.0}]] * 2}
    assert logprobs.judged({"logprobs": sure}).trust is Trust.REAL


@given(ANYTHING)
def test_log_probabilities_may_be_anything(told: Any) -> None:
    assert logprobs.judged({"logprobs": told}).trust in Trust
    assert logprobs.judged(told).trust in Trust
