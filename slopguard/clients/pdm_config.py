"""pdm's settings and sources, read as pdm reads them.

Of two settings the stronger counts: variables, the project's pdm.toml, the user's config.toml, the machine's. Sources
come from pyproject.toml (or a script's metadata), then from pdm.toml, then from the user's file; one name is one
source, whose gaps the weaker files fill. Invariants: pdm is not started; nothing a project wrote is a trusted layer;
a project has no say in which certificates count.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from slopguard.clients.argv import listed
from slopguard.clients.sources import Setting, line_of
from slopguard.errors import ConfigError
from slopguard.indexes import Credentials, IndexKind
from slopguard.model import Layer
from slopguard.patterns import regex

_VARIABLES = {
    "pypi.url": "PDM_PYPI_URL",
    "pypi.verify_ssl": "PDM_PYPI_VERIFY_SSL",
    "pypi.username": "PDM_PYPI_USERNAME",
    "pypi.password": "PDM_PYPI_PASSWORD",
    "pypi.ignore_stored_index": "PDM_IGNORE_STORED_INDEX",
    "use_uv": "PDM_USE_UV",
    "lock.format": "PDM_LOCK_FORMAT",
}
_PLAIN_KEYS = listed("url verify_ssl username password ca_certs ignore_stored_index client_cert client_key json_api")
"""Keys of `[pypi]` that are settings; every other one is a source of that name."""
_Part = tuple[Mapping[str, Any], Layer, Path | None]
"""Some of a source's values, the layer they were written at, and the file."""
_ENV = regex(r"\$\{([A-Z0-9_]+)\}")


@dataclass(frozen=True, slots=True)
class Table:
    """One settings file, at its layer; `env` stands for the variables."""

    layer: Layer
    values: Mapping[str, Any] = field(repr=False)
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One of pdm's sources: its address as a `Setting`, and what belongs to it."""

    name: str
    setting: Setting
    credentials: Credentials | None = field(default=None, repr=False)
    verify: bool = True
    ca_certs: Path | None = None
    own_cert: tuple[Path, Path | None] | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """Everything pdm is configured with for one project, strongest first."""

    tables: tuple[Table, ...]
    project: Mapping[str, Any]
    manifest: Path
    env: Mapping[str, str] = field(repr=False)

    def value(self, key: str) -> tuple[Any, Layer, str] | None:
        """A setting, its layer and where it stands, in words."""
        variable = _VARIABLES.get(key, "")
        if variable in self.env:
            return self.env[variable], Layer.ENVIRONMENT, f"the variable {variable}"
        for table in self.tables:
            found = _deep(table.values, key)
            if found is not None:
                return found, table.layer, str(table.file)
        return None

    def without_project(self) -> Config:
        """What the user, the machine and variables say."""
        return replace(self, tables=tuple(table for table in self.tables if table.layer is not Layer.PROJECT))

    def on(self, key: str) -> bool:
        """Whether a boolean setting is switched on, as pdm reads it."""
        found = self.value(key)
        text = found[0] if found else False
        return bool(text) and (not isinstance(text, str) or text.lower() not in ("false", "no", "0"))

    def sources(self, default: str) -> list[Source]:
        """The sources in pdm's order.

        Args:
            default: pdm's built-in index.
        """
        named: dict[str, list[_Part]] = {}
        for entry in _tables(self.project.get("source")):
            named[str(entry.get("name"))] = [(entry, Layer.PROJECT, self.manifest)]
        stored = not self.on("pypi.ignore_stored_index")
        for table in self.tables:
            self._stored(table, named, add=stored)
        made = {name: self._source(name, parts) for name, parts in named.items()}
        if "pypi" in named:
            named["pypi"] += self._default(default)
            made["pypi"] = self._source("pypi", named["pypi"])
        elif stored:
            made = {"pypi": self._source("pypi", self._default(default)), **made}
        return [source for source in made.values() if source is not None]

    def known(self) -> Iterator[Setting]:
        """Every address that is configured anywhere, for deciding on trust."""
        for table in self.tables:
            pypi = _table(table.values.get("pypi"))
            if isinstance(pypi.get("url"), str):
                yield Setting(pypi["url"], layer=table.layer)
            for name, entry in pypi.items():
                if name not in _PLAIN_KEYS and isinstance(_table(entry).get("url"), str):
                    yield Setting(entry["url"], layer=table.layer)

    def _stored(self, table: Table, named: dict[str, list[_Part]], *, add: bool) -> None:
        """Take up the sources of one settings file."""
        for name, entry in _table(table.values.get("pypi")).items():
            if name in _PLAIN_KEYS or not isinstance(entry, dict) or not entry:
                continue
            if name in named or add:
                named.setdefault(name, []).append((entry, table.layer, table.file))

    def _default(self, default: str) -> list[_Part]:
        """The settings `pypi.*` as parts of a source, strongest first; the built-in address last."""
        parts: list[_Part] = []
        for key in ("url", "verify_ssl", "username", "password", "ca_certs", "client_cert", "client_key"):
            found = self.value(f"pypi.{key}")
            if found:
                parts.append(({key: found[0]}, found[1], Path(found[2])))
        return [*parts, ({"url": default}, Layer.BUILTIN, None)]

    def _source(self, name: str, parts: list[_Part]) -> Source | None:
        """One source of its parts; whom to believe is no say of a project's."""
        url, layer, file = next(
            ((str(part["url"]), layer, file) for part, layer, file in parts if part.get("url")),
            ("", Layer.BUILTIN, None),
        )
        if not url:
            return None
        url = _ENV.sub(lambda found: self.env.get(found[1], found[0]), url)
        values = {key: part[key] for part, _, _ in reversed(parts) for key in part}
        own = {key: part[key] for part, at, _ in reversed(parts) if at is not Layer.PROJECT for key in part}
        trusted = {key: part[key] for part, at, _ in reversed(parts) if at.trusted for key in part}
        links = values.get("type") == "find_links"
        kind = IndexKind.FIND_LINKS if links else IndexKind.DEFAULT if name == "pypi" else IndexKind.EXTRA
        return Source(
            name,
            Setting(url, kind, layer, name, named=_place(file, layer, url)),
            _credentials(values),
            verify=trusted.get("verify_ssl") not in (False, "false", "no", "0"),
            ca_certs=_path(own.get("ca_certs")),
            own_cert=_pair(own),
        )


