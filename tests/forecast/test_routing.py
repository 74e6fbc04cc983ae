"""Where requests go: never to speculation on what is unknown, undetermined, stale, or demoted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import InputError, UpstreamError
from slopguard.forecast.campaign.interface import Sampled, Usage
from slopguard.forecast.engines.speculation import Source, Speculation
from slopguard.forecast.measuring import results
from slopguard.forecast.measuring.figures import Estimate
from slopguard.forecast.measuring.model import SLICES, Cell, Identity, Judgement, Measured, Plan, Rule, Verdict
from slopguard.forecast.measuring.results import Results, parsed, written
from slopguard.forecast.measuring.state import Benches
from slopguard.forecast.routing.live import BACK, DEMOTED, FEWEST, PROBE, WINDOW, Live
from slopguard.forecast.routing.router import PATIENCE, Router
from slopguard.forecast.routing.table import LONGEST, Table

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PLAIN = Identity("llama.cpp", "m", "b1", {"speculation": "none"})
OTHER = Identity("llama.cpp", "m", "b1", {"speculation": "draft-mtp"})
VERDICTS = st.sampled_from(Verdict)


def cell(kind: str, temperature: float, concurrency: int, verdict: Verdict) -> Measured:
    judged = tuple(Judgement(rule, verdict, 1.0, Estimate(2.0, 1.9, 2.1, 8)) for rule in Rule)
    return Measured(Cell(kind, temperature, concurrency), judged, 90, 100, 10.0, 20.0, 1.0, 0.5)


def bench(*cells: Measured, made: datetime = NOW) -> Results:
    return Results(made, "0", PLAIN, OTHER, False, Plan(), cells)


def table(*cells: Measured) -> Table:
    return Table.of(bench(*cells))


@given(
    verdicts=st.dictionaries(
        st.tuples(st.sampled_from(SLICES), st.sampled_from((0.0, 0.7, 1.0)), st.sampled_from((1, 4, 16))), VERDICTS
    ),
    kind=st.none() | st.sampled_from((*SLICES, "poetry")),
    temperature=st.floats(0, 2),
    concurrency=st.integers(1, 64),
)
def test_nothing_is_speculated_unless_every_cell_around_it_passed(
    verdicts: dict[tuple[str, float, int], Verdict], kind: str | None, temperature: float, concurrency: int
) -> None:
    found = table(*(cell(*key, verdict) for key, verdict in verdicts.items()))
    if found.speculates(kind, temperature, concurrency):
        mine = {key: verdict for key, verdict in verdicts.items() if key[0] == kind}
        assert min(each for _, each, _ in mine) <= temperature <= max(each for _, each, _ in mine)
        assert min(each for *_, each in mine) <= concurrency <= max(each for *_, each in mine)
        assert Verdict.PASS in mine.values()
    if Verdict.PASS not in verdicts.values():
        assert not found.speculates(kind, temperature, concurrency)


def test_between_two_measured_temperatures_both_must_pass() -> None:
    both = table(cell("json", 0.0, 1, Verdict.PASS), cell("json", 1.0, 1, Verdict.PASS))
    one = table(cell("json", 0.0, 1, Verdict.PASS), cell("json", 1.0, 1, Verdict.UNDETERMINED))
    assert both.speculates("json", 0.5, 1)
    assert not one.speculates("json", 0.5, 1)
    assert one.speculates("json", 0.0, 1)
    assert not both.speculates("json", 1.1, 1)
    assert not both.speculates("json", 0.5, 2)


@pytest.mark.parametrize(
    "changed",
    [
        (replace(PLAIN, model="n"), OTHER),
        (PLAIN, replace(OTHER, model="n")),
        (PLAIN, replace(OTHER, build="b2")),
        (replace(PLAIN, engine="vllm"), OTHER),
        (PLAIN, replace(OTHER, flags={"speculation": "draft-simple"})),
        (PLAIN, replace(OTHER, flags={**OTHER.flags, "slots": "4"})),
    ],
)
def test_any_change_of_model_build_or_flags_voids_the_table(changed: tuple[Identity, Identity]) -> None:
    assert table().void(PLAIN, OTHER, NOW) == ""
    assert "server" in table().void(*changed, NOW)


def test_a_table_grows_stale_and_is_none_before_it_was_made() -> None:
    assert table().void(PLAIN, OTHER, NOW + LONGEST) == ""
    assert table().void(PLAIN, OTHER, NOW + LONGEST + timedelta(seconds=1))
    assert table().void(PLAIN, OTHER, NOW - timedelta(hours=2))


def test_results_are_read_as_they_were_written() -> None:
    made = bench(cell("json", 0.7, 4, Verdict.PASS), cell("tool", 0.0, 1, Verdict.UNDETERMINED))
    assert parsed(written(made)) == made


def test_a_verdict_that_a_hand_changed_is_refused() -> None:
    text = written(bench(cell("json", 0.7, 4, Verdict.FAIL)))
    with pytest.raises(InputError, match="changed"):
        parsed(text.replace('"fail"', '"pass"'))


def remade(change: Callable[[dict[str, Any]], object]) -> str:
    """A file of one cell that passed, changed by a program that knows of the digest."""
    body = json.loads(written(bench(cell("json", 0.7, 4, Verdict.PASS))))
    del body["digest"]
    change(body)
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return json.dumps({**body, "digest": sha256(text.encode()).hexdigest()})


def first(body: dict[str, Any]) -> dict[str, Any]:
    """Its one cell."""
    found: dict[str, Any] = body["cells"][0]
    return found


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda body: body.update(made="2026-11-26T12:00:00"), id="a time of nowhere"),
        pytest.param(lambda body: first(body)["judgements"].pop(), id="a rule is missing"),
        pytest.param(lambda body: first(body)["judgements"].clear(), id="no rule at all"),
        pytest.param(lambda body: first(body)["judgements"].append(first(body)["judgements"][0]), id="a rule twice"),
        pytest.param(lambda body: first(body)["judgements"][0].update(estimate=None), id="passed without an interval"),
        pytest.param(lambda body: first(body)["judgements"][0]["estimate"].update(low=float("nan")), id="no number"),
        pytest.param(lambda body: first(body)["judgements"][1].update(bound=float("inf")), id="infinite"),
        pytest.param(lambda body: first(body)["judgements"][0]["estimate"].update(low="1.9"), id="a text"),
        pytest.param(lambda body: body["cells"].append(first(body)), id="a cell twice"),
        pytest.param(lambda body: body.update(schema="slopguard/mtp-bench/2"), id="another schema"),
    ],
)
def test_what_no_bench_writes_is_refused_though_its_digest_fits(change: Callable[[dict[str, Any]], object]) -> None:
    assert parsed(remade(lambda body: None)).cells[0].verdict is Verdict.PASS
    with pytest.raises(InputError, match="no results of a bench"):
        parsed(remade(change))


def test_a_cell_that_was_not_judged_by_every_rule_does_not_pass() -> None:
    whole = cell("json", 0.7, 4, Verdict.PASS)
    assert whole.verdict is Verdict.PASS
    assert replace(whole, judgements=whole.judgements[:-1]).verdict is Verdict.UNDETERMINED


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_a_file_holds_it_is_results_or_one_error(data: bytes) -> None:
    with pytest.raises(InputError):
        parsed(data)


def test_the_last_results_of_a_machine_are_kept_for_reports(tmp_path: Path) -> None:
    assert results.latest(tmp_path) is None
    made = bench(cell("json", 0.7, 4, Verdict.PASS))
    with Benches(tmp_path, writing=True) as store:
        store.finish(store.begin("digest", NOW), written(made))
    assert results.latest(tmp_path) == made


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=3 * FEWEST))
def test_few_responses_demote_nothing_and_the_bound_lies_below_the_rate(seen: list[tuple[int, int]]) -> None:
    live = Live()
    for one, other in seen:
        live.seen(max(one, other), min(one, other))
        if live.low is None:
            assert not live.demoted or live.times
        else:
            assert 0.0 <= live.low <= 1.0
    if sum(1 for pair in seen if max(pair)) < FEWEST:
        assert not live.demoted


def test_a_slice_is_demoted_under_the_lower_bound_and_comes_back_over_the_upper_one_alone() -> None:
    live = Live()
    feed(live, 0.8, WINDOW)
    assert not live.demoted
    feed(live, 0.3, WINDOW)
    assert live.demoted
    assert live.times == 1
    feed(live, (DEMOTED + BACK) / 2, WINDOW)
    assert live.demoted
    feed(live, 0.9, WINDOW)
    assert not live.demoted


def test_a_slice_between_the_two_bounds_stays_where_it_is() -> None:
    live = Live()
    feed(live, 0.9, FEWEST)
    feed(live, 0.66, 2 * WINDOW)
    assert not live.demoted


def feed(live: Live, rate: float, number: int) -> None:
    for place in range(number):
        live.seen(100, round(100 * rate) + (2 if place % 2 else -2))


class Scripted:
    """A sampler that drafts as it is told."""

    def __init__(self, name: str, rate: float | None = None) -> None:
        self.name, self.rate = name, rate
        self.asked = 0
        self.down = False
        self.build, self.serves = "b1", "m"

    @property
    def model(self) -> str:
        return "m"

    async def sample(
        self,
        prompt: str,
        n: int,
        seed: int,
        temperature: float,
        schema: Mapping[str, object] | None = None,
        longest: int = 512,
    ) -> Sampled:
        self.asked += 1
        if self.down:
            raise UpstreamError("it is down")
        drafts = None if self.rate is None else (100, round(100 * self.rate) + (1 if self.asked % 2 else -1))
        details = {"drafts": drafts, "system_fingerprint": self.build, "model": self.serves}
        return Sampled((self.name,), Usage(1, 1), False, details)


def read(details: Mapping[str, object]) -> Speculation:
    drafts = details.get("drafts")
    return Speculation("x", *drafts, source=Source.RESPONSE) if isinstance(drafts, tuple) else Speculation("x")


def routed(*cells: Measured, rate: float = 0.9) -> tuple[Router, Scripted, Scripted]:
    fast, plain = Scripted("fast", rate), Scripted("plain")
    return Router(fast, plain, table(*cells) if cells else None, read), fast, plain


def ask(router: Router, number: int = 1, *, schema: bool = True, temperature: float = 0.0) -> list[str]:
    async def all_of_them() -> list[str]:
        form = {"type": "object"} if schema else None
        return [(await router.sample("p", 1, 1, temperature, form)).texts[0] for _ in range(number)]

    return asyncio.run(all_of_them())


JSON_PASSES = cell("json", 0.0, 1, Verdict.PASS)


def test_a_slice_that_passed_goes_to_the_speculating_server_and_others_to_the_plain_one() -> None:
    router, _, _ = routed(JSON_PASSES, cell("code", 0.0, 1, Verdict.UNDETERMINED))
    assert ask(router) == ["fast"]
    assert ask(router, schema=False) == ["plain"]
    assert ask(router, temperature=0.5) == ["plain"]
    assert router.counts["json"].speculated == 1


def test_without_a_table_all_goes_to_the_plain_server() -> None:
    router, fast, _ = routed()
    assert set(ask(router, 5)) == {"plain"}
    assert fast.asked == 0
    assert not router.routing


def test_acceptance_that_falls_demotes_a_slice_which_is_then_only_probed() -> None:
    router, fast, _ = routed(JSON_PASSES, rate=0.3)
    ask(router, FEWEST)
    assert router.live["json"].demoted
    before = fast.asked
    ask(router, 4 * PROBE)
    assert fast.asked - before == 4


def test_a_demoted_slice_comes_back_when_its_probes_are_accepted() -> None:
    router, fast, _ = routed(JSON_PASSES, rate=0.3)
    ask(router, FEWEST)
    fast.rate = 0.95
    ask(router, PROBE * FEWEST)
    assert not router.live["json"].demoted
    assert ask(router) == ["fast"]


def test_a_speculating_server_that_fails_costs_no_answer_and_is_left_alone() -> None:
    router, fast, _ = routed(JSON_PASSES)
    fast.down = True
    assert set(ask(router, 10)) == {"plain"}
    assert fast.asked == PATIENCE
    assert router.counts["json"].failed == PATIENCE


@pytest.mark.parametrize("which", ["speculating", "plain"])
@pytest.mark.parametrize("change", [{"build": "b2"}, {"serves": "another"}])
def test_a_server_of_another_build_or_model_voids_the_table_at_once(which: str, change: dict[str, str]) -> None:
    router, fast, plain = routed(JSON_PASSES)
    assert set(ask(router, 2)) == {"fast"}
    ask(router, 2, schema=False)
    for key, value in change.items():
        setattr(fast if which == "speculating" else plain, key, value)
    ask(router)
    ask(router, schema=False)
    assert set(ask(router, 5)) == {"plain"}


def test_an_opt_out_that_is_ignored_is_counted() -> None:
    fast, plain = Scripted("fast", 0.9), Scripted("plain", 0.9)
    router = Router(fast, plain, None, read)
    ask(router, 3)
    assert router.counts["json"].ignored == 3
