"""Where bun works and keeps things: the project's root, the global project, the cache, bunx's own folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from slopguard.clients import npm_config
from slopguard.clients.bun_config import BunConfig
from slopguard.readers import bun_lock


def root(cwd: Path) -> Path:
    """The folder whose lock file counts: the nearest with a package.json, or the root of its workspace."""
    start = next((p for p in (cwd, *cwd.parents) if (p / "package.json").is_file()), cwd)
    return next((parent for parent in start.parents if start in npm_config.workspaces(parent)), start)


def manifests(folder: Path) -> list[Path]:
    """The manifests of a project, its workspaces' included."""
    found = [folder / "package.json", *(member / "package.json" for member in npm_config.workspaces(folder))]
    return [path for path in found if path.is_file()]


def lock(folder: Path) -> list[Path]:
    """The lock file that bun will read: its own, or another manager's, which it takes over.

    Raises:
        InputError: it is bun's old binary one, which nobody but bun can read.
    """
    if (folder / "bun.lock").is_file():
        return [folder / "bun.lock"]
    if (folder / "bun.lockb").is_file():
        raise bun_lock.binary("bun.lockb")
    others = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml")
    return [path for name in others if (path := folder / name).is_file()][:1]


def everywhere(env: Mapping[str, str], config: BunConfig) -> Path:
    """The project of `--global`."""
    if named := env.get("BUN_INSTALL_GLOBAL_DIR") or config.setting("globalDir"):
        return Path(str(named))
    return _own(env) / "install" / "global"


def caches(env: Mapping[str, str], config: BunConfig, flag: str | None) -> list[Path]:
    """The folders that may be bun's cache."""
    value = config.setting("cache")
    named = value if isinstance(value, str) else config.setting("cache", "dir")
    found = [flag, env.get("BUN_INSTALL_CACHE_DIR"), named if isinstance(named, str) else None]
    return [*(Path(place) for place in found if place), _own(env) / "install" / "cache"]


def fetched(env: Mapping[str, str], config: BunConfig, name: str) -> list[Path]:
    """The lock files of what `bunx NAME` fetched before, in any version; it starts that for a day without asking.

    `<cache>/.bunx-UID/NAME@VERSION` since 1.4, `/tmp/bunx-UID-NAME@VERSION` before.
    """
    user = os.getuid()
    found: list[Path] = []
    for cache in caches(env, config, None):
        found += cache.glob(f".bunx-{user}/{_escaped(name)}@*/bun.lock")
    fixed = "/tmp"  # noqa: S108 where bunx keeps what it fetched; read, never written
    for folder in dict.fromkeys((fixed, env.get("BUN_TMPDIR", fixed), env.get("TMPDIR", fixed))):
        found += Path(folder).glob(f"bunx-{user}-{_escaped(name)}@*/bun.lock")
    return sorted(found)


def modules_above(folder: Path) -> bool:
    """Whether a `node_modules` lies here or above: then bun fetches nothing by itself for code in this folder."""
    return any((place / "node_modules").is_dir() for place in (folder, *folder.parents))


def told(words: Iterable[str], cwd: Path) -> list[Path]:
    """The folders of the files that words name."""
    return [(cwd / word).resolve().parent for word in words if word and (cwd / word).is_file()]


def _own(env: Mapping[str, str]) -> Path:
    """The folder that bun itself lives in."""
    if env.get("BUN_INSTALL"):
        return Path(env["BUN_INSTALL"])
    return Path(env.get("XDG_CACHE_HOME") or env.get("HOME") or Path.home()) / ".bun"


def _escaped(name: str) -> str:
    """A name for a glob; what no name can hold matches nothing."""
    import glob

    return glob.escape(name)
