"""What the judge writes down of what an agent suggested."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.model import OFFLINE, Door, Facts, Request
from slopguard.model.suggesting import Asker, Kind, door_session
from slopguard.store import Store
from slopguard.store.suggestions import Suggested
from tests.judge.worlds import ESTABLISHED, NOWHERE, NPM, PYPI, judge, listed, request

SESSION = door_session("claude-code", "abc")
ASKER = Asker("claude-code", SESSION, "model-a", "turn-1")
DOOR = Door("hook", "pip install ghost-name flask", SESSION)


def test_an_answer_and_who_suggested_it_are_written_together(tmp_path: Path) -> None:
    with judge(tmp_path) as mine:
        asked = (request("ghost-name", version="1.0"), NOWHERE), (request("flask"), ESTABLISHED)
        verdicts = [mine.verdict(one, facts, session=SESSION) for one, facts in asked]
        mine.record(verdicts, DOOR, suggested=[Suggested.of(one, ASKER, Kind.COMMAND) for one in verdicts])
    store = Store(tmp_path)
    ghost, flask = store.suggestions.rows()
    assert (ghost.agent, ghost.model, ghost.session, ghost.turn) == ("claude-code", "model-a", SESSION, "turn-1")
    assert (ghost.name, ghost.version, ghost.verdict, ghost.rule) == ("ghost-name", "1.0", "block", "not-found")
    assert (ghost.stopped, ghost.invented) == (True, True)
    assert (flask.name, flask.verdict, flask.stopped, flask.invented) == ("flask", "allow", False, False)
    assert [row.decision for row in store.ledger.rows()] == [ghost.decision, flask.decision]


def test_suggestions_are_written_without_a_verdict_and_never_without_a_store(tmp_path: Path) -> None:
    with judge(tmp_path) as mine:
        row = Suggested.of(mine.verdict(request("flask"), ESTABLISHED), ASKER, Kind.IMPORT)
        mine.record([], DOOR, suggested=[row])
        assert mine.suggested is not None
        assert len(mine.suggested.rows()) == 1
    with judge() as without:
        without.record([], DOOR, suggested=[row])
        assert without.suggested is None


@pytest.mark.parametrize(
    ("asked", "facts", "settings", "rule", "invented"),
    [
        (request("ghost-name"), NOWHERE, {}, "not-found", True),
        (request("invented"), OFFLINE, {}, "predicted", True),
        (request("invented"), listed(10), {}, "predicted-registered", True),
        (request("unlisted-name", version="99"), ESTABLISHED, {}, "not-found", False),
        (request("our-tool"), NOWHERE, {"own": {PYPI: ("our-*",)}}, "not-found", False),
        (request("asyncio"), NOWHERE, {}, "stdlib-name", False),
        (request("reqeusts"), listed(10), {}, "lookalike-new", False),
        (request("fl\u0430sk"), OFFLINE, {}, "bad-name", False),
        (request("lodash", NPM), ESTABLISHED, {}, "allowlisted", False),
    ],
)
def test_invented_is_what_nobody_vouches_for_and_no_index_has_or_models_invent(
    asked: Request, facts: Facts, settings: dict[str, object], rule: str, invented: bool
) -> None:
    row = Suggested.of(judge(**settings).verdict(asked, facts), ASKER, Kind.COMMAND)
    assert (row.rule, row.invented) == (rule, invented)


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_only_told_was_never_stopped_and_neither_is_anything_in_mode_observe(kind: Kind) -> None:
    from slopguard.model import Mode

    refused = judge().verdict(request("ghost-name"), NOWHERE)
    assert Suggested.of(refused, ASKER, kind).stopped == (kind in (Kind.COMMAND, Kind.EDIT, Kind.MCP))
    observed = judge(mode=Mode.OBSERVE).verdict(request("ghost-name"), NOWHERE)
    assert not Suggested.of(observed, ASKER, kind).stopped
