"""Who is asking: a person, a CI job or a coding agent.

Invariant: the environment may only lower trust. Variables that coding agents set make an agent of everybody who has
them; `SLOPGUARD_ACTOR` is obeyed only where it trusts less than what was detected.
"""

from __future__ import annotations

from collections.abc import Mapping

from slopguard.errors import ConfigError
from slopguard.model import Actor

TRUST = (Actor.HUMAN, Actor.CI, Actor.AGENT)
"""Most trusted first."""

AGENT_VARIABLES = frozenset(
    {"AGENT", "AI_AGENT", "AIDER_MODEL", "CLAUDECODE", "CLINE_ACTIVE", "GEMINI_CLI", "GOOSE_TERMINAL", "OPENCODE"}
)
AGENT_PREFIXES = ("CLAUDE_CODE_", "CODEX_", "COPILOT_AGENT_", "CURSOR_", "REPLIT_AGENT")
"""Markers that coding agents put into the environment of the commands they run."""
CI_VARIABLES = ("CI", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD")
FALSE = frozenset({"", "0", "false", "no", "off"})


def truthy(value: str | None) -> bool:
    """Whether an environment variable switches something on: anything but empty, 0, false, no, off."""
    return value is not None and value.strip().lower() not in FALSE


def detect(env: Mapping[str, str], *, terminal: bool) -> Actor:
    """Who is asking, from the environment and whether a terminal is attached.

    Raises:
        ConfigError: `SLOPGUARD_ACTOR` is none of human, ci, agent.
    """
    return max(_seen(env, terminal), _claimed(env), key=TRUST.index)


def _seen(env: Mapping[str, str], terminal: bool) -> Actor:
    if any(truthy(env[name]) and (name in AGENT_VARIABLES or name.startswith(AGENT_PREFIXES)) for name in env):
        return Actor.AGENT
    if any(truthy(env.get(name)) for name in CI_VARIABLES):
        return Actor.CI
    return Actor.HUMAN if terminal else Actor.CI


def _claimed(env: Mapping[str, str]) -> Actor:
    claim = env.get("SLOPGUARD_ACTOR", "").strip().lower()
    if claim and claim not in TRUST:
        raise ConfigError("SLOPGUARD_ACTOR must be one of human, ci, agent", "Correct or unset the variable")
    return Actor(claim) if claim else Actor.HUMAN
