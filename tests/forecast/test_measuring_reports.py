"""What is told of a bench, on the terminal and on the forecast page: verdicts, intervals, and nobody else's markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from slopguard.forecast.measuring.figures import Estimate
from slopguard.forecast.measuring.model import Cell, Identity, Judgement, Measured, Plan, Rule, Verdict
from slopguard.forecast.measuring.results import Compared, Names, Results
from slopguard.reports.forecast_page_serving import serving
from slopguard.reports.mtp_bench import lines

FIGURES = {
    Rule.ACCEPTANCE: Estimate(0.81, 0.78, 0.84, 64),
    Rule.OUTPUT: Estimate(1.0, 0.95, 1.0, 64),
    Rule.GAIN: Estimate(1.61, 1.52, 1.7, 8),
    Rule.P99: Estimate(0.93, 0.9, 0.96, 1000),
}


def cell(kind: str, verdict: Verdict, why: str = "", *, bare: bool = False) -> Measured:
    """A cell judged the same by all rules; without figures if it is bare."""
    judged = tuple(Judgement(rule, verdict, 1.0, None if bare else found, why) for rule, found in FIGURES.items())
    return Measured(Cell(kind, 0.7, 4), judged, 81, 100, 10.0, 16.1, 1.0, 0.9)


def results(*cells: Measured, faster: Estimate | None = None, model: str = "m") -> Results:
    made = datetime(2026, 11, 26, 12, tzinfo=UTC)
    side = Names(3, 12.0, 30.0, 0.5)
    plain, other = Identity("llama.cpp", model, "b1"), Identity("llama.cpp", model, "b1", {"speculation": "draft-mtp"})
    return Results(made, "0", plain, other, False, Plan(), cells, (Compared("json", 4, 6, side, side, faster),))


def page(found: Results | None) -> str:
    return "\n".join(serving(found))


def test_every_verdict_is_told_with_its_interval_and_every_reason_once() -> None:
    slow = "The gain is too small"
    told = "\n".join(lines(results(cell("json", Verdict.PASS), cell("code", Verdict.FAIL, slow))))
    for verdict in ("pass", "fail"):
        for each in ("0.81 (0.78 to 0.84)", "1.00 (0.95 to 1.00)", "1.61 (1.52 to 1.70)", "0.93 (0.90 to 0.96)"):
            assert f"{verdict} {each}" in told
    assert told.count("gain, 1 cell: the gain is too small.") == 1
    assert "gains in 1 of 2 cells" in told


@pytest.mark.parametrize(
    ("verdict", "goes"),
    [(Verdict.PASS, "speculating"), (Verdict.FAIL, "plain"), (Verdict.UNDETERMINED, "plain")],
)
def test_the_page_says_where_requests_go_and_that_only_what_passed_is_speculated(verdict: Verdict, goes: str) -> None:
    assert f'<td data-head="goes to">{goes}</td>' in page(results(cell("json", verdict)))


def test_what_is_not_known_is_told_as_such_and_nothing_of_nothing() -> None:
    found = results(cell("json", Verdict.UNDETERMINED, "Too little", bare=True))
    assert page(found).count("not known") == 2
    assert page(None) == ""


def test_which_way_of_asking_is_faster_is_told_as_a_sentence_even_where_it_cannot_be_told() -> None:
    unknown, known = results(), results(faster=Estimate(1.2, 1.1, 1.3, 6))
    assert "which is faster cannot be told" in page(unknown)
    assert "routed is 1.20 <small>(1.10 to 1.30)</small> times as fast" in page(known)
    assert "which is faster cannot be told" in "\n".join(lines(unknown))
    assert "routed is 1.20 (1.10 to 1.30) times as fast" in "\n".join(lines(known))


def test_what_a_server_calls_its_model_is_neither_markup_nor_a_command_to_a_terminal() -> None:
    found = results(cell("json", Verdict.PASS), model="<script>\x1b[31m\u202e|")
    found = replace(found, plain=replace(found.plain, build='"><img src=x>'))
    assert "<script" not in page(found)
    assert "<img" not in page(found)
    for each in (page(found), "\n".join(lines(found))):
        assert not set(each) & {"\x1b", "\u202e"}
