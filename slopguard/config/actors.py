"""Who is asking: a person, a CI job or a coding agent.

Invariant: the environment may only lower trust. Variables that coding agents set make an agent of everybody who has
them; `SLOPGUARD_ACTOR` is obeyed only where it trusts less than what was detected. What only a person may do also asks
for the processes above this one (`agent_ancestor`): a variable is taken out of one's own environment easily, out of
that of the shell one was started from it is not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from slopguard.errors import ConfigError
from slopguard.model import Actor

TRUST = (Actor.HUMAN, Actor.CI, Actor.AGENT)
"""Most trusted first."""

AGENT_VARIABLES = frozenset(
    {
        "AGENT",
        "AI_AGENT",
        "AIDER_MODEL",
        "CLAUDECODE",
        "CLAUDE_CODE_CHILD_SESSION",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLAUDE_CODE_EXECPATH",
        "CLAUDE_CODE_SESSION_ID",
        "CLINE_ACTIVE",
        "CLINE_CONNECTOR_CLI_LAUNCH",
        "CODEX_CI",
        "CODEX_SANDBOX",
        "CODEX_SANDBOX_NETWORK_DISABLED",
        "CODEX_SESSION_ID",
        "CODEX_THREAD_ID",
        "CODEX_TOOL_CALL_ID",
        "COPILOT_CLI",
        "CURSOR_AGENT",
        "CURSOR_TRACE_ID",
        "GEMINI_CLI",
        "GOOSE_TERMINAL",
        "OPENCODE",
        "QWEN_CODE",
    }
)
AGENT_PREFIXES = ("COPILOT_AGENT_", "REPLIT_AGENT")
"""Markers that coding agents put into the environment of the commands they run; none by which people configure one."""
AGENT_PROGRAMS = frozenset(
    {"aider", "claude", "codex", "copilot", "cursor-agent", "gemini", "goose", "opencode", "qwen"}
)
"""Programs that are coding agents, by the name they are started under; no editors, as people type in those."""
CI_VARIABLES = ("CI", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD")
FALSE = frozenset({"", "0", "false", "no", "off"})
PROCESSES = Path("/proc")
MOST_ANCESTORS = 64
"""Processes above this one that are looked at."""


def truthy(value: str | None) -> bool:
    """Whether an environment variable switches something on: anything but empty, 0, false, no, off."""
    return value is not None and value.strip().lower() not in FALSE


def detect(env: Mapping[str, str], *, terminal: bool) -> Actor:
    """Who is asking, from the environment and whether a terminal is attached.

    Raises:
        ConfigError: `SLOPGUARD_ACTOR` is none of human, ci, agent.
    """
    return max(_seen(env, terminal), _claimed(env), key=TRUST.index)


def marked(env: Mapping[str, str]) -> bool:
    """Whether an environment carries the marker of a coding agent."""
    return any(truthy(env[name]) and (name in AGENT_VARIABLES or name.startswith(AGENT_PREFIXES)) for name in env)


def at_a_terminal() -> bool:
    """Whether somebody may be reading along: standard input or standard error is a terminal."""
    return any(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def agent_ancestor(process: int | None = None, processes: Path = PROCESSES) -> bool:
    """Whether a process above this one is a coding agent, or was started with the marker of one.

    What cannot be read (another user's process, a system without `/proc`) says nothing, so that `False` proves nothing.

    Args:
        process: whose ancestors; this process if `None`.
        processes: where the system shows them.
    """
    start = os.getpid() if process is None else process
    return any(_is_agent(processes / str(one)) for one in above(start, processes))


def above(process: int, processes: Path = PROCESSES) -> Iterator[int]:
    """The numbers of the processes above one, nearest first."""
    for _ in range(MOST_ANCESTORS):
        # proc(5): the name in parentheses may hold anything, what follows the last one is `STATE PPID ...`
        after = _read(processes / str(process) / "stat").rpartition(b")")[2].split()
        if len(after) < 2 or not after[1].isdigit() or int(after[1]) < 1:
            return
        process = int(after[1])
        yield process


def _is_agent(folder: Path) -> bool:
    words = _texts(folder / "cmdline")[:2]  # `claude`, or `node /usr/bin/claude`
    if any(Path(word).name in AGENT_PROGRAMS for word in words):
        return True
    pairs = (text.partition("=") for text in _texts(folder / "environ"))
    return marked({name: value for name, _, value in pairs})


def _texts(path: Path) -> list[str]:
    return _read(path).decode("utf-8", "replace").split("\0")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _seen(env: Mapping[str, str], terminal: bool) -> Actor:
    if marked(env):
        return Actor.AGENT
    if any(truthy(env.get(name)) for name in CI_VARIABLES):
        return Actor.CI
    return Actor.HUMAN if terminal else Actor.CI


def _claimed(env: Mapping[str, str]) -> Actor:
    claim = env.get("SLOPGUARD_ACTOR", "").strip().lower()
    if claim and claim not in TRUST:
        raise ConfigError("SLOPGUARD_ACTOR must be one of human, ci, agent", "Correct or unset the variable")
    return Actor(claim) if claim else Actor.HUMAN
