"""Where pnpm works: the project, its workspace, the manifests and lock files in them.

Invariants: what is found is everything pnpm could install for, also where options would take it for less; only
folders and pnpm-workspace.yaml are looked into, nothing is started.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from slopguard.model import Location
from slopguard.patterns import regex
from slopguard.readers import load, pnpm_workspace
from slopguard.readers.interface import Problem
from slopguard.readers.text import Table, strings

WORKSPACE = "pnpm-workspace.yaml"
LOCK = "pnpm-lock.yaml"
_SPECIAL = regex(r"[\[\]()]|[@!+]\(")
"""What a glob may hold that is not matched here: all below the folder before it is taken instead."""
_MARKS = ("package.json", "package.json5", "package.yaml", WORKSPACE, "node_modules")
_UNREAD = ("package.json5", "package.yaml")
"""Manifests in notations that pnpm alone reads; it takes them where there is no package.json."""


@dataclass(frozen=True, slots=True)
class Project:
    """What a command of pnpm's is about.

    Args:
        here: the folder it is run for (`--dir` obeyed).
        folder: the nearest folder upwards that is a project.
        root: the workspace's folder, or the project's own.
        settings: what pnpm-workspace.yaml says.
        members: every project of the workspace.
    """

    here: Path
    folder: Path
    root: Path
    settings: Table
    members: tuple[Path, ...]

    def folders(self) -> list[Path]:
        """Every folder that may hold a manifest or a lock file."""
        return list(dict.fromkeys((self.root, self.folder, *self.members)))

    def manifests(self) -> list[Path]:
        """The manifests, and the file that holds the workspace's settings."""
        found = [folder / "package.json" for folder in self.folders()] + [self.root / WORKSPACE]
        return [path for path in found if path.is_file()]

    def problems(self) -> list[Problem]:
        """Manifests that are not read."""
        found = [folder / name for folder in self.folders() for name in _UNREAD]
        return [
            Problem("undecidable", Location(str(path), 1))
            for path in found
            if path.is_file() and not path.with_name("package.json").is_file()
        ]


def find(cwd: Path, flags: Mapping[str, str], env: Mapping[str, str], *, recursive: bool = False) -> Project:
    """The project of a command.

    Raises:
        InputError: pnpm-workspace.yaml is not YAML.
    """
    here = Path(os.path.abspath(cwd / flags["dir"])) if flags.get("dir") else cwd  # noqa: PTH100 (links stay)
    folder = here if flags.get("dir") else nearest(here, _MARKS) or here
    named = env.get("NPM_CONFIG_WORKSPACE_DIR") or env.get("npm_config_workspace_dir")
    root = Path(named) if named else nearest(here, (WORKSPACE,))
    settings = pnpm_workspace.settings(load, root / WORKSPACE) if root and (root / WORKSPACE).is_file() else {}
    globs = strings(settings.get("packages")) if root else ["**"] if recursive else []
    if flags.get("workspace-packages"):
        globs = [*globs, flags["workspace-packages"]]
    top = root or folder
    return Project(here, folder, top, settings, tuple(_members(top, globs)))


def nearest(folder: Path, names: Iterable[str]) -> Path | None:
    """The nearest folder upwards that holds one of these."""
    names = tuple(names)
    return next((p for p in (folder, *folder.parents) if any((p / name).exists() for name in names)), None)


def _members(root: Path, globs: Iterable[str]) -> Iterator[Path]:
    """The projects that globs name (`!` takes out again), nothing below node_modules."""
    wanted = [_wider(one) for glob in globs if not glob.startswith("!") for one in _braces(glob)]
    plain = [glob[1:] for glob in globs if glob.startswith("!") and not _SPECIAL.search(glob)]
    against = [_pattern(one) for glob in plain for one in _braces(glob)]
    seen: set[Path] = set()
    for glob in wanted:
        for folder in _matching(root, glob.removeprefix("./").strip("/")):
            inside = os.path.relpath(folder, root).replace(os.sep, "/")
            if folder in seen or any(pattern.fullmatch(inside) for pattern in against):
                continue
            seen.add(folder)
            if any((folder / name).is_file() for name in ("package.json", *_UNREAD)):
                yield folder


def _wider(glob: str) -> str:
    """A glob that matches no less, in the notation that is known here."""
    found = _SPECIAL.search(glob)
    return glob if found is None else glob[: found.start()].rpartition("/")[0] + "/**"


def _matching(root: Path, glob: str) -> Iterator[Path]:
    """The folders that one glob names; `..` may lead out of the workspace."""
    while glob.startswith("../"):
        root, glob = root.parent, glob[3:]
    if glob in ("", "."):
        yield root
        return
    if not set("*?[") & set(glob):
        yield root / glob
        return
    pattern = _pattern(glob)
    for place, folders, _ in os.walk(root, followlinks=True):
        folders[:] = [name for name in folders if name not in ("node_modules", "bower_components", ".git")]
        inside = os.path.relpath(place, root).replace(os.sep, "/")
        if glob.count("/") < inside.count("/") and "**" not in glob:
            folders[:] = []
        if pattern.fullmatch("" if inside == "." else inside):
            yield Path(place)


def _pattern(glob: str) -> re.Pattern[str]:
    """A glob as a regular expression; `**` stands for any folders, none included."""
    parts = []
    for part in re.split(r"(/?\*\*/?|\*|\?)", glob.removeprefix("./").strip("/")):
        many = {"*": "[^/]*", "?": "[^/]"}.get(part)
        parts.append("(?:/?.*/?)" if "**" in part else many or re.escape(part))
    return re.compile("".join(parts), re.DOTALL)


def _braces(glob: str) -> list[str]:
    """`a/{b,c}` as `a/b` and `a/c`."""
    found = re.search(r"\{([^{}]*)\}", glob)
    if found is None:
        return [glob]
    return [one for part in found[1].split(",") for one in _braces(glob[: found.start()] + part + glob[found.end() :])]
