"""An agent is never told to try again and not to try again in one breath."""

from __future__ import annotations

import pytest

from slopguard.agents import words
from slopguard.model import Existence, Facts, Verdict
from tests.judge.worlds import NOWHERE, judge, listed, request

DOWN = judge().verdict(request("x-name"), Facts(Existence.DOWN))
NEW = judge().verdict(request("flask"), listed(0.1))
GHOST = judge().verdict(request("ghost-name"), NOWHERE)


def settled(*verdicts: Verdict) -> str:
    return next(line for line in words.refused(verdicts).reason.splitlines() if "do not change slopguard's" in line)


@pytest.mark.parametrize("verdict", [DOWN, NEW], ids=lambda each: each.rule)
def test_what_passes_by_itself_may_be_tried_again(verdict: Verdict) -> None:
    assert settled(verdict).startswith("This passes by itself")
    assert "Do not respell, or fetch it by URL, git, another index" in settled(verdict)
    assert "retry" not in settled(verdict)


def test_beside_what_does_not_it_may_not() -> None:
    assert "retry once later" in words.refused([DOWN]).reason
    for verdicts in ([GHOST], [DOWN, GHOST]):
        assert settled(*verdicts).startswith("This is final. Do not retry, respell, or fetch it by URL, git")
