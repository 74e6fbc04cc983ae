"""Which yarn a command would run: yarn 1, or 2 and later, and the file that holds it.

yarn starts another yarn where a settings file says so (`yarnPath`, `yarn-path`), mostly one that is checked in under
`.yarn/releases`; corepack starts the one that the project names. Invariants: nothing is started; what a project
brings along says nothing about which registry is trusted.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slopguard.clients import corepack, npm_config, yarn_berry, yarn_classic
from slopguard.errors import ConfigError
from slopguard.patterns import regex

_BERRY = regex(r"""npmRegistryServer:\s*\{.{0,200}?default:\s*["'`]([^"'`]+)["'`]""", re.DOTALL)
_CLASSIC = regex(r"""\bYARN_REGISTRY = ["']([^"']+)["']""")
_RELEASE = regex(r"yarn-(\d+)\.")
_FROM_COREPACK = regex(r"""url: ["'`](https?://[^"'`]+?)/yarn/-/yarn-\{\}\.tgz["'`]""")
_SHIM = b"# slopguard shim"


@dataclass(frozen=True, slots=True)
class Which:
    """The yarn that a command runs.

    Args:
        major: 1, or 2 for every later one.
        default: its built-in registry, `""` if its file is not there yet.
        vouched: the same of the yarn that is installed on this machine, whatever the project brings along.
    """

    major: int
    default: str
    vouched: str

    @property
    def classic(self) -> bool:
        """Whether it is yarn 1."""
        return self.major == 1


def which(executable: Path | None, cwd: Path, env: Mapping[str, str]) -> Which:
    """Find out.

    Args:
        executable: what is started; `None` for the first on PATH, which may be none at all.

    Raises:
        ConfigError: it cannot be told.
    """
    start = executable or on_path(env)
    own = _installed(start, cwd, env) if start else None
    other = _named(cwd, env, classic=own is None or own.classic)
    if other:
        said = _inside(other)
        named = _RELEASE.search(other.name)
        major = said[0] if said else (int(named[1]) if named else 0)
        if major:
            default = said[1] if said else ""
            return Which(min(major, 2), default, own.vouched if own else "")
    if own is None and executable is None:
        return Which(2, "", "")
    if own is None:
        raise ConfigError("it cannot be told which yarn this is", "Check that this works: yarn --version")
    return own


def on_path(env: Mapping[str, str]) -> Path | None:
    """The first `yarn` on PATH that is no shim of slopguard's."""
    for folder in env.get("PATH", os.defpath).split(os.pathsep):
        for name in ("yarn", "yarnpkg"):
            found = shutil.which(name, path=folder)
            if found and _SHIM not in _head(Path(found)):
                return Path(found)
    return None


def _installed(start: Path, cwd: Path, env: Mapping[str, str]) -> Which | None:
    """The yarn that an executable is or leads to, no project asked but through corepack."""
    if corepack.is_shim(start):
        return _through_corepack(start, cwd, env)
    for file in _beside(start.resolve()):
        if said := _inside(file):
            return Which(*said, said[1])
    return None


def _through_corepack(shim: Path, cwd: Path, env: Mapping[str, str]) -> Which:
    """The yarn that corepack would run, its own file looked into if it is there."""
    built_in = next(filter(None, (_first(_FROM_COREPACK, file) for file in _corepack_files(shim))), "")
    found = corepack.manager(cwd, "yarn", env)
    modern = found is not None and found.package != "yarn"
    if found and found.held:
        for file in _beside(found.held / "bin" / "yarn.js"):
            if said := _inside(file):
                return Which(*said, said[1])
    return Which(2 if modern else 1, built_in, built_in)


def _corepack_files(shim: Path) -> Iterator[Path]:
    yield shim.resolve().parent / "lib" / "corepack.cjs"
    yield shim.resolve().parent / "corepack.js"


def _beside(file: Path) -> Iterator[Path]:
    """The files that may hold the yarn whose executable is `file`."""
    yield file
    for folder in (file.parent.parent, file.parent):
        yield from (folder / "lib" / "cli.js", folder / "bin" / "yarn.js", folder / "yarn.js")
    yield from sorted(file.parent.parent.glob("lib/node_modules/@yarnpkg/cli-dist/bin/yarn.js"))
    yield from sorted(file.parent.parent.glob("lib/node_modules/yarn/lib/cli.js"))


def _inside(file: Path) -> tuple[int, str] | None:
    """The major version and built-in registry of the yarn in one file, if that is a yarn."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    except OSError:
        return None
    if found := _BERRY.search(text):
        return 2, found[1]
    found = _CLASSIC.search(text)
    return (1, found[1]) if found else None


def _named(cwd: Path, env: Mapping[str, str], *, classic: bool) -> Path | None:
    """The yarn that a settings file names, the nearest first; a variable comes before all.

    To yarn 1 that of the home is the nearest, no variable names a file, and its own file counts too.
    """
    if env.get("YARN_IGNORE_PATH", "").lower() in ("1", "true"):
        return None
    if env.get("YARN_YARN_PATH") and not classic:
        return cwd / env["YARN_YARN_PATH"]
    home = Path(env.get("HOME") or Path.home())
    folders = (home, cwd, *cwd.parents) if classic else (cwd, *cwd.parents, home)
    names = (".yarnrc.yml", ".yarnrc") if classic else (env.get("YARN_RC_FILENAME") or ".yarnrc.yml",)
    for folder in folders:
        for name in names:
            path = _yarn_path(folder / name, env)
            if path:
                return folder / path
    return None


def _yarn_path(file: Path, env: Mapping[str, str]) -> str | None:
    """The yarn that one settings file names.

    Raises:
        ConfigError: the file cannot be read.
    """
    if file.name == ".yarnrc":
        with suppress(ConfigError):  # yarn 1 refuses it later on, others do not read it
            return yarn_classic.plain(file).get("yarn-path")
    named = yarn_berry.values(file, env).get("yarnPath") if file.is_file() else None
    return named if isinstance(named, str) else None


def _first(pattern: re.Pattern[str], file: Path) -> str | None:
    """The first group of a pattern in a file, `None` if it is not there."""
    try:
        found = pattern.search(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return found[1] if found else None


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(256)
    except OSError:
        return b""


def project_root(cwd: Path) -> Path:
    """The folder of the project: the nearest with a lock file, else the nearest with a manifest or its root."""
    places = (cwd, *cwd.parents)
    locked = next((place for place in places if (place / "yarn.lock").is_file()), None)
    start = next((place for place in places if (place / "package.json").is_file()), cwd)
    if locked and (locked == start or start.is_relative_to(locked)):
        return locked
    return next((parent for parent in start.parents if start in npm_config.workspaces(parent)), start)
