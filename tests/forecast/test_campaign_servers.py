"""Servers of models: what is asked of them, and what becomes of everything that they get wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from slopguard.errors import UpstreamAuth, UpstreamError
from slopguard.forecast.campaign.interface import Nonsense, Sampled
from slopguard.forecast.campaign.openai import LIMIT, Key, Manners, OpenAIModel, OpenAIServer
from slopguard.forecast.campaign.prompts import SCHEMA
from tests.forecast.asking import QUICK, WAITS, mind
from tests.simulators.models import Fault, OpenAI

PROMPT = "What is there for Python? `pip install`"


SECRET = "sk-a-secret-of-the-tests-0123456789"


def faulty(*faults: Fault | None, always: Fault | None = None, **server: Any) -> OpenAI:
    def which(number: int, body: Mapping[str, Any]) -> Fault | None:
        return faults[number] if number < len(faults) else always

    return OpenAI({"m": mind()}, faults=which, **server)


def sample(
    server: OpenAI,
    times: int = 1,
    *,
    schema: Mapping[str, object] | None = SCHEMA,
    manners: Manners = QUICK,
    key: Key | None = None,
    n: int = 1,
) -> Sampled:
    async def one() -> Sampled:
        async with OpenAIServer(server.url, manners, key) as to:
            model = OpenAIModel(to, "m")
            found = [await model.sample(PROMPT, n, seed, 0.7, schema) for seed in range(times)]
            return found[-1]

    return asyncio.run(one())


def test_a_request_holds_what_was_wanted_and_nothing_else() -> None:
    with faulty() as server:
        found = sample(server)
    (heard,) = server.asked
    assert found.schema
    assert heard.body["response_format"]["json_schema"]["schema"] == SCHEMA
    del heard.body["response_format"]  # type: ignore[attr-defined]
    assert heard.body == {
        "model": "m",
        "messages": [{"role": "user", "content": PROMPT}],
        "n": 1,
        "seed": 0,
        "temperature": 0.7,
        "max_tokens": 512,
        "stream": False,
    }
    assert {"Cookie", "Authorization", "Referer"}.isdisjoint(heard.headers)


def test_several_completions_come_in_one_request() -> None:
    with faulty() as server:
        found = sample(server, n=3)
    assert len(found.texts) == 3
    assert len(server.asked) == 1


def test_the_cost_is_what_the_server_says_where_that_can_be_true() -> None:
    with faulty() as server:
        found = sample(server)
    assert not found.usage.doubtful
    assert found.usage.prompt == len(PROMPT) // 4


@pytest.mark.parametrize("fault", [Fault.LIES, Fault.BOASTS])
def test_a_cost_that_cannot_be_true_is_estimated(fault: Fault) -> None:
    with faulty(always=fault) as server:
        found = sample(server)
    assert found.usage.doubtful
    assert len(found.texts[0]) // 4 <= found.usage.completion <= 512


def test_a_server_that_knows_no_schema_is_asked_without_from_then_on() -> None:
    with faulty(always=Fault.NO_SCHEMA) as server:
        found = sample(server, times=3)
    assert not found.schema
    assert ["response_format" in heard.body for heard in server.asked] == [True, False, False, False]


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.GONE, Fault.HALF])
def test_what_may_be_over_soon_is_asked_again(fault: Fault) -> None:
    with faulty(fault, fault, fault) as server:
        found = sample(server)
    assert found.texts
    assert len(server.asked) == 4


def test_a_busy_server_is_left_alone_for_as_long_as_it_says() -> None:
    WAITS.clear()
    with faulty(Fault.BUSY) as server:
        sample(server)
    assert WAITS == [7.0]


def test_waits_grow_where_the_server_does_not_say() -> None:
    WAITS.clear()
    with faulty(Fault.GONE, Fault.GONE, Fault.GONE) as server:
        sample(server)
    assert WAITS[0] < WAITS[1] < WAITS[2]


def test_a_request_that_breaks_a_server_is_asked_once_more_then_without_the_schema() -> None:
    """llama.cpp answers 500, each time, where the tokens end within the schema."""
    with faulty(Fault.BROKEN, Fault.BROKEN) as server:
        found = sample(server, times=2)
    assert ["response_format" in heard.body for heard in server.asked] == [True, True, False, True]
    assert found.schema


def test_a_request_that_breaks_a_server_whatever_its_form_is_given_up_in_our_own_words() -> None:
    with faulty(always=Fault.BROKEN) as server, pytest.raises(Nonsense, match="status 500") as caught:
        sample(server)
    assert len(server.asked) == 4
    assert "traceback" not in caught.value.diagnosis()


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.GONE, Fault.HALF])
def test_a_server_that_stays_so_is_an_error_in_our_own_words(fault: Fault) -> None:
    with faulty(always=fault) as server, pytest.raises(UpstreamError) as caught:
        sample(server)
    assert len(server.asked) == QUICK.tries
    assert "--resume" in caught.value.diagnosis()


def test_a_server_that_never_answers_is_waited_for_no_longer_than_said() -> None:
    with faulty(always=Fault.SLOW) as server, pytest.raises(UpstreamError, match="in time"):
        sample(server, manners=replace(QUICK, timeout=0.2, tries=2))
    assert len(server.asked) == 2


def test_a_server_that_is_not_there_is_an_error_that_says_what_to_do() -> None:
    with faulty() as server:
        pass
    with pytest.raises(UpstreamError, match="cannot be reached"):
        sample(server)


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.EMPTY, Fault.STREAM, Fault.HUGE, Fault.PACKED])
def test_what_is_no_answer_is_nonsense_and_not_asked_again(fault: Fault) -> None:
    with faulty(always=fault) as server, pytest.raises(Nonsense) as caught:
        sample(server)
    assert len(server.asked) == 1
    assert "Welcome" not in caught.value.diagnosis()


def test_a_model_that_is_not_there_is_told_with_the_status() -> None:
    with faulty(always=Fault.ABSENT) as server, pytest.raises(UpstreamError, match="status 404") as caught:
        sample(server)
    assert "--model" in caught.value.diagnosis()


def test_a_server_that_lists_no_models_is_told_with_the_status() -> None:
    async def ask(url: str) -> tuple[str, ...]:
        async with OpenAIServer(url, QUICK) as to:
            return await to.models()

    with faulty(lists=False) as server, pytest.raises(UpstreamError, match="status 404"):
        asyncio.run(ask(server.url))


def test_a_gigabyte_is_read_to_the_limit_and_no_further() -> None:
    import tracemalloc

    with faulty(always=Fault.HUGE) as server:
        tracemalloc.start()
        with pytest.raises(Nonsense, match="more than an answer can be"):
            sample(server)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 * LIMIT


def test_a_redirect_is_not_followed() -> None:
    with faulty() as other, faulty(always=Fault.ELSEWHERE, elsewhere=f"{other.url}/v1/chat/completions") as server:
        with pytest.raises(UpstreamError, match="redirects"):
            sample(server)
        assert other.heard == []


def test_a_key_goes_along_and_is_seen_nowhere_else() -> None:
    with faulty(always=Fault.ECHO, key=SECRET) as server:
        found = sample(server, key=Key(SECRET))
    assert server.asked[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in server.asked[0].raw
    assert SECRET not in repr(found)
    assert SECRET not in repr(Key(SECRET))


def test_a_key_that_is_refused_is_told_without_the_key() -> None:
    with faulty(key=SECRET) as server, pytest.raises(UpstreamAuth) as caught:
        sample(server, key=Key("another-key"))
    assert "another-key" not in caught.value.diagnosis()
    assert len(server.asked) == 1


def test_no_more_requests_are_under_way_than_allowed() -> None:
    async def many(to: OpenAIServer) -> None:
        model = OpenAIModel(to, "m")
        await asyncio.gather(*(model.sample(PROMPT, 1, seed, 0.7) for seed in range(12)))

    async def run(url: str) -> None:
        async with OpenAIServer(url, replace(QUICK, at_once=3)) as to:
            await many(to)

    with faulty(think=0.02) as server:
        asyncio.run(run(server.url))
    assert server.most_at_once == 3
