"""The figures of `log report`: what is counted, how often, and what a refused agent did next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.model import Ecosystem
from slopguard.model.suggesting import Kind
from slopguard.reports.hallucination import Figures, figures, most_invented, wilson
from slopguard.store.suggestions import Suggested
from tests.store.suggesting import suggested

NPM = Ecosystem.NPM
GHOST, FLASK, LODASH = suggested("ghost", "block"), suggested("flask"), suggested("lodash", ecosystem=NPM)


def calls(*made: Suggested | Sequence[Suggested]) -> Iterator[Suggested]:
    """Suggestions as the database gives them, one call after the other."""
    for batch, call in enumerate(made, 1):
        rows = (call,) if isinstance(call, Suggested) else call
        yield from (replace(row, batch=batch) for row in rows)


def only(*made: Suggested | Sequence[Suggested]) -> Figures:
    (found,) = figures(calls(*made))
    return found


def reactions(found: Figures) -> dict[str, int]:
    names = ("recovered", "repeated", "others", "gave_up", "replaced")
    return {name: count for name in names if (count := asdict(found)[name])}


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ([], {"gave_up": 1}),
        ([FLASK], {"recovered": 1, "replaced": 1}),
        ([[FLASK, LODASH]], {"recovered": 1, "replaced": 1}),
        ([LODASH], {"recovered": 1}),
        ([LODASH, FLASK], {"recovered": 1, "replaced": 1}),
        ([GHOST], {"repeated": 1, "gave_up": 1}),
        ([[GHOST, FLASK]], {"repeated": 1, "gave_up": 1}),
        ([suggested("spirit", "block")], {"others": 1, "gave_up": 1}),
        ([[suggested("spirit", "block"), FLASK]], {"others": 1, "gave_up": 1}),
        ([suggested("ghost", "warn", "released")], {"recovered": 1}),
        ([suggested("flask", session="s2")], {"gave_up": 1}),
        ([suggested("flask", kind=Kind.IMPORT), suggested("flask", kind=Kind.INSTALLED)], {"gave_up": 1}),
        ([suggested("ghost", "quarantine", "too-new", ecosystem=NPM)], {"others": 1, "gave_up": 1}),
    ],
)
def test_what_came_after_a_refusal(then: list[Suggested | list[Suggested]], expected: dict[str, int]) -> None:
    assert reactions(only(GHOST, *then)) == expected


def test_the_rest_of_the_refused_command_recovers_and_replaces_nothing() -> None:
    assert reactions(only([GHOST, FLASK], FLASK)) == {"recovered": 1}


def test_each_refused_name_of_a_call_is_a_refusal() -> None:
    found = only([GHOST, suggested("spirit", "quarantine", "too-new")], GHOST, FLASK)
    assert (found.refused, found.rules) == (3, {"not-found": 2, "too-new": 1})
    assert reactions(found) == {"recovered": 1, "repeated": 1, "others": 1, "replaced": 1}


def test_a_rate_counts_a_name_once_a_session() -> None:
    again = suggested("ghost", "block", session="s2")
    found = only(
        GHOST, GHOST, again, FLASK, suggested("flask", kind=Kind.EDIT), suggested("os", "block", "stdlib-name")
    )
    assert (found.suggestions, found.names, found.proposals, found.sessions) == (6, 3, 4, 2)
    assert found.kinds == {"command": 5, "edit": 1}
    assert (found.invented.part, found.invented.of, found.invented.rate) == (2, 4, 0.5)


def test_what_is_only_told_and_what_was_installed_are_counted_apart() -> None:
    installed = suggested("flask", kind=Kind.INSTALLED)
    told = [suggested("ghost", "block", kind=kind, stopped=False) for kind in (Kind.IMPORT, Kind.TEXT, Kind.TEXT)]
    found = only(FLASK, installed, installed, *told)
    assert (found.suggestions, found.installed, found.imports, found.documents) == (1, 1, 1, 2)
    assert (found.invented.part, found.refused) == (0, 0)


def test_in_mode_observe_names_are_invented_and_nothing_is_refused() -> None:
    found = only(replace(GHOST, stopped=False))
    assert (found.invented.part, found.refused, reactions(found)) == (1, 0, {})


def test_agents_and_models_stand_apart_and_a_session_that_changes_its_model_stays_one() -> None:
    other = suggested("flask", model="model-b")
    found = figures(calls(GHOST, other, suggested("flask", agent="", model="", kind=Kind.INSTALLED, session="")))
    assert [(one.agent, one.model) for one in found] == [
        ("", ""),
        ("claude-code", "model-a"),
        ("claude-code", "model-b"),
    ]
    assert [(one.sessions, one.installed) for one in found] == [(0, 1), (1, 0), (1, 0)]
    assert reactions(found[1]) == {"recovered": 1, "replaced": 1}
    assert found[0].invented.rate is None


def test_the_names_invented_in_most_sessions_come_first_and_ten_are_enough() -> None:
    rare = [suggested(f"rare-{number:02}", "block") for number in range(12)]
    often = [suggested("often", "block", session=session, agent=agent) for session, agent in ((1, "a"), (2, "b"))]
    found = most_invented(
        calls(*rare, *often, replace(GHOST, kind=Kind.IMPORT), suggested("os", "block", "stdlib-name"))
    )
    assert [(one.name, one.sessions, one.agents) for one in found[:2]] == [
        ("often", 2, ("a", "b")),
        ("rare-00", 1, ("claude-code",)),
    ]
    assert len(found) == 10


@pytest.mark.parametrize(
    ("part", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (1, 10, 0.0179, 0.4042),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_the_interval_is_wilsons_score_interval(part: int, of: int, low: float, high: float) -> None:
    """The last row is the example of Newcombe (1998), Table I."""
    found = wilson(part, of)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


@given(of=st.integers(1, 10_000), data=st.data())
def test_an_interval_holds_its_rate(of: int, data: st.DataObject) -> None:
    found = wilson(data.draw(st.integers(0, of)), of)
    assert found.rate is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.rate <= found.high <= 1


@given(
    st.lists(
        st.builds(
            suggested,
            st.sampled_from(["flask", "ghost", "spirit"]),
            st.sampled_from(["allow", "block"]),
            session=st.sampled_from(["s1", "s2"]),
            kind=st.sampled_from(list(Kind)),
            model=st.sampled_from(["a", "b"]),
        )
    )
)
def test_each_refusal_has_exactly_one_reaction(rows: list[Suggested]) -> None:
    for one in figures(calls(*rows)):
        assert one.recovered + one.repeated + one.others + one.gave_up == one.refused
        assert one.replaced <= one.refused
