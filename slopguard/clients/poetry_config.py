"""poetry's configuration, read as poetry reads it: sources of the project, settings of the user, variables.

Invariants: poetry is not started; what a project says (pyproject.toml, poetry.toml) is never a trusted layer, and it
has no say in whom to believe (certificates); secrets are returned, never printed.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slopguard.clients.sources import Setting, canonical, line_of
from slopguard.errors import ConfigError
from slopguard.indexes import Credentials, IndexKind
from slopguard.model import Layer
from slopguard.readers.text import string, table, tables

BUILT_IN = "pypi"
"""What poetry calls the index that is built in, whatever the case."""
_ORDER = ("default", "primary", "secondary", "supplemental", "explicit")
"""Priorities of sources, those asked first first; two of them are poetry 1's."""
_FIRST = ("default", "primary")
"""With a source of one of these the built-in index is not used."""


def folder(env: Mapping[str, str]) -> Path:
    """Where poetry looks for the user's configuration: in `POETRY_CONFIG_DIR`, if that is set."""
    return Path(env["POETRY_CONFIG_DIR"]) if env.get("POETRY_CONFIG_DIR") else _usual(env)


def _usual(env: Mapping[str, str]) -> Path:
    """Where the user's configuration lies, as the library `platformdirs` says."""
    home = Path(env.get("HOME") or Path.home())
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "pypoetry"
    return Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pypoetry"


def manifest(cwd: Path) -> Path | None:
    """The project's pyproject.toml: the nearest one, upwards."""
    return next((found for p in (cwd, *cwd.parents) if (found := p / "pyproject.toml").is_file()), None)


@dataclass(frozen=True, slots=True)
class Config:
    """What decides about indexes.

    Args:
        sources: what poetry will use, in its order; the name of each is its own, in lower case.
        known: every address configured by the user, for deciding on trust.
        users: the layer that the user's tables stand at; a folder that the environment names is no user's.
        own: the user's tables, the later ones first.
        project: the project's table.
        env: the environment.
        spelling: the names of sources as written, by their lower case.
    """

    sources: tuple[Setting, ...]
    known: tuple[Setting, ...]
    users: Layer
    own: tuple[Mapping[str, Any], ...] = field(repr=False)
    project: Mapping[str, Any] = field(repr=False)
    env: Mapping[str, str] = field(repr=False)
    spelling: Mapping[str, str]

    def names(self, setting: Setting) -> list[str]:
        """The names under which settings of a source may stand: its own, and those that the user gave the address."""
        own = self.spelling.get(setting.name or "", setting.name or "")
        same = [s.name for s in self.known if s.name and canonical(s.url) == canonical(setting.url)]
        return list(dict.fromkeys([own, *same]))

    def credentials(self, name: str) -> Credentials | None:
        """`http-basic.NAME` from variables, the project or the user; the password may be missing."""
        user = self._text("http-basic", name, "username", project=True)
        password = self._text("http-basic", name, "password", project=True)
        return Credentials(user or "", password or "") if user or password else None

    def certificate(self, name: str, key: str) -> Path | None:
        """`certificates.NAME.cert` or `.client-cert` as a file, if somebody but the project says so."""
        said = self._value("certificates", name, key)
        return Path(said).expanduser() if isinstance(said, str) and said not in ("", "true", "false") else None

    def verified(self, name: str) -> bool:
        """Whether certificates of a source count; `certificates.NAME.cert false` of the user's own says no."""
        said = next((found for t in self.own if (found := _deep(t, "certificates", name, "cert")) is not None), True)
        return said not in (False, "false") or not self.users.trusted

    def _text(self, *keys: str, project: bool = False) -> str | None:
        said = self._value(*keys, project=project)
        return said if isinstance(said, str) and said else None

    def _value(self, *keys: str, project: bool = False) -> object:
        """A setting: a variable (`POETRY_HTTP_BASIC_CORP_USERNAME`), else the project's, else the user's."""
        variable = "POETRY_" + "_".join(key.upper().replace("-", "_") for key in keys)
        if variable in self.env:
            return self.env[variable]
        places = ([self.project] if project else []) + list(self.own)
        return next((found for place in places if (found := _deep(place, *keys)) is not None), None)


