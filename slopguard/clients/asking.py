"""What only the client itself can say: its built-in default index and where it is installed.

Invariants: no registry's address is known here; it is read from the client's own files or its own help text, with
none of the user's configuration in sight. What can be read is read anew in each run; what is kept of a client that is
one binary, and has to be started, `remembered` says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from slopguard.errors import ConfigError
from slopguard.patterns import regex

_PIP_DEFAULT = regex(r"Python Package Index \(default (\S+?)\)")
_PIP_SOURCE = regex(r"""^PyPI = PackageIndex\(\s*['"]([^'"]+)['"]""", re.MULTILINE)
_PIP_PLACE = regex(r"from (.+?[/\\]pip)(?:[/\\]__main__\.py)? \(python")
_PIP_VERSION = regex(r"""^__version__ = ["'](\d+)\.(\d+)""", re.MULTILINE)
_UV_DEFAULT = regex(r"package index \(by default: <([^>\s]+)>\)")
_NPM_DEFAULT = regex(r"""(?:new Definition|define)\('registry', \{ default: ['"]([^'"]+)['"]""")
_NPM_TWINS = regex(r"RegRe = /\^https\?:\\/\\/([\w.\\-]+)\\/")
_TIMEOUT = 60.0


def pip(command: Sequence[str], env: Mapping[str, str]) -> tuple[str, Path | None]:
    """The built-in index of pip, and the folder of its package, `None` if it lies in an archive.

    Raises:
        ConfigError: pip cannot be started or does not say.
    """
    place = _pip_beside(Path(command[0])) if len(command) == 1 else None
    if place is None:
        found = _PIP_PLACE.search(output([*command, "--version"], env))
        place = Path(found[1]) if found and Path(found[1]).is_dir() else None
    if place:
        source = _PIP_SOURCE.search(_text(place / "_internal" / "models" / "index.py"))
        if source:
            return source[1].rstrip("/") + "/simple", place
    clean = _without(env, "PIP_") | {"PIP_CONFIG_FILE": os.devnull, "COLUMNS": "400"}
    default = _first(_PIP_DEFAULT, output([*command, "install", "--help"], clean))
    if default is None:
        raise ConfigError("pip does not say which index it uses", "Check that this works: pip install --help")
    return default, place


def pip_version(place: Path | None) -> tuple[int, ...]:
    """The first two numbers of the version of the pip in a folder, `()` if it does not say."""
    found = _PIP_VERSION.search(_text(place / "__init__.py")) if place else None
    return (int(found[1]), int(found[2])) if found else ()


def uv(command: Sequence[str], env: Mapping[str, str]) -> str:
    """The built-in index of uv, from its help text (uv is one binary; see `remembered`).

    Raises:
        ConfigError: uv cannot be started or does not say.
    """
    from slopguard.clients import remembered  # only of uv anything is: start-up is a feature

    clean = _without(env, "UV_") | {"UV_NO_CONFIG": "1", "NO_COLOR": "1"}
    arguments = ["--help"] if Path(command[0]).name.startswith("uvx") else ["pip", "install", "--help"]
    default = remembered.answer(
        command, ("index",), env, lambda: _first(_UV_DEFAULT, output([*command, *arguments], clean)) or ""
    )
    if default:
        return default
    raise ConfigError("uv does not say which index it uses", "Check that this works: uv pip install --help")


def uv_version(command: Sequence[str], env: Mapping[str, str]) -> tuple[int, ...]:
    """The first two numbers of uv's version, `()` if it does not say."""
    from slopguard.clients import remembered  # only of uv anything is: start-up is a feature

    said = remembered.answer(command, ("version",), env, lambda: output([*command, "--version"], env))
    found = re.search(r" (\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else ()


def npm(command: Sequence[str], env: Mapping[str, str]) -> tuple[str, Path | None]:
    """The built-in registry of npm and the folder npm is installed in, from its own definitions file or from npm.

    Raises:
        ConfigError: npm cannot be started or does not say.
    """
    for folder in Path(command[0]).resolve().parents[:3]:
        file = folder / "node_modules" / "@npmcli" / "config" / "lib" / "definitions" / "definitions.js"
        found = _first(_NPM_DEFAULT, _text(file))
        if found:
            return found, folder
    clean = _without(env, "NPM_CONFIG_")
    clean |= {"npm_config_userconfig": os.devnull, "npm_config_globalconfig": f"{os.devnull}-global"}
    said = output([*command, "config", "get", "registry"], clean, cwd=Path("/")).strip()
    if "://" not in said:
        raise ConfigError("npm does not say which registry it uses", "Check that this works: npm config get registry")
    return said, None


def npm_twins(folder: Path | None) -> frozenset[str]:
    """Further addresses of npm's built-in registry, which npm takes for that one where a lock file records them.

    Yarn 1 records a second name of the registry; npm knows it in order to read such lock files.

    Args:
        folder: where npm is installed, as `npm` gives it.
    """
    if folder is None:
        return frozenset()
    text = _text(folder / "node_modules" / "@npmcli" / "arborist" / "lib" / "shrinkwrap.js")
    return frozenset("https://" + host.replace("\\", "") for host in _NPM_TWINS.findall(text))


def _pip_beside(executable: Path) -> Path | None:
    """The pip package of a `bin/pip` that belongs to one Python: `../lib/python3.*/site-packages/pip`."""
    first = _text(executable).partition("\n")[0]
    if not first.startswith("#!") or "python" not in first:
        return None
    found = sorted(executable.parent.parent.glob("lib/python3*/site-packages/pip"))
    return found[0] if len(found) == 1 else None


def _text(file: Path) -> str:
    """A file's text, `""` when it cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


@lru_cache(maxsize=16)
def _first(pattern: re.Pattern[str], text: str) -> str | None:
    """The first group of a pattern in a text whose line breaks do not count."""
    found = pattern.search(re.sub(r"\s+", " ", text))
    return found[1] if found else None


def _without(env: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The environment without one client's variables, whatever their case."""
    return {key: value for key, value in env.items() if not key.upper().startswith(prefix)}


def output(command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None) -> str:
    """What a client prints on standard output, or `""` when it cannot be started."""
    import subprocess

    try:
        done = subprocess.run(
            command, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, errors="replace", timeout=_TIMEOUT, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
