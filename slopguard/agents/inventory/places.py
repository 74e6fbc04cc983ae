"""Which files hold the MCP servers of which client, on which system.

Invariants: only names of files are known here, and nothing is opened; the organisation's places are fixed, but for the
`root` of a test; what is not there is silent; a file that several clients read is one place. Vendors move their files:
a path that is wrong costs a look at a file that is not there, no more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from slopguard.agents.inventory.table import TABLE


class Scope(StrEnum):
    """Whose a configuration is."""

    USER = "user"
    PROJECT = "project"
    MANAGED = "managed"
    PLUGIN = "plugin"


@dataclass(frozen=True, slots=True)
class Place:
    """A file that clients read.

    Args:
        clients: their names, in the order of the table.
        path: as found; links are not followed in it.
    """

    clients: tuple[str, ...]
    scope: Scope
    path: Path


@dataclass(frozen=True, slots=True)
class Machine:
    """Where to look.

    Args:
        env: the account's variables.
        system: as `sys.platform` has it.
        root: what `/` is.
    """

    env: Mapping[str, str]
    system: str = sys.platform
    root: Path = Path("/")

    @property
    def home(self) -> Path:
        """The account's home folder."""
        return Path(self.env.get("HOME") or self.env.get("USERPROFILE") or Path.home())

    @property
    def config(self) -> Path:
        """Where programs keep the account's settings."""
        if self.system == "win32":
            return Path(self.env.get("APPDATA") or self.home / "AppData" / "Roaming")
        if self.system == "darwin":
            return self.home / "Library" / "Application Support"
        return Path(self.env.get("XDG_CONFIG_HOME") or self.home / ".config")


_EDITORS = ("Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf", "Kiro", "Trae", "Trae CN", "Antigravity")
"""Editors made from VS Code, by the names of their folders."""

MOST = 2_000
"""Files of one pattern: a folder of plugins can be as large as it likes."""


def places(machine: Machine, project: Path) -> list[Place]:
    """Every file of a client that is there, each once by the file that it is in the end, in the order of the table."""
    found: dict[Path, Place] = {}
    for scope, client, path in _candidates(machine, project):
        same = found.get(real := _real(path))
        if same is None:
            found[real] = Place((client,), scope, path)
        elif client not in same.clients:
            found[real] = Place((*same.clients, client), same.scope, same.path)
    return list(found.values())


def _candidates(machine: Machine, project: Path) -> Iterator[tuple[Scope, str, Path]]:
    bases = _bases(machine, project)
    for line in TABLE.strip().splitlines():
        scope, client, pattern = line.split(maxsplit=2)
        system, _, rest = pattern.rpartition(":")
        if system in ("", machine.system):
            base, _, below = rest.partition("/")
            for folder in bases[base]:
                yield from ((Scope(scope), client, path) for path in _there(folder, below))


def _bases(machine: Machine, project: Path) -> dict[str, list[Path]]:
    """The folders that the first part of a path stands for."""
    env, home = machine.env, machine.home

    def named(variable: str, default: Path) -> list[Path]:
        return [Path(env[variable])] if env.get(variable) else [default]

    claude = [Path(env["CLAUDE_CONFIG_DIR"])] if env.get("CLAUDE_CONFIG_DIR") else []
    return {
        "": [machine.root],
        "~": [home],
        "C": [machine.config],
        "V": [machine.config / editor / "User" for editor in _EDITORS],
        "P": list(upwards(project, home)),
        "LIB": [machine.root / "Library" / "Application Support"],
        "DATA": named("ProgramData", Path("C:/ProgramData")),
        "FILES": named("ProgramFiles", Path("C:/Program Files")),
        "LOCAL": named("LOCALAPPDATA", home / "AppData" / "Local"),
        "CLAUDE": claude or [home],
        "CLAUDE_DIR": claude or [home / ".claude"],
        "CODEX": named("CODEX_HOME", home / ".codex"),
        "GEMINI": [Path(env.get("GEMINI_CLI_HOME") or home) / ".gemini"],
        "QWEN": named("QWEN_HOME", home / ".qwen"),
        "COPILOT": named("COPILOT_HOME", home / ".copilot"),
        "CLINE": named("CLINE_DIR", home / ".cline"),
        "CLINE_FILE": _given(env.get("CLINE_MCP_SETTINGS_PATH")),
        "OPENCODE_FILE": _given(env.get("OPENCODE_CONFIG")),
        "OPENCODE_DIR": _given(env.get("OPENCODE_CONFIG_DIR")),
    }


def upwards(project: Path, home: Path) -> Iterator[Path]:
    """The project's folder and those above it up to its repository's root; without a repository that folder alone."""
    above = (project, *project.parents)
    root = next((at for at, folder in enumerate(above) if (folder / ".git").exists()), 0)
    yield from (folder for folder in above[: root + 1] if folder != home)


def _given(path: str | None) -> list[Path]:
    return [Path(path).expanduser()] if path else []


def _there(folder: Path, below: str) -> Iterator[Path]:
    """The files of a pattern that are there, also those that may not be looked at."""
    if "*" not in below:
        path = folder / below if below else folder
        if _exists(path):
            yield path
        return
    first = below.split("*", 1)[0].rpartition("/")[0]
    try:
        found = sorted(
            path for _, path in zip(range(MOST), (folder / first).glob(below[len(first) :].lstrip("/")), strict=False)
        )
    except OSError:
        return
    yield from (path for path in found if _exists(path))


def _exists(path: Path) -> bool:
    """Whether something stands there; what may not be looked at counts, so that it is told."""
    try:
        return path.exists() and not path.is_dir()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # RuntimeError: a circle of links
        return path