def load(cwd: Path, env: Mapping[str, str], default: str, *, itself: bool) -> Config:
    """The configuration of one command.

    Args:
        cwd: the project's folder, or one below it.
        default: the address of the built-in index.
        itself: the command is about poetry's own environment, whose project lies beside the user's settings.

    Raises:
        ConfigError: a file cannot be parsed.
    """
    place = folder(env)
    own = tuple(_toml(place / name) for name in ("auth.toml", "config.toml"))
    path = place / "pyproject.toml" if itself else manifest(cwd)
    users = Layer.USER if place == _usual(env) else Layer.ENVIRONMENT
    layer = users if itself else Layer.PROJECT
    inside = _toml(path.parent / "poetry.toml") if path and not itself else {}
    listed = _listed(path) if path else []
    found = _sources(path, listed, layer) if path else []
    spelling = {(name := string(entry.get("name"))).lower(): name for entry in listed} | {BUILT_IN: "PyPI"}
    return Config(_used(found, default), tuple(_repositories(own, users, default)), users, own, inside, env, spelling)


def _listed(path: Path) -> list[Mapping[str, Any]]:
    """The entries of `[[tool.poetry.source]]`."""
    return list(tables(table(table(_toml(path).get("tool")).get("poetry")).get("source")))


def _sources(path: Path, listed: Sequence[Mapping[str, Any]], layer: Layer) -> list[tuple[str, Setting]]:
    """The sources that a pyproject.toml names, each with its priority, in the file's order."""
    found = []
    for entry in listed:
        name, url = string(entry.get("name")), string(entry.get("url"))
        old = "default" if entry.get("default") is True else "secondary" if entry.get("secondary") is True else ""
        priority = old or string(entry.get("priority")).lower() or "primary"
        kind = IndexKind.FIND_LINKS if url.endswith((".html", ".htm")) else IndexKind.NAMED
        named = line_of(path, url) if url else ""
        explicit = priority == "explicit"
        if name and (url or name.lower() == BUILT_IN):
            found.append((priority, Setting(url, kind, layer, name.lower(), explicit=explicit, named=named)))
    return found


def _used(found: Sequence[tuple[str, Setting]], default: str) -> tuple[Setting, ...]:
    """What poetry will use: its built-in index counts unless a source comes first, or where it is listed by name."""
    ranked = sorted(found, key=lambda pair: _ORDER.index(pair[0]) if pair[0] in _ORDER else len(_ORDER))
    used = []
    for _, setting in ranked:
        built_in = Setting(default, name=BUILT_IN, explicit=setting.explicit)
        used.append(built_in if setting.name == BUILT_IN else setting)
    listed = any(setting.name == BUILT_IN for setting in used)
    if not listed and not any(priority in _FIRST for priority, _ in ranked):
        used.insert(0, Setting(default, name=BUILT_IN))
    return tuple(used)


def _repositories(own: Sequence[Mapping[str, Any]], users: Layer, default: str) -> Iterator[Setting]:
    """The built-in index and `repositories.NAME` in the user's settings; what a variable names is anybody's."""
    yield Setting(default)
    for place in own:
        for name, entry in table(place.get("repositories")).items():
            if url := string(table(entry).get("url")):
                yield Setting(url, layer=users, name=name)


def _deep(place: Mapping[str, Any], *keys: str) -> object:
    """A value below tables, `None` if it is not there."""
    found: Any = place
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _toml(path: Path) -> Mapping[str, Any]:
    """A TOML file, empty if it is not there.

    Raises:
        ConfigError: it cannot be read.
    """
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"poetry's configuration file {path} cannot be read", "Correct the file") from error
