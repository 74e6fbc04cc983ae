"""Where pnpm keeps what it read and wrote: lock files, and the notes in node_modules, by every setting that moves them.

Invariants: a setting counts wherever it may stand (option, variable, pnpm-workspace.yaml, .npmrc), relative to every
folder it may be relative to, so that what is found is everything that pnpm may read or write; nothing is started.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from slopguard.clients import npm_config, pnpm_config
from slopguard.clients.pnpm_project import LOCK, WORKSPACE, Project
from slopguard.readers.text import string

_LOCKS = "pnpm-lock*.yaml"
_NOTES = (".modules.yaml", ".pnpm-workspace-state-v1.json")
"""Where in node_modules pnpm notes the registries it used, and compares them the next time."""
_CURRENT = "lock.yaml"
"""Beside the packages: what is installed. pnpm goes by it where there is no lock file, or shall be none."""


def told(project: Project, flags: Mapping[str, str], env: Mapping[str, str], name: str) -> list[str]:
    """Every value that a setting has anywhere."""
    camel = re.sub(r"-(\w)", lambda found: found[1].upper(), name)
    variables = {f"{a}npm_config_{name.replace('-', '_')}" for a in ("", "p")}
    own, home = pnpm_config.config_folder(env), Path(env.get("HOME") or Path.home())
    files = dict.fromkeys((*(folder / ".npmrc" for folder in (project.folder, project.root, home)), own / "rc"))
    settings = (project.settings, pnpm_config.own_settings(own / "config.yaml"))
    found = [flags.get(name), flags.get(camel), *(string(place.get(camel)) for place in settings)]
    found += [value for key, value in env.items() if key.lower().replace("-", "_") in variables]
    found += [npm_config.read(path, env).get(name) for path in files if path.is_file()]
    return [value for value in dict.fromkeys(found) if value]


def read_locks(project: Project, flags: Mapping[str, str], env: Mapping[str, str]) -> list[Path]:
    """The lock files pnpm may install from, those of other branches (`gitBranchLockfile`) included."""
    tops = _tops(project, flags, env)
    without = "false" in told(project, flags, env, "lockfile")
    found: list[Path] = []
    for folder in dict.fromkeys((*project.folders(), *tops)):
        locks = [path for path in sorted(folder.glob(_LOCKS)) if path.is_file()]
        found += locks
        if without or not locks:
            found += [store / _CURRENT for store in _stores(folder, project, flags, env)]
    return [path for path in dict.fromkeys(found) if path.is_file()]


def written(
    project: Project, flags: Mapping[str, str], env: Mapping[str, str], targets: Iterable[Path] = ()
) -> list[Path]:
    """The files that pnpm writes addresses into; of a workspace's members those that are there, and its lock file.

    Args:
        targets: further folders that it writes a project to (`pnpm deploy`).
    """
    tops = [*_tops(project, flags, env), *targets]
    found: list[Path] = []
    for folder in dict.fromkeys((*tops, *project.folders())):
        all_of_it = [*_of(folder, project, flags, env)]
        found += all_of_it if folder in tops else [path for path in all_of_it if path.name == LOCK or path.is_file()]
    return [*dict.fromkeys(found), project.root / WORKSPACE]


def everywhere(folders: Iterable[Path]) -> list[Path]:
    """The same of projects that no setting has a say in, as those of `pnpm add --global`."""
    inside = (LOCK, *(f"node_modules/{name}" for name in (*_NOTES, f".pnpm/{_CURRENT}")))
    return [folder / name for folder in folders for name in inside]


def _of(folder: Path, project: Project, flags: Mapping[str, str], env: Mapping[str, str]) -> Iterator[Path]:
    yield folder / LOCK
    yield from sorted(folder.glob(_LOCKS))
    for modules in _modules(folder, project, flags, env):
        yield from (modules / name for name in _NOTES)
    yield from (store / _CURRENT for store in _stores(folder, project, flags, env))


def _tops(project: Project, flags: Mapping[str, str], env: Mapping[str, str]) -> list[Path]:
    """The project's folder, the workspace's, and those that hold their lock file."""
    own = (project.root, project.folder)
    named = told(project, flags, env, "lockfile-dir")
    return list(dict.fromkeys((*own, *_below((*own, project.here), named))))


def _modules(folder: Path, project: Project, flags: Mapping[str, str], env: Mapping[str, str]) -> list[Path]:
    return [folder / "node_modules", *_below((folder,), told(project, flags, env, "modules-dir"))]


def _stores(folder: Path, project: Project, flags: Mapping[str, str], env: Mapping[str, str]) -> list[Path]:
    """The folders that hold the installed packages themselves."""
    inside = [modules / ".pnpm" for modules in _modules(folder, project, flags, env)]
    return [*inside, *_below((folder, project.root), told(project, flags, env, "virtual-store-dir"))]


def _below(bases: Sequence[Path], names: Iterable[str]) -> list[Path]:
    return [Path(base / Path(name).expanduser()) for name in names for base in bases]
