"""Where each agent keeps its hooks, what an entry of slopguard's looks like there, and which agents are here.

Invariants: nothing is read but whether a file is there and whose it is, and nothing is written; an entry names every
tool that runs a command or changes a file, by all names that the agent's versions have for it, and says the time limit
in the agent's own unit.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from slopguard.agents.protocols import AGENTS, ALIASES
from slopguard.errors import ConfigError
from slopguard.guard.enabling import agent_hook, files
from slopguard.guard.enabling.insertions import FILE_MARK, SettingsFile
from slopguard.guard.enabling.settings_json import Entry

SECONDS = 30
"""How long an agent waits for the hook; a verdict takes a fraction of one, or as long as an index lets us wait."""
NOTES: Mapping[str, str] = {
    "codex": "Codex runs a hook only once you trust it: open codex, type /hooks, and trust slopguard's",
    "opencode": "opencode reads its plugins when it starts: start it again",
    "cline": "Cline in an editor: switch hooks on in its settings",
    "gemini": "Gemini CLI runs no hook in a folder that you told it not to trust",
}
"""What else its user has to do or know."""
PROJECT_NOTES: Mapping[str, str] = {
    "codex": "Codex runs a project's hooks only in a project that you trust",
    "copilot": "Copilot CLI runs a project's hooks only in a folder that you trust",
    "cursor": "Cursor runs a project's hooks only in a workspace that you trust",
    "gemini": "Gemini CLI runs a project's hooks only in a folder that you trust",
}


@dataclass(frozen=True, slots=True)
class Where:
    """Whose settings: the account's, or one project's.

    Args:
        env: the environment.
        project: the folder of the project, `None` for the account.
    """

    env: Mapping[str, str]
    project: Path | None

    @property
    def home(self) -> Path:
        """The account's home folder."""
        return Path(self.env.get("HOME") or Path.home())

    def folder(self, variable: str, name: str) -> Path:
        """An agent's own folder: in the project, or where its variable says, else in the home."""
        if self.project is not None:
            return self.project / name
        told = self.env.get(variable) if variable else None
        return Path(told) if told else self.home / name


def known(name: str) -> str | None:
    """The name of an agent that somebody typed, `None` if it is none."""
    agent = ALIASES.get(name.lower(), name.lower())
    return agent if agent in AGENTS else None


def found(env: Mapping[str, str]) -> tuple[str, ...]:
    """The agents that are on this machine: a command on PATH, or a folder of settings in the home."""
    where = Where(env, None)
    return tuple(agent for agent, here in _HERE.items() if _is_here(where, here))


def files_for(agent: str, env: Mapping[str, str], home: Path, project: Path | None) -> tuple[SettingsFile, ...]:
    """What an agent's settings get.

    Args:
        agent: a key of `protocols.AGENTS`.
        home: SLOPGUARD_HOME.
        project: the folder whose settings they are; `None` for the account's.
    """
    where = Where(env, project)
    files = _FILES[agent](where, command(agent, where, home))
    return tuple(replace(file, project=str(project.resolve()) if project is not None else "") for file in files)


def command(agent: str, where: Where, home: Path) -> str:
    """The hook as a shell command.

    In the account's settings it is the path itself. A project's settings are shared: there it finds the place on
    whatever machine reads them, and does nothing where slopguard is not; without `$` for agents that replace it.
    """
    if where.project is None:
        return f"{shlex.quote(str(agent_hook.path(home)))} {agent}"
    place = '"${SLOPGUARD_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/slopguard}/hooks/run"'
    if agent in _REPLACES:
        usual = where.home / ".local" / "share" / "slopguard"
        place = "~/.local/share/slopguard/hooks/run" if home == usual else shlex.quote(str(agent_hook.path(home)))
    script = f"[ ! -x {place} ] || exec {place} {agent} {agent_hook.PROJECT}"
    return f"sh -c {shlex.quote(script)}"


_REPLACES = ("gemini", "qwen")
"""Agents that put the value of a variable into their settings before any shell sees it."""


def _claude_code(where: Where, start: str) -> tuple[SettingsFile, ...]:
    """It takes plain names in a matcher for a list of tools, and anything else for a pattern."""
    hook = {"type": "command", "command": start, "timeout": SECONDS, "onFailure": "block"}
    matchers = ("Bash|PowerShell|Write|Edit|MultiEdit|NotebookEdit", "mcp__.*")
    groups = [{"matcher": matcher, "hooks": [hook]} for matcher in matchers]
    path = where.folder("CLAUDE_CONFIG_DIR", ".claude") / "settings.json"
    return (
        SettingsFile("claude-code", path, entries=tuple(Entry(("hooks", "PreToolUse"), group) for group in groups)),
    )


def _codex(where: Where, start: str) -> tuple[SettingsFile, ...]:
    """It trusts each hook by its place in the list, so that ours must not move others."""
    group = {
        "matcher": "^(Bash|apply_patch|mcp__.*)$",
        "hooks": [{"type": "command", "command": start, "timeout": SECONDS}],
    }
    path = where.folder("CODEX_HOME", ".codex") / "hooks.json"
    return (SettingsFile("codex", path, entries=(Entry(("hooks", "PreToolUse"), group, last=True),)),)


def _gemini(where: Where, start: str) -> tuple[SettingsFile, ...]:
    hook = {"name": "slopguard", "type": "command", "command": start, "timeout": SECONDS * 1000}
    group = {"matcher": "^(run_shell_command|write_file|replace|mcp_.*)$", "hooks": [hook]}
    path = where.folder("", ".gemini") / "settings.json"
    return (SettingsFile("gemini", path, entries=(Entry(("hooks", "BeforeTool"), group),), comments=True),)


