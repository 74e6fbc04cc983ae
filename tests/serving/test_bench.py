"""`forecast bench` on real llama.cpp servers with the reference model: what is counted, what passes, what must fail."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TypeVar

import pytest

from slopguard.cli.app import run
from slopguard.errors import ConfigError, UpstreamError
from slopguard.forecast.campaign.openai import Manners
from slopguard.forecast.engines import counters
from slopguard.forecast.engines.table import LLAMA
from slopguard.forecast.measuring import equivalence
from slopguard.forecast.measuring.arm import requests
from slopguard.forecast.measuring.bench import Bench, Pair, begun
from slopguard.forecast.measuring.equivalence import Drawn
from slopguard.forecast.measuring.figures import Estimate, Likeness
from slopguard.forecast.measuring.judging import output
from slopguard.forecast.measuring.model import Burst, Cell, Judgement, Measured, Plan, Rule, Verdict
from slopguard.forecast.measuring.results import Results, latest, now, read
from slopguard.forecast.measuring.servers import Wanted, opened
from slopguard.forecast.measuring.state import FILE, Benches
from slopguard.forecast.reference import shape
from slopguard.forecast.reference.slices import prompts
from slopguard.forecast.routing.samplers import routed
from slopguard.forecast.serving.fitting import Kind
from tests.serving.servers import Server, plan, served

Found = TypeVar("Found")
QUICK = Plan(("tool",), (0.0,), (2,), requests=8, rounds=6, longest=24, samples=0)
MANNERS = Manners(timeout=60.0, tries=1, at_once=4)
SAMPLES, PROMPTS = 400, 2


def on(plain: Server, other: Server, work: Callable[[Pair], Awaitable[Found]]) -> Found:
    """What is done with both servers, open."""

    async def doing() -> Found:
        async with opened(Wanted(other.url, plain.url, manners=MANNERS)) as pair:
            return await work(pair)

    return asyncio.run(doing())


def bench(home: Path, plain: Server, other: Server, wanted: Plan = QUICK, *, resume: bool = False) -> Measured:
    """One cell, measured."""

    async def doing(pair: Pair) -> tuple[Measured, ...]:
        with Benches(home, writing=True) as store:
            number = begun(store, pair.digest(wanted), resume=resume)
            return await Bench(store, number, wanted, pair, lambda what, done, of: None, no_pause).run()

    (found,) = on(plain, other, doing)
    return found


async def no_pause(seconds: float) -> None:
    """Nobody waits for a server that will not come back."""


def sampled(plain: Server, other: Server, kind: str = "tool", samples: int = SAMPLES) -> Likeness:
    async def doing(pair: Pair) -> Likeness:
        drawn = await equivalence.drawn(pair.plain, pair.other, prompts(kind, PROMPTS), samples, 1.0, 2)
        return drawn.likeness(1)

    return on(plain, other, doing)


def verdict(found: Likeness) -> Verdict:
    return output(Cell("tool", 1.0, 2), [], [], found).verdict


def test_greedy_answers_are_the_plain_servers_and_drafts_are_counted(
    tmp_path: Path, plain_server: Server, mtp_server: Server
) -> None:
    found = bench(tmp_path, plain_server, mtp_server)
    assert found.of(Rule.OUTPUT).verdict is Verdict.PASS
    assert 0 < found.accepted <= found.drafted
    assert found.of(Rule.ACCEPTANCE).estimate is not None
    assert found.of(Rule.P99).verdict is Verdict.UNDETERMINED
    assert found.plain_speed > 0


def test_what_answers_say_of_drafts_is_what_the_server_counts(plain_server: Server, mtp_server: Server) -> None:
    async def doing(pair: Pair) -> tuple[Burst, counters.Counters | None, counters.Counters | None]:
        before = await pair.other.server.counters(LLAMA)
        asked = await pair.other.burst(requests("code", prompts("code", 6), 0, 6, 0.0, 24), 2)
        return asked, before, await pair.other.server.counters(LLAMA)

    asked, before, after = on(plain_server, mtp_server, doing)
    told = counters.between(LLAMA, before, after, sum(each.tokens for each in asked.asked))[1]
    assert told.drafted == sum(each.drafted or 0 for each in asked.asked) > 0
    assert told.accepted == sum(each.accepted or 0 for each in asked.asked)


def test_a_plain_server_against_itself_drafts_nothing_and_gains_nothing(tmp_path: Path, plain_server: Server) -> None:
    found = bench(tmp_path, plain_server, plain_server)
    assert found.drafted == 0
    assert found.of(Rule.ACCEPTANCE).verdict is Verdict.UNDETERMINED
    assert found.of(Rule.OUTPUT).verdict is Verdict.PASS
    assert found.of(Rule.GAIN).verdict is not Verdict.PASS
    assert found.verdict is not Verdict.PASS


def test_what_the_plain_server_samples_does_not_diverge_from_its_own_chances(plain_server: Server) -> None:
    assert verdict(sampled(plain_server, plain_server)) is Verdict.PASS


def test_what_drafting_servers_sample_does_not_diverge(
    plain_server: Server, mtp_server: Server, sampled_server: Server
) -> None:
    assert verdict(sampled(plain_server, mtp_server)) is Verdict.PASS
    assert verdict(sampled(plain_server, sampled_server)) is Verdict.PASS


def test_answers_that_end_are_samples_as_others(plain_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token of the end stands in no text; two tokens before it most answers hold it."""

    async def doing(pair: Pair) -> Drawn:
        way = pair.plain.engine.tokenwise
        assert way is not None
        asked, twice = equivalence.Speaker(pair.plain, way), prompts("json", 1) * 2
        whole = await asked.spoken(await asked.opened(twice[1]), 400, 1, 1.0)
        assert whole.ended
        monkeypatch.setattr(equivalence, "FURTHER", len(whole.tokens) - 2)
        return await equivalence.drawn(pair.plain, pair.plain, twice, 300, 1.0, 2)

    found = on(plain_server, plain_server, doing)
    assert found.why == ""
    assert any((shape.END, 300) in each.counts for each in found.behind)


