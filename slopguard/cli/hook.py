"""`slopguard hook`: what a coding agent runs before each of its tools.

The line that agents use is answered by `slopguard.entry`, without click; this is the rest: help and mistakes. Its exit
codes are those of the agent's protocol.
"""

from __future__ import annotations

import sys

import click

from slopguard.agents import protocols, quick
from slopguard.errors import UsageError
from slopguard.names import shown


@click.command(epilog="Example: slopguard hook claude-code < input.json    Installed by: slopguard enable claude-code")
@click.argument("agent", required=False)
@click.option("--strict", is_flag=True, help="Refuse what could not be judged, instead of asking the user.")
def hook(agent: str | None, strict: bool) -> int:
    """Answer one call of a coding agent's tool: JSON on standard input, the answer in that agent's own shape.

    AGENT is claude-code, codex, gemini, cursor, copilot, windsurf, cline, opencode or qwen; left out, the input tells.
    """
    if agent and agent not in protocols.AGENTS and agent not in protocols.ALIASES:
        raise UsageError(f"there is no agent '{shown(agent)}'", f"Known are: {' '.join(protocols.AGENTS)}")
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("a hook reads the agent's input from standard input", "Install it: slopguard enable AGENT")
    return quick.main([*([agent] if agent else []), *(["--strict"] if strict else [])])
