"""A campaign on a scripted server: what it asks, when it stops, what it makes of the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slopguard.errors import ConfigError, UsageError
from slopguard.forecast.campaign.asking import Progress
from slopguard.forecast.campaign.model import Kind, Limits, Stage
from slopguard.forecast.campaign.stages import ALL_ASKED, ENOUGH, Name
from slopguard.forecast.campaign.state import Campaigns
from slopguard.forecast.campaign.summary import campaigns
from slopguard.model import Ecosystem
from slopguard.names import normalize
from tests.forecast.asking import KNOWN, REAL, SMALL, campaign, mind, often, topics
from tests.simulators.models import OpenAI

PYPI = Ecosystem.PYPI


def test_a_name_of_many_models_and_prompts_comes_first(tmp_path: Path) -> None:
    rare, one, both = often("b-rare", 1.0, 0.2), often("c-one-model"), often("a-both")
    with OpenAI({"m": mind(both, one, rare), "k": mind(both, rare)}) as server:
        found = campaign(server, tmp_path)
    assert [row.name for row in found.names] == ["a-both", "b-rare", "c-one-model"]
    assert [row.rank for row in found.names] == [1, 2, 3]
    assert [row.models for row in found.names] == [2, 2, 1]
    first = found.names[0]
    assert first.prompts == 48  # 4 topics in 6 kinds, 2 models
    assert first.hits == first.samples
    assert first.low is not None
    assert first.low > 0.9


def test_models_that_agree_outweigh_prompts_and_prompts_outweigh_recurrence(tmp_path: Path) -> None:
    few, many = often("few-but-sure", 0.25, 0.25), often("many-but-seldom", 0.4)
    with OpenAI({"m": mind(few, many)}) as server:
        found = campaign(server, tmp_path)
    rows = {row.name: row for row in found.names}
    sure, seldom = rows[normalize(PYPI, "few-but-sure")], rows[normalize(PYPI, "many-but-seldom")]
    assert (sure.low or 0) > (seldom.low or 1)
    assert (sure.prompts or 0) < (seldom.prompts or 0)
    assert (sure.rank, seldom.rank) == (2, 1)


def test_recurrence_counts_only_samples_after_the_first_that_held_the_name(tmp_path: Path) -> None:
    """A name that comes in a tenth of the samples: counting the ones that found it would say far more."""
    with OpenAI({"m": mind(*(often(f"seldom-{number}", 0.1) for number in range(12)))}) as server:
        found = campaign(server, tmp_path, plan=replace(SMALL, again=10))
    hits, samples = (sum(getattr(row, part) or 0 for row in found.names) for part in ("hits", "samples"))
    assert samples > 250
    assert hits / samples == pytest.approx(0.1, abs=0.05)


def test_real_names_echoes_and_names_of_the_house_are_no_inventions(tmp_path: Path) -> None:
    told = [often(name) for name in ("flask", "acme-billing", "os", "unheard-of")]
    with OpenAI({"m": mind(*told)}) as server:
        found = campaign(server, tmp_path, internal={PYPI: ("acme-*",)})
    assert [row.name for row in found.names] == ["unheard-of"]
    rate = next(each for each in found.rates if each.by == "all")
    assert rate.names.rate == pytest.approx(1 / 8)


def test_the_rows_are_ready_for_the_watchlist(tmp_path: Path) -> None:
    with OpenAI({"m": mind(often("made-up")), "k": mind()}) as server:
        found = campaign(server, tmp_path)
    batch = found.batch()
    assert (batch.origin, batch.source) == ("generated", "models")
    assert batch.detail["models"] == "2"
    assert batch.at == found.ended


def test_unknown_names_are_asked_for_again_and_others_are_not(tmp_path: Path) -> None:
    with OpenAI({"m": mind(often("made-up", 0.2, 0.2)), "k": mind()}) as server:
        found = campaign(server, tmp_path)
    with Campaigns(tmp_path) as store:
        keys = store.answers(found.id).keys()
    again = Counter((key.model, key.prompt) for key in keys if key.stage is Stage.AGAIN)
    assert len(again) == SMALL.pairs
    assert set(again.values()) == {SMALL.again}
    assert {model for model, _ in again} == {"m"}


def test_the_ladder_of_temperatures_is_used_evenly(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server:
        campaign(server, tmp_path, topics=topics(6))
    used = Counter(heard.body["temperature"] for heard in server.asked)
    assert set(used) == {0.2, 0.7, 1.0}
    assert max(used.values()) - min(used.values()) <= 1


def test_a_stratum_ends_when_more_of_it_would_bring_little(tmp_path: Path) -> None:
    """Models that tell the same few names everywhere are soon known; half of the prompts is never asked."""
    plan = replace(SMALL, target=0.2, again=0)
    with OpenAI({"m": mind(often("a"), often("b"))}) as server:
        found = campaign(server, tmp_path, topics=topics(45), plan=plan)
    assert {each.ended for each in found.strata if each.stratum.kind is not Kind.GIVEN} == {ENOUGH}
    assert all(each.pairs < 40 for each in found.strata)
    assert all(each.unseen <= plan.target for each in found.strata)


def test_a_stratum_in_which_names_keep_coming_twice_is_asked_to_its_end(tmp_path: Path) -> None:
    many = [often(f"name-{number}", 0.03) for number in range(60)]
    with OpenAI({"m": mind(*many)}) as server:
        found = campaign(server, tmp_path, topics=topics(30), plan=replace(SMALL, target=0.1, again=0))
    assert {each.ended for each in found.strata} == {ALL_ASKED}


@pytest.mark.parametrize("tokens", [2_000, 9_000, 30_000])
def test_a_budget_of_tokens_is_never_exceeded(tmp_path: Path, tokens: int) -> None:
    with OpenAI({"m": mind(often("made-up"))}) as server:
        found = campaign(server, tmp_path, topics=topics(20), limits=Limits(tokens=tokens))
    assert found.stopped == "tokens"
    assert 0 < found.tokens <= tokens
    assert found.tokens == sum(len(heard.prompt) // 4 for heard in server.done) + found.completion_tokens


def test_a_budget_leaves_room_for_the_second_stage_and_is_spread_over_the_kinds(tmp_path: Path) -> None:
    with OpenAI({"m": mind(often("made-up"))}) as server:
        found = campaign(server, tmp_path, topics=topics(20), limits=Limits(requests=60))
    assert found.answers == {"discovery": 36, "again": 9}
    assert {each.pairs for each in found.strata} == {3}


def test_a_bound_on_requests_holds(tmp_path: Path) -> None:
    names = [often(f"name-{number}", 0.5, 0.5) for number in range(9)]
    with OpenAI({"m": mind(*names)}) as server:
        found = campaign(server, tmp_path, topics=topics(20), limits=Limits(requests=40))
    assert len(server.asked) == 40 == sum(found.answers.values())
    assert found.stopped == "requests"


def test_a_larger_budget_goes_on_where_the_smaller_ended(tmp_path: Path) -> None:
    with OpenAI({"m": mind(often("made-up", 0.5, 0.5))}) as server:
        campaign(server, tmp_path, limits=Limits(requests=20))
        found = campaign(server, tmp_path, limits=Limits(), resume=True)
    assert found.stopped == "finished"
    assert server.twice() == []
    assert len(server.asked) == sum(found.answers.values())
    assert len(campaigns(tmp_path)) == 1


def test_a_finished_campaign_is_not_gone_on_with(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server:
        campaign(server, tmp_path)
        with pytest.raises(ConfigError, match="finished"):
            campaign(server, tmp_path, resume=True)


@pytest.mark.parametrize(
    "other",
    [{"topics": topics(5)}, {"plan": replace(SMALL, seed=2)}, {"lines": ("Read a meter.",)}, {"models": ("k",)}],
)
def test_another_plan_is_not_taken_for_the_same_campaign(tmp_path: Path, other: Mapping[str, Any]) -> None:
    with OpenAI({"m": mind(), "k": mind()}) as server:
        campaign(server, tmp_path, limits=Limits(requests=4))
        before = len(server.asked)
        with pytest.raises(ConfigError) as caught:
            campaign(server, tmp_path, resume=True, **other)
        assert "--resume" in caught.value.diagnosis()
        assert len(server.asked) == before
        campaign(server, tmp_path, limits=Limits(requests=4), **other)
    assert [line.id for line in campaigns(tmp_path)] == [2, 1]


def test_there_is_nothing_to_go_on_with_at_first(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server, pytest.raises(ConfigError, match="no campaign"):
        campaign(server, tmp_path, resume=True)


def test_names_that_an_index_has_are_dropped_if_somebody_asks_it(tmp_path: Path) -> None:
    asked: list[Name] = []

    def exists(names: Any) -> list[Name]:
        asked.extend(names)
        return [name for name in names if name[1] == "rare-but-real"]

    with OpenAI({"m": mind(often("made-up"), often("rare-but-real"))}) as server:
        found = campaign(server, tmp_path, exists=exists)
    assert asked == [(PYPI, "made-up"), (PYPI, "rare-but-real")]
    assert [row.name for row in found.names] == ["made-up"]
    assert found.existing == 1
    assert next(each for each in found.rates if each.by == "all").names.rate == pytest.approx(1 / 6)


def test_progress_is_told_after_each_answer(tmp_path: Path) -> None:
    told: list[Progress] = []
    with OpenAI({"m": mind(often("made-up"))}) as server:
        campaign(server, tmp_path, watch=told.append, limits=Limits(tokens=10**6))
    first = [each for each in told if each.stage is Stage.DISCOVERY]
    assert len(told) == len(server.asked)
    assert sorted(each.answered for each in first) == list(range(1, 49))
    assert {each.planned for each in first} == {48}
    assert told[-1].limit == 10**6
    assert told[-1].unknown == 1


def test_a_model_that_is_a_file_is_named_without_its_folders(tmp_path: Path) -> None:
    with OpenAI({"/home/somebody/models/tiny.gguf": mind()}) as server:
        found = campaign(server, tmp_path, models=(), limits=Limits(requests=4))
        again = campaign(server, tmp_path, models=("tiny.gguf",), limits=Limits(requests=8), resume=True)
    assert found.models == again.models == ("tiny.gguf",)
    assert {heard.body["model"] for heard in server.asked} == {"/home/somebody/models/tiny.gguf"}
    assert b"somebody" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_there_must_be_something_to_ask_about(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server, pytest.raises(UsageError, match="nothing to ask about"):
        campaign(server, tmp_path, topics=())
    with pytest.raises(UsageError, match="no server"):
        campaign([], tmp_path, models=("m",))


def test_real_names_are_those_of_the_world() -> None:
    assert set(REAL["pypi"]) <= set(KNOWN.ranked[PYPI])
