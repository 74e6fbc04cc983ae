"""pnpm itself: which version stands on PATH, which one it would become, what it does before any command.

pnpm downloads the pnpm that a project names and becomes it (10: before every command; 11 and 12: before most), installs
the workspace's config dependencies before every command, and (11 and 12, unless told not to) whatever is missing before
it runs a script. Invariants: nothing is started; where it cannot be told, it is taken to do so, and is guarded.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from slopguard.clients import corepack
from slopguard.clients.pnpm_options import UNSWITCHED
from slopguard.clients.pnpm_project import LOCK, WORKSPACE, Project
from slopguard.errors import InputError
from slopguard.model import Ecosystem, Location, Sighting
from slopguard.patterns import regex
from slopguard.readers import load, pnpm_workspace
from slopguard.readers.spec import npm_version
from slopguard.readers.text import Table, json_object, string, table

_SHIM = b"# slopguard shim"
_STATE = Path("node_modules") / ".pnpm-workspace-state-v1.json"
_NAMES = ("pnpm", "@pnpm/exe")
_SETTING = regex(r"p?npm_config_", re.IGNORECASE)
_OWN = ("npm_config_user_agent", "npm_config_registry")
"""Variables that package managers set for the scripts they run."""
_TABLES = ("dependencies", "devDependencies", "optionalDependencies")


def on_path(name: str, env: Mapping[str, str]) -> Path | None:
    """The first executable of that name on PATH that is no shim of slopguard's."""
    shims = env.get("SLOPGUARD_SHIMS", "").split(os.pathsep)
    for folder in env.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(name, path=folder) if folder and folder not in shims else None
        if found and not _ours(Path(found)):
            return Path(found)
    return None


