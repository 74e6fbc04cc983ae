"""The agents whose hooks slopguard speaks: one module each, behind `interface.Protocol`.

Invariants: an input is read by the protocol that the hook's name tells, or its own keys where the name does not;
importing this imports no protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slopguard.agents.protocols.interface import Protocol

AGENTS: Mapping[str, str] = {
    "claude-code": "Claude Code",
    "codex": "Codex CLI",
    "gemini": "Gemini CLI",
    "cursor": "Cursor",
    "copilot": "GitHub Copilot",
    "windsurf": "Windsurf",
    "cline": "Cline",
    "opencode": "opencode",
    "qwen": "Qwen Code",
}
"""The agents by the names that `hook`, `enable` and the ledger know them under, with what people call them."""
ALIASES: Mapping[str, str] = {
    "claude": "claude-code",
    "codex-cli": "codex",
    "gemini-cli": "gemini",
    "copilot-cli": "copilot",
    "github-copilot": "copilot",
    "cursor-agent": "cursor",
    "qwen-code": "qwen",
}
"""Other names that people type for them."""
_ALSO: Mapping[str, tuple[str, ...]] = {"claude-code": ("cursor",), "copilot": ("claude-code",)}
"""Whose shape may come to a hook beside its own agent's: Cursor runs Claude Code's hooks, Copilot speaks its shape."""


def named(agent: str) -> Protocol:
    """The protocol of an agent.

    Raises:
        KeyError: there is no such agent.
    """
    known = ALIASES.get(agent, agent)
    if known not in AGENTS:
        raise KeyError(agent)
    protocol: Protocol = import_module(f"{__name__}.{known.replace('-', '_')}")
    return protocol


def told_by(document: Mapping[str, Any], agent: str = "") -> str:
    """The agent that an input comes from; `""` if nobody can tell.

    The hook's own name says it, but for those to which another agent's shape may come.

    Args:
        agent: the agent that the hook was installed for; `""` if the input's keys have to tell.
    """
    named = ALIASES.get(agent, agent)
    found = _by_keys(document)
    if named not in AGENTS:
        return found
    return found if found in _ALSO.get(named, ()) else named


def _by_keys(document: Mapping[str, Any]) -> str:
    """The agent that an input's keys tell; Codex CLI and Qwen Code share theirs with Claude Code for the most part."""
    if document.get("agent") == "opencode":
        return "opencode"
    if "agent_action_name" in document or "trajectory_id" in document:
        return "windsurf"
    if "clineVersion" in document or "hookName" in document:
        return "cline"
    if "toolName" in document or "toolArgs" in document:
        return "copilot"
    if "cursor_version" in document or ("conversation_id" in document and "generation_id" in document):
        return "cursor"
    if str(document.get("hook_event_name")) in ("BeforeTool", "AfterTool"):
        return "gemini"
    return _like_claude(document) if "hook_event_name" in document else ""


def _like_claude(document: Mapping[str, Any]) -> str:
    if document.get("tool_name") in ("run_shell_command", "write_file", "replace", "edit"):
        return "qwen"
    return "codex" if "turn_id" in document else "claude-code"
