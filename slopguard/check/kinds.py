"""Which readers a file is for, by its path alone; a file may be for several, or for none.

Invariants: importing this imports no reader; the table is the one place that says what `check` looks at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path

from slopguard.patterns import regex
from slopguard.readers.interface import NOWHERE, Context, Load, Reading


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file.

    Args:
        name: the kind's name and its module's.
        room: the package its module lies in.
        pattern: matches whole parts at the end of a path, with `/` between them, in any case.
        lock: whether it is a lock file (a full resolution).
        hint: text without which such a file says nothing.
    """

    name: str
    room: str
    pattern: str
    lock: bool = False
    hint: str = ""

    def claims(self, path: str) -> bool:
        """Whether a path is one of this kind's."""
        return bool(_compiled(self.pattern).search(path))

    def read(self, path: Path, load: Load, context: Context = NOWHERE) -> Reading:
        """Read `path`.

        Raises:
            InputError: the file is not what its name claims.
        """
        reading: Reading = import_module(f"{self.room}.{self.name}").read(path, load, context)
        return reading


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when it is first needed: few kinds of files are in one tree, and there are many kinds."""
    return re.compile(rf"(?:^|/)(?:{pattern})$", re.IGNORECASE)


def _ends(pattern: str) -> tuple[str, ...]:
    """What a path ends in that a pattern may match: the plain text at the end of each of its alternatives."""
    alternatives, depth = [""], 0
    for part in re.findall(r"\\.|\[[^\]]*\]|.", pattern):
        depth += {"(": 1, ")": -1}.get(part, 0)
        alternatives[-1] += part if part != "|" or depth else ""
        alternatives += [""] if part == "|" and not depth else []
    plain = (re.search(r"(?:\\[.-]|[\w/-])*$", each) for each in alternatives)
    return tuple(found[0].replace("\\", "").lower() for found in plain if found)


_HINTS = {"pep723": "# /// script"}


def _kinds(room: str, patterns: dict[str, str], *, lock: bool = False) -> Iterator[Kind]:
    """The kinds of one room."""
    for name, pattern in patterns.items():
        yield Kind(name, room, pattern, lock, _HINTS.get(name, ""))


_LOCKS = {
    "uv_lock": r"uv\.lock|[^/]+\.py\.lock",
    "poetry_lock": r"poetry\.lock",
    "pdm_lock": r"pdm(?:\..+)?\.lock",
    "pylock": r"pylock(?:\.[^./]+)?\.toml",
    "pipfile_lock": r"Pipfile\.lock",
    "package_lock": r"\.?package-lock\.json|npm-shrinkwrap\.json",
    "pnpm_lock": r"pnpm-lock(?:\.[^/]+)?\.yaml",
    "yarn_lock": r"yarn\.lock",
    "bun_lock": r"bun\.lockb?",
    "deno_lock": r"deno\.lock",
    "sbom": r"s?bom\.json|[^/]+\.(?:cdx|spdx)\.json",
}
_MANIFESTS = {
    "pyproject": r"pyproject\.toml",
    "uv_toml": r"uv\.toml",
    "hatch_toml": r"hatch\.toml",
    "pdm_toml": r"pdm\.toml",
    "pixi_toml": r"pixi\.toml",
    "requirements": r"[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in|pip)|requirements/.+\.(?:txt|in|pip)"
    r"|requirements(?:-dev)?\.lock",
    "pipfile": r"Pipfile",
    "setup_cfg": r"setup\.cfg",
    "setup_py": r"setup\.py",
    "conda": r"[^/]*(?:environment|conda)[^/]*\.ya?ml",
    "pep723": r"[^/]+\.pyw?",
    "package_json": r"package\.json5?",
    "pnpm_workspace": r"pnpm-workspace\.yaml",
    "yarnrc": r"\.yarnrc\.yml",
    "yarnrc_classic": r"\.yarnrc",
    "pnpmfile": r"\.pnpmfile\.(?:c|m)?js",
    "bunfig": r"\.?bunfig\.toml",
    "deno_json": r"deno(?:\.[\w-]+)?\.jsonc?|jsr\.json|import_map\.json",
    "pre_commit": r"\.pre-commit-(?:config|hooks)\.ya?ml",
}
_COMMANDS = {
    "shell_file": r"[^/]+\.(?:sh|bash|zsh|ksh|ps1|psm1|bat|cmd|fish)(?:\.(?:j2|tmpl|tpl|in))?|\.envrc"
    r"|Procfile(?:\.\w+)?|\.(?:bash|zsh|ksh)rc|\.(?:bash_|z)?profile|\.zshenv|\.husky/[a-z-]+",
    "dockerfile": r"(?:[^/]*[._-])?(?:Dockerfile|Containerfile)"
    r"(?:(?![^/]*\.(?:md|rst|py|js|ts|go|rs|json|ya?ml|toml|sh|dockerignore)$)[._-][^/]*)?",
    "github_workflow": r"\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml|action\.ya?ml",
    "ci_yaml": r"[^/]*\.gitlab-ci[^/]*\.ya?ml"
    r"|\.(?:gitlab|circleci|azure|azure-pipelines|buildkite|semaphore|woodpecker)/.+\.ya?ml"
    r"|[^/]*azure-pipelines?[^/]*\.ya?ml|bitbucket-pipelines\.ya?ml|\.(?:travis|drone|woodpecker|cirrus|gitpod)\.ya?ml"
    r"|\.?appveyor\.ya?ml|\.?readthedocs\.ya?ml|\.?taskfile(?:\.[^/]+)?\.ya?ml|[^/]*compose[^/]*\.ya?ml"
    r"|buildspec[^/]*\.ya?ml|cloudbuild[^/]*\.ya?ml|codemagic\.ya?ml|render\.ya?ml|\.?lefthook(?:-local)?\.ya?ml"
    r"|\.pre-commit-(?:config|hooks)\.ya?ml",
    "makefile": r"(?:GNU)?Makefile(?:\.(?!(?:[^/]+\.)?(?:py|md|rst|[cm]?[jt]s|json|map)$)[^/]+)?|[^/]+\.(?:mk|mak|just)"
    r"|\.?justfile",
    "devcontainer": r"\.devcontainer(?:/.+)?/devcontainer\.json|\.devcontainer\.json",
    "notebook": r"[^/]+\.ipynb",
    "markdown": r"[^/]+\.(?:md|mdx|mdc|markdown|rst)|\.(?:cursor|windsurf|cline|roo)rules"
    r"|\.goosehints|\.rules|\.augment-guidelines|\.openhands_instructions|\.roomodes|\.(?:clinerules|roo)/.+\.txt"
    r"|\.gemini/commands/.+\.toml|llms(?:-full)?\.txt",
    "mcp_config": r"(?:[^/]*[._-])?mcp(?:[-_]?(?:config|settings|servers))?\.jsonc?|\.claude\.json"
    r"|claude_desktop_config\.json|(?:\.claude|\.gemini|\.qwen|\.?zed|\.vscode|\.?amp)/settings(?:\.local)?\.jsonc?"
    r"|managed-settings\.json|[^/]+\.code-workspace|\.claude-plugin/(?:plugin|marketplace)\.json|(?:gemini|qwen)-extension\.json"
    r"|\.vscode/tasks\.json|\.cursor/(?:environment|worktrees)\.json|\.codex/config\.toml|\.?opencode\.jsonc?|\.opencode/config\.jsonc?|\.?crush\.json|\.continue/config\.(?:ya?ml|json)"
    r"|\.continue/mcpServers/[^/]+\.(?:ya?ml|json)|\.?goose/config\.ya?ml|manifest\.json|\.devcontainer(?:/.+)?/devcontainer\.json"
    r"|\.devcontainer\.json|\.(?:claude|cursor|windsurf|codex|gemini)/hooks\.json|hooks/hooks\.json|\.github/hooks/[^/]+\.json",
    "package_scripts": r"(?:package|deno)\.jsonc?",
    "tox": r"tox\.(?:ini|toml)|setup\.cfg|pyproject\.toml",
    "nox": r"noxfile\.py",
}
KINDS: tuple[Kind, ...] = (
    *_kinds("slopguard.readers", _LOCKS, lock=True),
    *_kinds("slopguard.readers", _MANIFESTS),
    *_kinds("slopguard.commands", _COMMANDS),
)
"""Every kind of file that `check` looks at."""


INSTALLED = Kind("installed", "", "(?!)", lock=True)
"""What is installed is no file of the tree, and is read as a lock file is."""
_REQUIREMENTS = regex(r"\.(?:txt|in)$", re.IGNORECASE)


@cache
def _by_ending() -> tuple[tuple[tuple[str, ...], Kind], ...]:
    """Every kind with the endings of its files: a pattern is compiled only for a path that may be of its kind."""
    return tuple((_ends(kind.pattern), kind) for kind in KINDS)


@lru_cache(maxsize=1 << 16)
def kinds_of(path: str) -> tuple[Kind, ...]:
    """The kinds that a file is of, by its path with `/` between the parts; asked more than once about each file."""
    plain = path.lower()
    return tuple(kind for ends, kind in _by_ending() if plain.endswith(ends) and kind.claims(path))


def named_kind(path: str) -> tuple[Kind, ...]:
    """The kinds of a file that a person named: a text file that is called like no other kind holds requirements."""
    found = kinds_of(path)
    if not found and _REQUIREMENTS.search(path):
        return tuple(kind for kind in KINDS if kind.name == "requirements")
    return found


def is_manifest(path: str) -> bool:
    """Whether a file is a manifest, or settings of a client: what others are understood with."""
    found = (kind.room == "slopguard.readers" and not kind.lock and not kind.hint for kind in kinds_of(path))
    return path.endswith("/.npmrc") or any(found)
