"""A probe says what real llama.cpp servers are and do, and is not taken in by what they only say."""

from __future__ import annotations

import asyncio

import pytest

from slopguard.errors import UpstreamError, UsageError
from slopguard.forecast.campaign.openai import Manners
from slopguard.forecast.engines.counters import Traffic, between
from slopguard.forecast.engines.logprobs import Trust
from slopguard.forecast.engines.model import EngineModel
from slopguard.forecast.engines.probe import probe
from slopguard.forecast.engines.probed import Agreement, OptOut, SchemaSupport, Speculating
from slopguard.forecast.engines.server import EngineServer
from slopguard.forecast.engines.speculation import Source
from slopguard.forecast.engines.table import LLAMA
from tests.serving import tiny
from tests.serving.servers import Server

ALL = len(tiny.LINE)


def test_a_server_that_drafts_is_seen_to(chain_server: Server) -> None:
    found = probe(chain_server.url)
    assert (found.engine.key, found.model, found.configured) == ("llama.cpp", "chain", "draft-mtp")
    assert found.speculating is Speculating.ON
    assert found.on
    assert 0 < found.short.accepted < found.short.drafted
    assert found.code == 0


def test_its_counters_say_the_same_as_its_answer(chain_server: Server) -> None:
    found = probe(chain_server.url)
    assert found.counters is Agreement.AGREE
    assert found.short.steps
    assert found.short.histogram
    assert sum(found.short.histogram) == found.short.steps


def test_opting_out_is_seen_to_be_ignored(chain_server: Server) -> None:
    assert probe(chain_server.url).opt_out is OptOut.IGNORED


def test_log_probabilities_that_hold_nothing_are_not_trusted(chain_server: Server) -> None:
    judged = probe(chain_server.url).logprobs
    assert judged.trust is Trust.EMPTY
    assert judged.empty == judged.tokens - 1  # the first token of an answer is never drafted


def test_a_plain_server_is_told_as_one(plain_chain_server: Server) -> None:
    found = probe(plain_chain_server.url)
    assert (found.speculating, found.on, found.configured) == (Speculating.OFF, False, "")
    assert found.short.known
    assert not found.short.active
    assert (found.logprobs.trust, found.opt_out) == (Trust.REAL, OptOut.NEEDLESS)
    assert found.code == 0


def test_sampled_drafts_are_seen_too(sampled_chain_server: Server) -> None:
    assert probe(sampled_chain_server.url).speculating is Speculating.ON


def test_completions_of_one_request_are_as_many_as_there_are_slots(chain_server: Server) -> None:
    found = probe(chain_server.url)
    assert (found.largest_n, found.more) == (2, False)


def test_answers_keep_to_a_schema_with_and_without_drafts(chain_server: Server, plain_chain_server: Server) -> None:
    assert [probe(each.url).schema for each in (chain_server, plain_chain_server)] == [SchemaSupport.HELD] * 2


def test_what_tells_servers_of_one_build_apart_is_told(chain_server: Server, plain_chain_server: Server) -> None:
    drafting, plain = probe(chain_server.url).flags, probe(plain_chain_server.url).flags
    assert drafting["speculative.types"] == "draft-mtp"
    assert drafting["n_params"] == plain["n_params"]
    assert "speculative.types" not in plain


def test_one_token_is_never_drafted_and_its_log_probabilities_are_right(chain_server: Server) -> None:
    answer = chain_server.chat("abc", 1, logprobs=True, top_logprobs=3)
    assert "draft_n" not in answer["timings"]
    assert len(answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]) == 3


def test_greedy_answers_are_the_same_with_and_without_drafts(chain_server: Server, plain_chain_server: Server) -> None:
    for letter in tiny.LINE:
        texts = [
            each.chat(letter, ALL)["choices"][0]["message"]["content"] for each in (chain_server, plain_chain_server)
        ]
        assert texts == [tiny.follows(letter, ALL)] * 2


def test_a_server_that_keeps_wrong_drafts_writes_something_else(synthetic_chain_server: Server) -> None:
    written = synthetic_chain_server.chat("abc", ALL)["choices"][0]["message"]["content"]
    assert written != tiny.follows("abc", ALL)


def test_counts_of_many_answers_add_up_to_the_servers_own(chain_server: Server) -> None:
    async def asked() -> None:
        async with EngineServer(chain_server.url) as server:
            model = EngineModel(server, "chain", LLAMA)
            before = await server.counters(LLAMA)
            told = [await model.told(f"ab{letter}", 1, 7, 0.8, None, 16) for letter in tiny.LINE[:12]]
            after = await server.counters(LLAMA)
            traffic, counted = between(LLAMA, before, after, sum(each.sampled.usage.completion for each in told))
            assert traffic is Traffic.OURS
            assert counted.source is Source.METRICS
            assert counted.drafted == sum(each.speculation.drafted for each in told)
            assert counted.accepted == sum(each.speculation.accepted for each in told)
            assert all(each.speculation.source is Source.RESPONSE for each in told)

    asyncio.run(asked())


def test_counters_that_somebody_else_moved_say_nothing(chain_server: Server) -> None:
    async def asked() -> None:
        async with EngineServer(chain_server.url) as server:
            model = EngineModel(server, "chain", LLAMA)
            before = await server.counters(LLAMA)
            told = await model.told("abc", 1, 7, 0.0, None, 16)
            chain_server.chat("xyz", 8)
            traffic, counted = between(LLAMA, before, await server.counters(LLAMA), told.sampled.usage.completion)
            assert (traffic, counted.known) == (Traffic.FOREIGN, False)

    asyncio.run(asked())


def test_a_server_that_is_not_there_cannot_be_probed() -> None:
    with pytest.raises(UpstreamError):
        probe("http://127.0.0.1:9")


def test_another_machine_is_not_asked_without_leave() -> None:
    with pytest.raises(UsageError, match="not on this machine"):
        probe("http://192.0.2.1:8080")


def test_a_server_says_whether_it_is_ready(chain_server: Server) -> None:
    async def asked(url: str) -> bool:
        async with EngineServer(url, Manners(tries=1)) as server:
            return await server.healthy()

    assert [asyncio.run(asked(url)) for url in (chain_server.url, "http://127.0.0.1:9")] == [True, False]