def _ours(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return _SHIM in stream.read(256)
    except OSError:
        return False


def package(executable: Path) -> Path | None:
    """The folder of the package that an executable of pnpm's belongs to."""
    for folder in executable.resolve().parents[:4]:
        manifest = _manifest(folder / "package.json")
        if manifest.get("name") in _NAMES:
            return folder
    return None


def version(executable: Path | None) -> str | None:
    """The version of an executable of pnpm's; `None` if its files do not say."""
    folder = package(executable) if executable else None
    return string(_manifest(folder / "package.json").get("version")) or None if folder else None


def major(found: str | None) -> int | None:
    """The first number of a version."""
    head = (found or "").partition(".")[0]
    return int(head) if head.isdigit() else None


def wanted(
    command: str, project: Project, flags: Mapping[str, str], env: Mapping[str, str], running: str | None
) -> Sighting | None:
    """The pnpm that this one would download and become.

    Args:
        running: the version on PATH.
    """
    if env.get("COREPACK_ROOT") or _told_not_to(flags, env, project):
        return None
    if command in UNSWITCHED and (major(running) or 0) >= 11:
        return None
    path = project.root / "package.json"
    manifest = _manifest(path)
    name, _, asked = string(manifest.get("packageManager")).partition("@")
    asked = asked.partition("+")[0]
    if not asked and major(running) != 10:
        name, asked = _engine(manifest)
    if name != "pnpm" or not asked or asked == running:
        return None
    return Sighting(Ecosystem.NPM, "pnpm", asked, npm_version(asked), location=Location(str(path)))


def _engine(manifest: Table) -> tuple[str, str]:
    """The name and version in `devEngines.packageManager`, if pnpm is to be downloaded for it."""
    engines = table(manifest.get("devEngines")).get("packageManager")
    for engine in engines if isinstance(engines, list) else [engines]:
        fields = table(engine)
        if fields.get("name") == "pnpm" and string(fields.get("onFail")) in ("", "download"):
            return "pnpm", string(fields.get("version"))
    return "", ""


def _told_not_to(flags: Mapping[str, str], env: Mapping[str, str], project: Project) -> bool:
    """Whether pnpm is told to stay what it is."""
    keep = flags.get("pm-on-fail") or env.get("pnpm_config_pm_on_fail") or env.get("PNPM_CONFIG_PM_ON_FAIL")
    keep = keep or string(project.settings.get("pmOnFail"))
    manage = flags.get("manage-package-manager-versions") or env.get("npm_config_manage_package_manager_versions")
    return keep in ("ignore", "warn", "error") or manage == "false"


def brings_along(project: Project) -> bool:
    """Whether config dependencies are to be installed first."""
    found = table(project.settings.get("configDependencies")) | _older(project)
    folder = project.root / "node_modules" / ".pnpm-config"
    return any(
        _manifest(folder / name / "package.json").get("version") != _config_version(value)
        for name, value in found.items()
    )


def _older(project: Project) -> Table:
    """Config dependencies in package.json, where pnpm 10 still takes them from."""
    return table(table(_manifest(project.root / "package.json").get("pnpm")).get("configDependencies"))


def brought(project: Project) -> list[Sighting]:
    """The config dependencies that package.json names; those of pnpm-workspace.yaml its reader tells."""
    location = Location(str(project.root / "package.json"))
    return [pnpm_workspace.config_dependency(name, value, location) for name, value in _older(project).items()]


def _config_version(value: object) -> str:
    written = string(value) or string(table(value).get("integrity")) or string(table(value).get("version"))
    return written.partition("+")[0]


def installs_first(project: Project, flags: Mapping[str, str], env: Mapping[str, str], running: str | None) -> bool:
    """Whether a script's run may begin with an install: something is newer than the last one, or set otherwise."""
    settings = {key: value for key, value in env.items() if _SETTING.match(key) and key.lower() not in _OWN}
    verify = {value for key, value in settings.items() if key.lower().endswith("_config_verify_deps_before_run")}
    if verify == {"false"}:
        return False
    if major(running) == 10 and not verify and not _mentioned(project, flags, env):
        return False
    manifests = [folder / "package.json" for folder in project.folders()]
    if not any(_needs(_manifest(path)) for path in manifests):
        return False
    if settings or any(key not in ("dir", "recursive", "workspace-root", "filter", "if-present") for key in flags):
        return True
    return _touched(project) > _installed(project)


def _mentioned(project: Project, flags: Mapping[str, str], env: Mapping[str, str]) -> bool:
    """Whether a file of settings says something about installing first."""
    homes = (project.root, project.folder, Path(env.get("HOME") or Path.home()))
    files = (*(folder / ".npmrc" for folder in homes), project.root / "package.json")
    texts = " ".join(path.read_text(encoding="utf-8", errors="replace") for path in files if path.is_file())
    named = ("verify-deps-before-run", "verifyDepsBeforeRun")
    return any(name in texts or name in flags or name in project.settings for name in named)


def _touched(project: Project) -> float:
    """When something last changed that an install goes by, in seconds.

    A file's time can be set back; that of its last change cannot.
    """
    places = [p for folder in project.folders() for p in (folder / "package.json", folder / LOCK, folder / ".npmrc")]
    places += [project.root / name for name in (WORKSPACE, ".pnpmfile.cjs", ".pnpmfile.mjs")]
    stats = [place.stat() for place in places if place.is_file()]
    return max((max(stat.st_mtime, stat.st_ctime) for stat in stats), default=0.0)


def _installed(project: Project) -> float:
    """When pnpm last found everything installed, in seconds."""
    try:
        found = json.loads((project.root / _STATE).read_text(encoding="utf-8"))["lastValidatedTimestamp"]
        return float(found) / 1000
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0


def _needs(manifest: Table) -> bool:
    return any(manifest.get(key) for key in _TABLES)


def _manifest(path: Path) -> Table:
    """A package.json; an empty one where it cannot be read."""
    try:
        return json_object(load(path), path)
    except InputError:
        return {}


def corepack_wants(executable: Path | None, folder: Path, env: Mapping[str, str]) -> Sighting | None:
    """The pnpm that corepack would download, where it stands for pnpm on PATH."""
    return corepack.wanted(folder, "pnpm", env) if executable and corepack.is_shim(executable) else None
