"""uv's configuration of indexes, read as uv reads it: flags, environment, project, user and machine files.

Invariants: uv is not started; of two settings with one name the stronger layer's counts; a project's files (uv.toml,
`[tool.uv]`, inline script metadata) are never a trusted layer.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slopguard.clients.sources import Setting, absolute, key_of, line_of
from slopguard.errors import ConfigError
from slopguard.indexes import Credentials, IndexKind
from slopguard.model import Layer
from slopguard.patterns import regex

_NAMED = regex(r"([A-Za-z0-9._-]+)=(.+)", re.DOTALL)
_SCRIPT = regex(r"(?m)^# /// script\s*$\n(?P<body>(?:^#(?:| .*)$\n?)+?)^# ///\s*$")


@dataclass(frozen=True, slots=True)
class Table:
    """One uv.toml or `[tool.uv]`, with the layer it is written at, the folder its paths start from, and its file."""

    layer: Layer
    folder: Path
    values: Mapping[str, Any] = field(repr=False)
    file: Path = Path()

    def named(self, text: str) -> str:
        """Where an address is written, in words; the line is only looked up for what may have to be explained."""
        return str(self.file) if self.layer.trusted else line_of(self.file, text)


def tables(
    cwd: Path,
    env: Mapping[str, str],
    *,
    here: Path,
    config_file: str | None,
    no_config: bool,
    tool: bool,
    script: Path | None,
) -> list[Table]:
    """Every configuration table that counts, strongest first.

    Args:
        here: where the paths of the command line start.
        config_file: `--config-file`; replaces all discovery.
        no_config: `--no-config` or `UV_NO_CONFIG`: only what a project's own metadata says remains.
        tool: `uv tool` and `uvx` do not read the project's files.
        script: a script whose inline metadata (PEP 723) holds a `[tool.uv]` table.

    Raises:
        ConfigError: a file cannot be parsed.
    """
    named = config_file or env.get("UV_CONFIG_FILE")
    found: list[Table] = []
    if script:
        found += _script(script)
    elif not tool:
        found += _project(cwd, metadata_only=bool(named) or no_config)
    if named:
        layer = Layer.FLAG if config_file else Layer.ENVIRONMENT
        path = here / named
        layer = next((at for file, at in _machine_files(env) if file == path), layer)
        return [*found, Table(layer, path.parent, _toml(path), path)]
    if not no_config:
        found += [Table(layer, file.parent, _toml(file), file) for file, layer in _machine_files(env) if file.is_file()]
    return found


def _machine_files(env: Mapping[str, str]) -> list[tuple[Path, Layer]]:
    """The user's and the machine's files."""
    home = Path(env.get("HOME") or Path.home())
    user = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "uv" / "uv.toml"
    machine = [Path(d) / "uv" / "uv.toml" for d in (env.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":") if d]
    return [(user, Layer.USER), *((path, Layer.SYSTEM) for path in [*machine, Path("/etc/uv/uv.toml")])]


def project_root(cwd: Path) -> Path | None:
    """The folder with the nearest pyproject.toml, or the workspace root that includes it."""
    nearest = next((p for p in (cwd, *cwd.parents) if (p / "pyproject.toml").is_file()), None)
    if nearest is None:
        return None
    for folder in (nearest, *nearest.parents):
        workspace = _tool_uv(folder).get("workspace")
        if isinstance(workspace, dict) and (folder == nearest or nearest in members(folder, workspace)):
            return folder
    return nearest


def members(root: Path, workspace: Mapping[str, Any]) -> list[Path]:
    """The member folders of a workspace."""
    found: dict[Path, None] = {}
    for key in ("members", "exclude"):
        for pattern in workspace.get(key, []):
            for folder in root.glob(str(pattern)) if str(pattern).strip("/.") else []:
                if key == "exclude":
                    found.pop(folder, None)
                elif (folder / "pyproject.toml").is_file():
                    found.setdefault(folder)
    return list(found)


def manifests(root: Path) -> list[Path]:
    """The pyproject.toml files of a project and of its workspace's members."""
    workspace = _tool_uv(root).get("workspace")
    folders = [root, *(members(root, workspace) if isinstance(workspace, dict) else [])]
    return [folder / "pyproject.toml" for folder in dict.fromkeys(folders)]


def _project(cwd: Path, *, metadata_only: bool) -> list[Table]:
    """The project's tables: `[tool.uv]` of the project is metadata to uv and read even with `--no-config`."""
    start = project_root(cwd) or cwd
    for folder in dict.fromkeys((start, *start.parents)):
        own = folder / "uv.toml"
        inline = _tool_uv(folder)
        found = [Table(Layer.PROJECT, folder, _toml(own), own)] if own.is_file() and not metadata_only else []
        if inline:
            found.append(Table(Layer.PROJECT, folder, inline, folder / "pyproject.toml"))
        if found:
            return found
    return []


