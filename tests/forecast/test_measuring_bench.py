"""Whole benches of servers that answer in the shape of vLLM: broken ones, silent ones, and going on after an end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from aiohttp import web

from slopguard.errors import UpstreamError
from slopguard.forecast.campaign.openai import Manners
from slopguard.forecast.measuring import bench as benches
from slopguard.forecast.measuring import judging, model
from slopguard.forecast.measuring.bench import Bench, begun
from slopguard.forecast.measuring.model import Measured, Plan, Round, Rule, Verdict
from slopguard.forecast.measuring.servers import Wanted, opened
from slopguard.forecast.measuring.state import Benches
from tests.forecast.engine_servers import Engine

PLAN = Plan(("name",), (0.0,), (1,), requests=8, rounds=6, longest=16, samples=0)
STARTED = 1
"""Requests that a server gets before anything is measured."""


def server(text: str | None = None, breaks_after: int | None = None, *, drafts: bool = False) -> Engine:
    """One such server.

    Args:
        text: of each answer.
        drafts: it says that it drafted 20 tokens and kept 15.
    """
    counts = {"num_draft_tokens": 20, "num_accepted_draft_tokens": 15, "num_spec_steps": 5}

    def extra(body: Mapping[str, Any]) -> Mapping[str, Any]:
        told = {"metrics": {"speculative_decoding": counts}} if drafts else {}
        return told if text is None else {**told, "choices": [{"message": {"role": "assistant", "content": text}}]}

    return Engine("vllm", {"/version": {"version": "1"}}, extra, breaks_after=breaks_after)


def bench(home: Path, plain: Engine, other: Engine, plan: Plan = PLAN, *, resume: bool = False) -> Measured:
    async def no_pause(seconds: float) -> None:
        """Nobody waits for a server that will not come back."""

    async def doing() -> Measured:
        async with opened(Wanted(other.url, plain.url, manners=Manners(tries=1))) as pair:
            with Benches(home, writing=True) as store:
                number = begun(store, pair.digest(plan), resume=resume)
                (found,) = await Bench(store, number, plan, pair, lambda what, done, of: None, no_pause).run()
                return found

    return asyncio.run(doing())


def test_two_servers_that_answer_nothing_are_not_the_same(tmp_path: Path) -> None:
    with server("") as plain, server(" \n", drafts=True) as other:
        assert bench(tmp_path / "silent", plain, other).of(Rule.OUTPUT).verdict is Verdict.UNDETERMINED
    with server() as plain, server(drafts=True) as other:
        assert bench(tmp_path / "speaking", plain, other).of(Rule.OUTPUT).verdict is Verdict.PASS


def test_an_acceptance_rests_on_as_many_prompts_as_were_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain server's rounds with itself take prompts, too: what comes again comes sooner than after all."""
    monkeypatch.setattr(benches, "prompts", lambda kind, count, seed: tuple(f"What is {each}?" for each in range(42)))
    with server() as plain, server(drafts=True) as other:
        found = bench(tmp_path, plain, other).of(Rule.ACCEPTANCE)
    asked = {body["messages"][0]["content"] for body in other.bodies[STARTED + 2 :]}
    assert found.estimate is not None
    assert found.estimate.count == len(asked) < 42


class Forgetful(Engine):
    """Leaves every 25th request without an answer."""

    def _chat(self, body: Mapping[str, Any]) -> web.Response:
        if len(self.bodies) % 25 == 24:
            self.bodies.append(body)
            return web.json_response({"error": "busy"}, status=503)
        return super()._chat(body)


def test_rounds_that_were_begun_again_are_marked(tmp_path: Path) -> None:
    other = Forgetful("vllm", {"/version": {"version": "1"}})
    with server() as plain, other:
        bench(tmp_path, plain, other)
    with Benches(tmp_path) as store:
        found = store.unfinished()
        assert found is not None
        keys = store.keys(found[0])
        marked = {key for key in keys if (step := store.get(found[0], key, Round)) is not None and step.failed}
    assert len(marked) >= 2
    assert {key.partition("/")[0] for key in marked} == {"pair"}


class Slow(Engine):
    """Takes a while for each answer."""

    def _chat(self, body: Mapping[str, Any]) -> web.Response:
        sleep(0.03)
        return super()._chat(body)


def test_a_cell_that_lost_requests_does_not_go_on_in_vain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (model, judging):
        monkeypatch.setattr(each, "FEWEST_SLOW", 10 * PLAN.requests)
    other = Forgetful("vllm", {"/version": {"version": "1"}}, server(drafts=True).extra)
    with Slow("vllm", {"/version": {"version": "1"}}) as plain, other:
        found = bench(tmp_path, plain, other, replace(PLAN, p99=True))
    assert found.lacks_p99
    assert found.of(Rule.P99).why.startswith("Requests went without an answer")
    with Benches(tmp_path) as store:
        unfinished = store.unfinished()
        assert unfinished is not None
        assert len(store.keys(unfinished[0])) == 2 * PLAN.rounds


@pytest.mark.parametrize(("slower", "rounds", "verdict"), [(True, 10, Verdict.PASS), (False, 6, Verdict.UNDETERMINED)])
def test_only_a_cell_that_passes_all_else_goes_on_until_its_p99_can_be_judged(
    *, slower: bool, rounds: int, verdict: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (model, judging):
        monkeypatch.setattr(each, "FEWEST_SLOW", 10 * PLAN.requests)
    plain = Slow("vllm", {"/version": {"version": "1"}}) if slower else server()
    with plain, server(drafts=True) as other:
        found = bench(tmp_path, plain, other, replace(PLAN, p99=True))
        again = bench(tmp_path, plain, other, replace(PLAN, p99=True), resume=True)
    assert (found.of(Rule.GAIN).verdict is Verdict.PASS) is slower
    assert found.of(Rule.P99).verdict is verdict
    assert found == again
    with Benches(tmp_path) as store:
        unfinished = store.unfinished()
        assert unfinished is not None
        assert len(store.keys(unfinished[0])) == 2 * rounds


def test_a_bench_that_goes_on_warms_the_servers_before_it_measures(tmp_path: Path) -> None:
    """The drafting server breaks in its fourth round: two of the plain server's requests then are not of a round."""
    breaking = server(breaks_after=STARTED + 2 + 3 * PLAN.requests)
    with server() as plain, breaking as other, pytest.raises(UpstreamError):
        bench(tmp_path, plain, other)
    with server() as plain, server() as again:
        bench(tmp_path, plain, again, resume=True)
    for each in (plain, again):
        asked = [body["messages"][0]["content"] for body in each.bodies[STARTED:]]
        assert len(asked) == 2 + 3 * PLAN.requests
        assert len(set(asked[:2])) == 1
        assert len(set(asked[2:])) == 3 * PLAN.requests
