"""Agents named beside clients, for `enable` and `disable`: `slopguard enable npm claude-code`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slopguard import clients
from slopguard.agents import settings as agents
from slopguard.agents.protocols import AGENTS
from slopguard.errors import UsageError
from slopguard.guard.enabling.insertions import SettingsFile
from slopguard.guard.enabling.record import Enabled
from slopguard.names import shown

HOOKLESS = frozenset({"aider", "goose"})
"""Agents in which nothing can be run before a tool."""
FAR = 2
"""Letters beyond which a name is no mistyped one."""


@dataclass(frozen=True, slots=True)
class Named:
    """What somebody named.

    Args:
        clients: package clients, as they were written.
        agents: coding agents, by slopguard's names for them.
    """

    clients: tuple[str, ...]
    agents: tuple[str, ...]

    @property
    def only_agents(self) -> bool:
        """Whether nothing but agents was named."""
        return bool(self.agents) and not self.clients


def split(names: Sequence[str], command: str) -> Named:
    """Clients and agents apart.

    Raises:
        UsageError: a name is neither's; the nearest is named.
    """
    typed = {name: agents.known(name) for name in names if not clients.plain(name)}
    for name, agent in typed.items():
        if agent is None:
            raise _unknown(name, command)
    found = tuple(dict.fromkeys(agent for agent in typed.values() if agent))
    return Named(tuple(name for name in names if name not in typed), found)


def wanted(named: Named, every: bool, home: Path, before: Enabled, project: Path | None) -> list[SettingsFile]:
    """What agents' settings get: those named, all that are here if so asked, and those that have it if none is named.

    Args:
        home: SLOPGUARD_HOME.
        before: what is switched on now.
        project: the folder whose settings are meant, `None` for the account's.

    Raises:
        UsageError: that folder is the account's home, where the same file would be the account's settings.
    """
    asked = dict.fromkeys([*named.agents, *(agents.found(os.environ) if every else ())])
    if asked and project is not None and project.resolve() == Path(os.environ.get("HOME") or Path.home()).resolve():
        raise UsageError("your home folder is no project, so nothing was changed", "Leave --project out")
    pairs: dict[tuple[str, str], None] = dict.fromkeys((agent, str(project or "")) for agent in asked)
    if not named.agents and not named.clients:
        pairs |= {(each.agent, each.project): None for each in before.files if each.agent}
    found: dict[Path, SettingsFile] = {}
    for agent, folder in pairs:
        if not folder or Path(folder).is_dir():
            for file in agents.files_for(agent, os.environ, home, Path(folder) if folder else None):
                found.setdefault(file.path, file)
    return list(found.values())


def titles(names: Sequence[str]) -> str:
    """Agents as people call them."""
    return ", ".join(AGENTS[name] for name in names if name in AGENTS)


def notes(files: Sequence[SettingsFile]) -> list[str]:
    """What the users of these agents have to do or know, a line each."""
    found = [agents.NOTES.get(file.agent) for file in files]
    found += [agents.PROJECT_NOTES.get(file.agent) for file in files if file.project]
    return [note for note in dict.fromkeys(found) if note]


def _unknown(name: str, command: str) -> UsageError:
    from rapidfuzz.distance import OSA

    if name.lower() in HOOKLESS:
        return UsageError(
            f"'{name.lower()}' is an agent in which no hook can be run before a tool",
            "The clients it starts by their names are guarded by: slopguard enable",
        )
    near = min((*clients.COMMANDS, *AGENTS), key=lambda known: OSA.distance(name, known))
    if OSA.distance(name, near) <= FAR:
        kind = "agent" if near in AGENTS else "client"
        return UsageError(f"there is no {kind} '{shown(name)}'", f"The nearest is: slopguard {command} {near}")
    hint = f"Known are: {' '.join(clients.COMMANDS)}; and agents: {' '.join(AGENTS)}"
    return UsageError(f"there is no client '{shown(name)}'", hint)
