"""Who is asking: the environment may only lower trust."""

from __future__ import annotations

import pytest

from slopguard.config.actors import detect
from slopguard.errors import ConfigError
from slopguard.model import Actor


@pytest.mark.parametrize(
    ("env", "terminal", "actor"),
    [
        ({}, True, Actor.HUMAN),
        ({}, False, Actor.CI),
        ({"CI": "true"}, True, Actor.CI),
        ({"CI": "false"}, True, Actor.HUMAN),
        ({"CLAUDECODE": "1"}, True, Actor.AGENT),
        ({"CLAUDECODE": "0"}, True, Actor.HUMAN),
        ({"CURSOR_TRACE_ID": "x"}, True, Actor.AGENT),
        ({"CODEX_SANDBOX": "seatbelt", "CI": "1"}, True, Actor.AGENT),
        ({"GEMINI_CLI": "1"}, True, Actor.AGENT),
        ({"CLAUDE_CODE_SESSION_ID": "s"}, True, Actor.AGENT),
        ({"COPILOT_AGENT_SESSION_ID": "s"}, True, Actor.AGENT),
        ({"CLAUDE_CODE_USE_BEDROCK": "1", "CODEX_HOME": "/x", "CURSOR_API_KEY": "k"}, True, Actor.HUMAN),
        ({"AI_AGENT": "something"}, True, Actor.AGENT),
        ({"SLOPGUARD_ACTOR": "agent"}, True, Actor.AGENT),
        ({"SLOPGUARD_ACTOR": "CI"}, True, Actor.CI),
        ({"SLOPGUARD_ACTOR": "human", "CLAUDECODE": "1"}, True, Actor.AGENT),
        ({"SLOPGUARD_ACTOR": "human", "CI": "1"}, True, Actor.CI),
        ({"SLOPGUARD_ACTOR": "human"}, False, Actor.CI),
    ],
)
def test_the_least_trusted_reading_wins(env: dict[str, str], terminal: bool, actor: Actor) -> None:
    assert detect(env, terminal=terminal) is actor


def test_a_claim_nobody_knows_is_an_error() -> None:
    with pytest.raises(ConfigError, match="human, ci, agent"):
        detect({"SLOPGUARD_ACTOR": "root"}, terminal=True)
