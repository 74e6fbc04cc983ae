"""A campaign on a scripted server: what it asks, when it stops, what it makes of the answers."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slopguard.errors import ConfigError, StoreError, UpstreamError, UsageError
from slopguard.forecast.campaign.asking import PATIENCE, Progress
from slopguard.forecast.campaign.model import Kind, Limits, Stage
from slopguard.forecast.campaign.stages import ALL_ASKED, ENOUGH, Name
from slopguard.forecast.campaign.state import Campaigns
from slopguard.forecast.campaign.summary import campaigns, summary
from slopguard.model import Ecosystem
from slopguard.names import normalize
from tests.forecast.asking import KNOWN, QUICK, REAL, SMALL, campaign, mind, topics
from tests.simulators.models import Fault, Invention, OpenAI

PYPI = Ecosystem.PYPI


def often(name: str, chance: float = 1.0, spread: float = 1.0) -> Invention:
    return Invention("pypi", name, chance, spread)


def always(fault: Fault) -> Any:
    return lambda number, body: fault


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


def test_two_campaigns_at_once_are_refused(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server, Campaigns(tmp_path, writing=True):
        with pytest.raises(StoreError, match="another forecast"):
            campaign(server, tmp_path)
        assert server.asked == []


def test_a_summary_is_read_again_as_it_was(tmp_path: Path) -> None:
    with OpenAI({"m": mind(often("made-up", 0.4))}) as server:
        found = campaign(server, tmp_path)
    assert summary(tmp_path) == summary(tmp_path, found.id) == found
    line = campaigns(tmp_path)[0]
    assert (line.id, line.models, line.stopped, line.ended) == (found.id, ("m",), "finished", found.ended)


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


def test_a_model_on_two_servers_is_asked_on_both(tmp_path: Path) -> None:
    minds = {"m": mind(often("made-up"))}
    with OpenAI(minds, think=0.01) as one, OpenAI(minds, think=0.01) as two:
        found = campaign([one, two], tmp_path, plan=replace(SMALL, again=0))
    assert len(one.asked) + len(two.asked) == 48 == sum(found.answers.values())
    assert min(len(one.asked), len(two.asked)) > 12


def test_a_server_that_dies_leaves_its_work_to_another_of_the_same_model(tmp_path: Path) -> None:
    minds = {"m": mind(often("made-up"))}
    with OpenAI(minds, faults=always(Fault.BROKEN)) as one, OpenAI(minds) as two:
        found = campaign([one, two], tmp_path, plan=replace(SMALL, again=0))
    assert len(two.done) == 48 == sum(found.answers.values())


def test_a_server_that_dies_ends_the_campaign_and_nothing_is_lost(tmp_path: Path) -> None:
    dying = lambda number, body: Fault.GONE if number >= 20 else None  # noqa: E731 - as short as it is
    with OpenAI({"m": mind(often("made-up", 0.5, 0.5))}, faults=dying) as server:
        with pytest.raises(UpstreamError) as caught:
            campaign(server, tmp_path)
        assert "--resume" in caught.value.diagnosis()
        kept = summary(tmp_path)
        assert (kept.stopped, sum(kept.answers.values())) == ("servers", 20)
        server.faults = lambda number, body: None
        found = campaign(server, tmp_path, resume=True)
    assert found.stopped == "finished"
    assert server.twice() == []


def test_one_model_that_is_gone_does_not_end_the_others_and_is_asked_later(tmp_path: Path) -> None:
    gone = lambda number, body: Fault.BROKEN if body["model"] == "k" else None  # noqa: E731 - as above
    with OpenAI({"m": mind(often("made-up")), "k": mind()}, faults=gone) as server:
        found = campaign(server, tmp_path, plan=replace(SMALL, again=0))
        assert (found.stopped, found.answers["discovery"]) == ("servers", 48)
        assert {each.ended for each in found.strata} == {""}
        server.faults = lambda number, body: None
        found = campaign(server, tmp_path, plan=replace(SMALL, again=0), resume=True)
    assert (found.stopped, found.answers["discovery"]) == ("finished", 96)
    assert server.twice() == []


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.EMPTY, Fault.STREAM])
def test_answers_that_cannot_be_read_cost_only_themselves(tmp_path: Path, fault: Fault) -> None:
    third = lambda number, body: fault if number % 3 == 0 else None  # noqa: E731 - as above
    with OpenAI({"m": mind(often("made-up"))}, faults=third) as server:
        found = campaign(server, tmp_path, plan=replace(SMALL, again=0))
    assert found.stopped == "finished"
    assert (found.malformed, sum(found.answers.values())) == (16, 48)
    assert found.names[0].prompts == len({heard.prompt for heard in server.done})


def test_a_server_that_answers_nothing_but_nonsense_is_left_alone_and_can_be_asked_once_mended(tmp_path: Path) -> None:
    with OpenAI({"m": mind(often("made-up"))}, faults=always(Fault.GARBAGE)) as server:
        with pytest.raises(UpstreamError, match="not JSON"):
            campaign(server, tmp_path)
        assert len(server.asked) <= PATIENCE + QUICK.at_once
        server.faults = lambda number, body: None
        found = campaign(server, tmp_path, resume=True)
    assert (found.stopped, found.malformed, found.answers["discovery"]) == ("finished", 0, 48)


def test_a_request_that_one_server_breaks_on_is_answered_by_another(tmp_path: Path) -> None:
    minds = {"m": mind(often("made-up"))}
    second = lambda number, body: Fault.GARBAGE if number % 2 else None  # noqa: E731 - as above
    with OpenAI(minds, faults=second) as one, OpenAI(minds) as two:
        found = campaign([one, two], tmp_path, plan=replace(SMALL, again=0))
    assert (found.malformed, len(one.done) + len(two.done)) == (0, 48)


def test_a_model_that_is_a_file_is_named_without_its_folders(tmp_path: Path) -> None:
    with OpenAI({"/home/somebody/models/tiny.gguf": mind()}) as server:
        found = campaign(server, tmp_path, models=(), limits=Limits(requests=4))
        again = campaign(server, tmp_path, models=("tiny.gguf",), limits=Limits(requests=8), resume=True)
    assert found.models == again.models == ("tiny.gguf",)
    assert {heard.body["model"] for heard in server.asked} == {"/home/somebody/models/tiny.gguf"}
    assert b"somebody" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize("fault", [Fault.PROSE, Fault.FENCED, Fault.UNICODE, Fault.NO_SCHEMA, Fault.LIES, Fault.BOASTS])
def test_whatever_stands_around_the_names_they_are_found(tmp_path: Path, fault: Fault) -> None:
    with OpenAI({"m": mind(often("made-up"))}, faults=always(fault)) as server:
        found = campaign(server, tmp_path, plan=replace(SMALL, again=0))
    assert [(row.name, row.prompts) for row in found.names] == [("made-up", 24)]
    assert found.refused == (48 * 4 if fault is Fault.UNICODE else 0)
    assert found.doubtful == (48 if fault in (Fault.LIES, Fault.BOASTS) else 0)


def test_an_answer_that_was_cut_off_keeps_its_whole_names(tmp_path: Path) -> None:
    with OpenAI({"m": mind(often("made-up"), told=2)}, faults=always(Fault.CUT)) as server:
        found = campaign(server, tmp_path, plan=replace(SMALL, again=0))
    assert [row.name for row in found.names] == ["made-up"]
    assert 0.4 < (found.names[0].hits or 0) / (found.names[0].samples or 1) < 0.9  # not where it came last


def test_a_server_with_several_models_wants_one_to_be_named(tmp_path: Path) -> None:
    with OpenAI({"m": mind(), "k": mind()}) as server:
        with pytest.raises(UsageError) as caught:
            campaign(server, tmp_path, models=())
        assert "m, k" in caught.value.diagnosis()
        with pytest.raises(UsageError, match="no server has the model"):
            campaign(server, tmp_path, models=("absent",))
        assert server.asked == []


def test_the_only_model_of_a_server_needs_no_name(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server:
        assert campaign(server, tmp_path, models=(), limits=Limits(requests=2)).models == ("m",)


def test_a_server_that_does_not_list_its_models_is_taken_at_its_word(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}, lists=False) as server:
        assert campaign(server, tmp_path, limits=Limits(requests=2)).models == ("m",)


def test_there_must_be_something_to_ask_about(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server, pytest.raises(UsageError, match="nothing to ask about"):
        campaign(server, tmp_path, topics=())
    with pytest.raises(UsageError, match="no server"):
        campaign([], tmp_path, models=("m",))


def test_the_file_is_private_and_a_newer_one_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with OpenAI({"m": mind()}) as server:
        campaign(server, home, limits=Limits(requests=2))
    assert home.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in home.iterdir()} == {0}
    connection = sqlite3.connect(home / "forecast.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ConfigError, match="newer"):
        campaigns(home)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with OpenAI({"m": mind()}) as server, pytest.raises(StoreError):
        campaign(server, tmp_path)


def test_a_damaged_file_is_told_in_our_own_words(tmp_path: Path) -> None:
    (tmp_path / "forecast.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(StoreError, match="cannot be read"):
        campaigns(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE prompt SET kind = 'other'",
        "DELETE FROM prompt WHERE number = 0",
        "UPDATE request SET told = '[[1]]'",
        'UPDATE request SET told = \'[["pypi", "no name", "unknown"]]\'',
        "UPDATE request SET refused = 'x'",
        "UPDATE campaign SET plan = '{}'",
        "UPDATE campaign SET started = 'then'",
    ],
)
def test_damaged_rows_are_told_in_our_own_words(tmp_path: Path, damage: str) -> None:
    with OpenAI({"m": mind()}) as server:
        campaign(server, tmp_path, limits=Limits(requests=4))
    connection = sqlite3.connect(tmp_path / "forecast.db", isolation_level=None)
    connection.execute(damage)
    connection.close()
    with pytest.raises(StoreError, match=r"forecast\.db cannot be read"):
        summary(tmp_path)


def test_requests_about_prompts_that_are_not_there_do_not_count(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server:
        found = campaign(server, tmp_path, limits=Limits(requests=4))
    connection = sqlite3.connect(tmp_path / "forecast.db", isolation_level=None)
    connection.execute(_MOVED)
    connection.close()
    assert sum(summary(tmp_path).answers.values()) == sum(found.answers.values()) - 1


_MOVED = (
    "UPDATE request SET prompt = 10000"
    " WHERE (prompt, sample) = (SELECT prompt, sample FROM request ORDER BY prompt LIMIT 1)"
)


def test_no_campaign_yet_is_no_error_in_a_list_and_one_in_a_report(tmp_path: Path) -> None:
    assert campaigns(tmp_path) == []
    with pytest.raises(Exception, match="no campaign"):
        summary(tmp_path)
    assert not (tmp_path / "forecast.db").exists()


def test_real_names_are_those_of_the_world() -> None:
    assert set(REAL["pypi"]) <= set(KNOWN.ranked[PYPI])