def _script(path: Path) -> list[Table]:
    """The `[tool.uv]` table of a script's inline metadata."""
    try:
        found = _SCRIPT.search(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return []
    if not found:
        return []
    body = "\n".join(line[2:] if line.startswith("# ") else line[1:] for line in found["body"].splitlines())
    try:
        values = tomllib.loads(body).get("tool", {}).get("uv", {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the inline metadata of {path} cannot be read", "Correct the file") from error
    return [Table(Layer.PROJECT, path.parent, values, path)] if values else []


def _tool_uv(folder: Path) -> Mapping[str, Any]:
    path = folder / "pyproject.toml"
    values = _toml(path).get("tool", {}).get("uv", {}) if path.is_file() else {}
    return values if isinstance(values, dict) else {}


def _toml(path: Path) -> Mapping[str, Any]:
    """A TOML file.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"uv's configuration file {path} cannot be read", "Correct the file") from error


def value(key: str, tables: Iterable[Table], *, pip: bool) -> str | None:
    """A setting that is one word, from the strongest table that has it; `[pip]` counts first for `uv pip`."""
    for table in tables:
        for values in (table.values.get("pip", {}) if pip else {}, table.values):
            if isinstance(values, dict) and isinstance(values.get(key), str):
                return str(values[key])
    return None


def proxy(url: str, tables: Iterable[Table]) -> str | None:
    """The proxy that settings files name for an address; uv takes it before any variable. A project has no say."""
    own = [table for table in tables if table.layer is not Layer.PROJECT]
    return value("https-proxy" if url.startswith("https:") else "http-proxy", own, pip=False)


def cutoffs(tables: Iterable[Table]) -> dict[str, dict[str, Any]]:
    """The date up to which an index counts, as its own entry says (`exclude-newer`), by the index's key."""
    found: dict[str, dict[str, Any]] = {}
    for table in tables:
        for entry in table.values.get("index", []):
            if isinstance(entry, dict) and isinstance(entry.get("url"), str) and "exclude-newer" in entry:
                key = key_of(absolute(entry["url"], table.folder))
                found.setdefault(key, {"exclude-newer": entry["exclude-newer"]})
    return found


def hosts(key: str, tables: Iterable[Table]) -> list[str]:
    """A list of hosts (`no-proxy`, `allow-insecure-host`), from the tables of somebody trusted."""
    found = [table.values.get(key, []) for table in tables if table.layer.trusted]
    return [
        str(host).rpartition("://")[2].rstrip("/") for listed in found if isinstance(listed, list) for host in listed
    ]


def table_settings(table: Table, *, pip: bool) -> Iterator[Setting]:
    """The indexes one table names, in its order; `[pip]` counts first for `uv pip`."""
    section = table.values.get("pip", {}) if pip else {}
    for values in (section, table.values):
        for entry in values.get("index", []):
            if isinstance(entry, dict) and isinstance(entry.get("url"), str):
                yield _entry(entry, table)
        if isinstance(values.get("index-url"), str):
            default = absolute(values["index-url"], table.folder)
            yield Setting(default, IndexKind.DEFAULT, table.layer, named=table.named(values["index-url"]))
        for key, kind in (("extra-index-url", IndexKind.EXTRA), ("find-links", IndexKind.FIND_LINKS)):
            for url in values.get(key, []):
                place, joined = table.named(str(url)), kind is IndexKind.FIND_LINKS
                yield Setting(absolute(str(url), table.folder), kind, table.layer, named=place, joined=joined)


def _entry(entry: Mapping[str, Any], table: Table) -> Setting:
    """One `[[index]]` table."""
    name = entry.get("name") if isinstance(entry.get("name"), str) else None
    flat = entry.get("format") == "flat"
    kind = IndexKind.FIND_LINKS if flat else IndexKind.NAMED if name else IndexKind.EXTRA
    if entry.get("default") is True:
        kind = IndexKind.DEFAULT
    url = absolute(entry["url"], table.folder)
    named = table.named(entry["url"])
    return Setting(url, kind, table.layer, name, explicit=entry.get("explicit") is True, named=named)


def written(text: str, kind: IndexKind, layer: Layer, cwd: Path, place: str) -> Setting:
    """An index as a flag or variable (`place`, in words) gives it: `URL`, `PATH` or `NAME=URL`."""
    named = _NAMED.fullmatch(text)
    if named and kind in (IndexKind.EXTRA, IndexKind.DEFAULT) and not text.startswith(("http:", "https:")):
        made = IndexKind.NAMED if kind is IndexKind.EXTRA else kind
        return Setting(absolute(named[2], cwd), made, layer, named[1], named=place)
    return Setting(absolute(text, cwd), kind, layer, named=place, joined=kind is IndexKind.FIND_LINKS)


def from_environment(env: Mapping[str, str], cwd: Path) -> Iterator[Setting]:
    """The indexes that `UV_*` variables name, those that rank first first."""
    for variable, kind in (
        ("UV_INDEX", IndexKind.EXTRA),
        ("UV_EXTRA_INDEX_URL", IndexKind.EXTRA),
        ("UV_DEFAULT_INDEX", IndexKind.DEFAULT),
        ("UV_INDEX_URL", IndexKind.DEFAULT),
        ("UV_FIND_LINKS", IndexKind.FIND_LINKS),
    ):
        text = env.get(variable, "")
        for word in re.split(r"[,\s]+" if kind is IndexKind.FIND_LINKS else r"\s+", text):
            if word:
                yield written(word, kind, Layer.ENVIRONMENT, cwd, f"the variable {variable}")


def credentials(name: str | None, env: Mapping[str, str]) -> Credentials | None:
    """`UV_INDEX_<NAME>_USERNAME` and `_PASSWORD`."""
    if not name:
        return None
    stem = variable(name)
    user, password = env.get(f"{stem}_USERNAME", ""), env.get(f"{stem}_PASSWORD", "")
    return Credentials(user, password) if user or password else None


def variable(name: str) -> str:
    """The beginning of the variables that hold a named index's credentials."""
    return "UV_INDEX_" + re.sub(r"[^A-Za-z0-9]", "_", name).upper()
