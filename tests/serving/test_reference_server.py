"""The reference model, served for real: with drafts it says what it says without, and every draft is counted."""

from __future__ import annotations

import pytest

from slopguard.forecast.engines.counters import Traffic, between, read
from slopguard.forecast.engines.logprobs import Trust
from slopguard.forecast.engines.probe import probe
from slopguard.forecast.engines.probed import Agreement, OptOut, SchemaSupport, Speculating
from slopguard.forecast.engines.table import LLAMA
from slopguard.forecast.reference.slices import SLICES, prompts
from tests.serving.servers import Server

LONG = 40


@pytest.mark.parametrize("kind", SLICES)
def test_greedy_answers_are_the_same_with_and_without_drafts(
    mtp_server: Server, plain_server: Server, kind: str
) -> None:
    for prompt in prompts(kind, 4):
        answers = [server.chat(prompt, LONG) for server in (mtp_server, plain_server)]
        drafted, plain = (answer["choices"][0]["message"]["content"] for answer in answers)
        assert drafted == plain
        assert "draft_n" not in answers[1]["timings"]


def test_seeded_answers_are_the_same_with_the_likeliest_drafts_and_others_with_sampled_ones(
    mtp_server: Server, sampled_server: Server, plain_server: Server
) -> None:
    """All but one at most: several tokens at once are added up in another order, and a draw may lie in between."""

    def seeded(server: Server) -> list[str]:
        asked = enumerate(prompts("json", 12))
        answers = (server.chat(prompt, LONG, temperature=1.0, seed=seed) for seed, prompt in asked)
        return [answer["choices"][0]["message"]["content"] for answer in answers]

    plain, likeliest, sampled = (seeded(each) for each in (plain_server, mtp_server, sampled_server))
    assert sum(map(str.__eq__, plain, likeliest)) >= 11
    assert sum(map(str.__eq__, plain, sampled)) < 6


def test_every_draft_is_counted(mtp_server: Server) -> None:
    before = read(mtp_server.get("/metrics")[1], LLAMA.names)
    answers = [mtp_server.chat(prompt, LONG) for prompt in prompts("text", 8)]
    after = read(mtp_server.get("/metrics")[1], LLAMA.names)
    traffic, counted = between(LLAMA, before, after, sum(each["usage"]["completion_tokens"] for each in answers))
    assert traffic is Traffic.OURS
    assert counted.drafted == sum(each["timings"].get("draft_n", 0) for each in answers) > 0
    assert counted.accepted == sum(each["timings"].get("draft_n_accepted", 0) for each in answers)
    assert counted.by_position == tuple(sorted(counted.by_position or (), reverse=True))  # later ones are rarer


def test_a_probe_tells_the_two_apart(mtp_server: Server, plain_server: Server, sampled_server: Server) -> None:
    drafting, sampling, plain = (probe(each.url) for each in (mtp_server, sampled_server, plain_server))
    for found in (drafting, sampling):
        assert (found.speculating, found.counters) == (Speculating.ON, Agreement.AGREE)
        assert (found.logprobs.trust, found.opt_out) == (Trust.EMPTY, OptOut.IGNORED)
    assert (plain.speculating, plain.logprobs.trust, plain.opt_out) == (Speculating.OFF, Trust.REAL, OptOut.NEEDLESS)
    assert {found.schema for found in (drafting, sampling, plain)} == {SchemaSupport.HELD}


def test_a_server_that_keeps_wrong_drafts_says_something_else(synthetic_server: Server, plain_server: Server) -> None:
    texts = [
        [server.chat(prompt, LONG)["choices"][0]["message"]["content"] for prompt in prompts("json", 8)]
        for server in (synthetic_server, plain_server)
    ]
    assert texts[0] != texts[1]
