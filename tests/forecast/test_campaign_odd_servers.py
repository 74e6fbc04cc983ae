"""Campaigns on servers that die, lie or answer nonsense: what they cost, and what is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slopguard.errors import UpstreamError, UsageError
from slopguard.forecast.campaign.asking import PATIENCE
from slopguard.forecast.campaign.model import Limits
from slopguard.forecast.campaign.summary import summary
from slopguard.model import Ecosystem
from tests.forecast.asking import QUICK, SMALL, campaign, mind, often
from tests.simulators.models import Fault, OpenAI

PYPI = Ecosystem.PYPI


def always(fault: Fault) -> Any:
    return lambda number, body: fault


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