def _qwen(where: Where, start: str) -> tuple[SettingsFile, ...]:
    """Its newer versions count the limit in seconds, but take a number of at least 1000 for milliseconds."""
    hook = {"name": "slopguard", "type": "command", "command": start, "timeout": SECONDS * 1000}
    tools = "run_shell_command|monitor|write_file|edit|notebook_edit|exec|mcp__.*"
    group = {"matcher": f"^({tools})$", "hooks": [hook]}
    path = where.folder("QWEN_HOME", ".qwen") / "settings.json"
    return (SettingsFile("qwen", path, entries=(Entry(("hooks", "PreToolUse"), group),), comments=True),)


def _cursor(where: Where, start: str) -> tuple[SettingsFile, ...]:
    """A command fires both of its events, and only the first of them can ask."""
    hook: dict[str, Any] = {"command": start, "timeout": SECONDS}
    edits = "^(Write|Edit|MultiEdit|StrReplace|ApplyPatch|EditNotebook|Delete)$"
    entries = (
        Entry(("hooks", "beforeShellExecution"), hook),
        Entry(("hooks", "beforeMCPExecution"), hook),
        Entry(("hooks", "preToolUse"), {**hook, "matcher": edits}),
    )
    path = where.folder("", ".cursor") / "hooks.json"
    return (SettingsFile("cursor", path, entries=entries, fresh={"version": 1}),)


def _copilot(where: Where, start: str) -> tuple[SettingsFile, ...]:
    """A file of its own, as it reads all of its folder; no matcher, as its tools have many names."""
    hook = {"type": "command", "bash": start, "timeoutSec": SECONDS}
    folder = where.project / ".github" if where.project else where.folder("COPILOT_HOME", ".copilot")
    entry = Entry(("hooks", "preToolUse"), hook)
    return (SettingsFile("copilot", folder / "hooks" / "slopguard.json", entries=(entry,), fresh={"version": 1}),)


_WINDSURF = ("pre_run_command", "pre_write_code", "pre_mcp_tool_use")


def _windsurf(where: Where, start: str) -> tuple[SettingsFile, ...]:
    """In JetBrains' editors it has its settings one folder above."""
    hook = {"command": start, "show_output": True}
    entries = tuple(Entry(("hooks", event), hook) for event in _WINDSURF)
    if where.project is not None:
        return (SettingsFile("windsurf", where.project / ".windsurf" / "hooks.json", entries=entries),)
    place = where.home / ".codeium"
    paths = [place / "windsurf" / "hooks.json"]
    if (place / "hooks.json").exists() or (place.is_dir() and not (place / "windsurf").is_dir()):
        paths.append(place / "hooks.json")
    return tuple(SettingsFile("windsurf", path, entries=entries) for path in paths)


def _cline(where: Where, start: str) -> tuple[SettingsFile, ...]:
    """A hook is a file with the name of its event; another ending makes a second one beside somebody else's."""
    folder = where.home / "Documents" / "Cline" / "Hooks"
    if where.project is not None:
        folder = where.project / ".clinerules" / "hooks"
    path = folder / "PreToolUse"
    if _is_somebody_elses(path):
        path = folder / "PreToolUse.sh"
    text = f"#!/bin/sh\n# {FILE_MARK}\nexec {start}\n"
    hint = f"Rename it: Cline runs {path.stem}.bash, .py and .js beside it"
    return (SettingsFile("cline", path, kind="file", content=text.encode(), mode=0o755, instead=hint),)


def _opencode(where: Where, start: str) -> tuple[SettingsFile, ...]:
    """It has no hooks but its plugins."""
    from slopguard.agents.opencode_plugin import plugin

    if where.project is not None:
        folder = where.project / ".opencode"
    else:
        folder = Path(where.env.get("XDG_CONFIG_HOME") or where.home / ".config") / "opencode"
    text = plugin(start, FILE_MARK)
    return (SettingsFile("opencode", folder / "plugin" / "slopguard.js", kind="file", content=text.encode()),)


def _is_somebody_elses(path: Path) -> bool:
    try:
        content = files.read(path)
    except ConfigError:
        return True
    return content is not None and FILE_MARK.encode() not in content


_FILES: Mapping[str, Callable[[Where, str], tuple[SettingsFile, ...]]] = {
    "claude-code": _claude_code,
    "codex": _codex,
    "gemini": _gemini,
    "cursor": _cursor,
    "copilot": _copilot,
    "windsurf": _windsurf,
    "cline": _cline,
    "opencode": _opencode,
    "qwen": _qwen,
}
_HERE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "claude-code": (("claude",), (".claude",)),
    "codex": (("codex",), (".codex",)),
    "gemini": (("gemini",), (".gemini/settings.json", ".gemini/oauth_creds.json")),
    "cursor": (("cursor", "cursor-agent"), (".cursor",)),
    "copilot": (("copilot",), (".copilot",)),
    "windsurf": (("windsurf",), (".codeium/windsurf",)),
    "cline": (("cline",), ("Documents/Cline", ".cline")),
    "opencode": (("opencode",), (".config/opencode", ".opencode")),
    "qwen": (("qwen",), (".qwen",)),
}
"""Agent to its commands and to what it makes in a home."""


def _is_here(where: Where, here: tuple[tuple[str, ...], tuple[str, ...]]) -> bool:
    commands, places = here
    path = where.env.get("PATH", os.defpath)
    return any(shutil.which(name, path=path) for name in commands) or any(
        (where.home / place).exists() for place in places
    )