def test_a_server_that_keeps_wrong_drafts_fails(plain_server: Server, synthetic_server: Server) -> None:
    found = sampled(plain_server, synthetic_server, "name", 1500)  # what is nearly fixed hides wrong drafts
    assert verdict(found) is Verdict.FAIL
    assert found.every is not None
    assert found.every.kl.low > 0.1


def test_a_server_that_dies_ends_the_bench_and_resuming_repeats_nothing(
    tmp_path: Path, chain_gguf: Path, models: Path, monkeypatch: pytest.MonkeyPatch, plain_chain_server: Server
) -> None:
    """The drafting server is killed after three rounds; started again at its place, the bench goes on where it was."""
    kept: list[str] = []
    put = Benches.put

    def counted(self: Benches, number: int, key: str, found: object) -> None:
        put(self, number, key, found)
        kept.append(key)
        if len(kept) == QUICK.rounds + 3:
            os.kill(drafting.pid, signal.SIGKILL)

    monkeypatch.setattr(Benches, "put", counted)
    with served(plan(chain_gguf, Kind.MTP), models) as drafting, pytest.raises(UpstreamError) as ended:
        bench(tmp_path, plain_chain_server, drafting)
    assert "forecast bench --resume" in str(ended.value.hint)
    assert len(kept) == QUICK.rounds + 3
    with served(plan(chain_gguf, Kind.MTP), models) as again:
        found = bench(tmp_path, plain_chain_server, again, resume=True)
    assert len(kept) == len(set(kept)) == 2 * QUICK.rounds
    assert found.of(Rule.OUTPUT).verdict is Verdict.PASS