def load(root: Path, env: Mapping[str, str], *, config_file: str | None, manifest: Path, cwd: Path) -> Config:
    """Read the settings for one project.

    Args:
        root: the project's folder.
        config_file: `--config FILE`.
        manifest: pyproject.toml, or the script whose inline metadata counts in its place.

    Raises:
        ConfigError: a file cannot be parsed.
    """
    tables = [Table(Layer.PROJECT, _toml(root / "pdm.toml"), root / "pdm.toml")]
    user = user_folder(env) / "config.toml"
    named = config_file or env.get("PDM_CONFIG_FILE")
    layer = Layer.FLAG if config_file else Layer.ENVIRONMENT if named else Layer.USER
    file = cwd / named if named else user
    tables.append(Table(Layer.USER if file == user else layer, _toml(file), file))
    machine = Path((env.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")[0]) / "pdm" / "config.toml"
    if sys.platform == "darwin":
        machine = Path("/Library/Application Support/pdm/config.toml")
    tables.append(Table(Layer.SYSTEM, _toml(machine), machine))
    return Config(tuple(tables), _tool_pdm(manifest), manifest, env)


def user_folder(env: Mapping[str, str]) -> Path:
    """The folder of the user's settings."""
    home = Path(env.get("HOME") or Path.home())
    mac = home / "Library" / "Application Support"
    return Path(env.get("XDG_CONFIG_HOME") or (mac if sys.platform == "darwin" else home / ".config")) / "pdm"


def _tool_pdm(manifest: Path) -> Mapping[str, Any]:
    """`[tool.pdm]` of a project, or of a script's inline metadata."""
    if manifest.suffix != ".py":
        return _table(_table(_toml(manifest).get("tool")).get("pdm"))
    try:
        text = manifest.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    found = re.search(r"(?m)^# /// script\s*$\n(?P<body>(?:^#(?:| .*)$\n?)+?)^# ///\s*$", text)
    body = "\n".join(line[2:] for line in found["body"].splitlines()) if found else ""
    try:
        return _table(_table(tomllib.loads(body).get("tool")).get("pdm"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the inline metadata of {manifest} cannot be read", "Correct the file") from error


def _toml(path: Path) -> Mapping[str, Any]:
    """A TOML file, empty if it does not exist.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"pdm's configuration file {path} cannot be read", "Correct the file") from error


def _deep(values: Mapping[str, Any], key: str) -> Any:
    """`a.b` of nested tables; a key may also be written with the dot in it."""
    if key in values:
        return values[key]
    head, dot, rest = key.partition(".")
    return _table(values.get(head)).get(rest) if dot else None


def _place(file: Path | None, layer: Layer, url: str) -> str:
    """Where an address is written, in words."""
    if file is None or layer in (Layer.ENVIRONMENT, Layer.USER, Layer.SYSTEM):
        return str(file or "")
    return line_of(file, url)


def _credentials(values: Mapping[str, Any]) -> Credentials | None:
    user, secret = values.get("username"), values.get("password")
    return Credentials(str(user or ""), str(secret or "")) if user or secret else None


def _path(value: object) -> Path | None:
    return Path(os.path.expandvars(str(value))) if value else None


def _pair(values: Mapping[str, Any]) -> tuple[Path, Path | None] | None:
    cert = _path(values.get("client_cert"))
    return (cert, _path(values.get("client_key"))) if cert else None


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: object) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