def test_a_bench_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, chain_server: Server, plain_chain_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["forecast", "bench", "--mtp", chain_server.url, "--plain", plain_chain_server.url, "--slices", "code"]
    words += ["--temperatures", "0", "--concurrency", "1", "--requests", "4", "--rounds", "40", "--longest", "16"]
    environ = {**os.environ, "SLOPGUARD_HOME": str(tmp_path)}
    under_way = subprocess.Popen([sys.executable, "-m", "slopguard", *words], env=environ, stderr=subprocess.PIPE)
    until = monotonic() + 60
    while len(steps(tmp_path)) < 5:
        assert under_way.poll() is None
        assert monotonic() < until
    under_way.kill()
    under_way.communicate()
    before = steps(tmp_path)
    assert 5 <= len(before) < 80
    kept: list[str] = []
    put = Benches.put

    def counted(self: Benches, number: int, key: str, found: object) -> None:
        put(self, number, key, found)
        kept.append(key)

    monkeypatch.setattr(Benches, "put", counted)
    monkeypatch.setenv("SLOPGUARD_HOME", str(tmp_path))
    assert run([*words, "--resume"], None) == 0
    assert not before & set(kept)
    assert len(before) + len(kept) == 80


def steps(home: Path) -> frozenset[str]:
    """What a bench under way has measured."""
    if not (home / FILE).exists():
        return frozenset()
    with Benches(home) as store:
        found = store.unfinished()
        return store.keys(found[0]) if found else frozenset()


def test_a_bench_goes_on_only_with_the_servers_and_the_plan_that_it_had(
    tmp_path: Path, chain_server: Server, plain_chain_server: Server
) -> None:
    with Benches(tmp_path, writing=True) as store:
        store.begin("of others", now())
    with pytest.raises(ConfigError, match="other servers"):
        bench(tmp_path, plain_chain_server, chain_server, resume=True)
    with Benches(tmp_path, writing=True) as store:
        store.finish(store.begin("done", now()), "")
    with pytest.raises(ConfigError):
        bench(tmp_path / "empty", plain_chain_server, chain_server, resume=True)


def test_the_command_writes_a_table_that_routes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    chain_server: Server,
    plain_chain_server: Server,
) -> None:
    monkeypatch.setenv("SLOPGUARD_HOME", str(tmp_path))
    out = tmp_path / "mtp.json"
    words = ["forecast", "bench", "--mtp", chain_server.url, "--plain", plain_chain_server.url, "--slices", "name"]
    words += ["--temperatures", "0", "--concurrency", "1", "--requests", "7", "--rounds", "6", "--longest", "16"]
    assert run([*words, "--compare", "1", "-o", str(out)], None) == 0
    shown = capsys.readouterr().out
    assert "undetermined" in shown
    assert "names a second" in shown
    results = read(out)
    assert latest(tmp_path) == results
    assert json.loads(out.read_text())["schema"] == "slopguard/mtp-bench/1"
    assert route(results, chain_server, plain_chain_server) == (0, 4, "")


def route(results: Results, mtp: Server, plain: Server) -> tuple[int, int, str]:
    """Requests that four of a slice send to each server, and why none would be speculated."""

    async def doing() -> tuple[int, int, str]:
        wanted = Wanted(mtp.url, plain.url, manners=replace(MANNERS, at_once=1))
        async with routed(results, wanted) as (router, why):
            for seed in range(4):
                await router.sample("What now?", 1, seed, 0.0, None, 16)
            counts = router.counts.values()
            return sum(each.speculated for each in counts), sum(each.plain for each in counts), why

    return asyncio.run(doing())


def test_a_table_routes_only_the_servers_that_it_is_about(
    chain_server: Server, plain_chain_server: Server, sampled_chain_server: Server
) -> None:
    results = passing(plain_chain_server, chain_server)
    assert route(results, chain_server, plain_chain_server) == (4, 0, "")
    through, plainly, why = route(results, sampled_chain_server, plain_chain_server)
    assert (through, plainly) == (0, 4)
    assert "another model" in why


def passing(plain: Server, other: Server) -> Results:
    """Results in which code passes everything."""

    async def doing(pair: Pair) -> Results:
        judged = tuple(Judgement(rule, Verdict.PASS, 1.0, Estimate(2.0, 1.9, 2.1, 8)) for rule in Rule)
        cells = (Measured(Cell("code", 0.0, 1), judged),)
        return Results(now(), "0", pair.plain_identity, pair.other_identity, False, QUICK, cells)

    return on(plain, other, doing)
