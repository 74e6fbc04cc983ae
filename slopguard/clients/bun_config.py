"""bun's settings: flags, environment, bunfig.toml and .npmrc of project and user, as far as they decide on sources.

Measured: a variable beats every file, a flag beats that. From 1.4 on every bunfig.toml beats every .npmrc; before, it
is the other way round. Invariants: bun is not started; secrets stay inside `Credentials`; what a project says in a
`.env` file counts as the project's.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from slopguard.clients import npm_config
from slopguard.clients.sources import line_of
from slopguard.errors import ConfigError
from slopguard.indexes import Credentials
from slopguard.model import Layer
from slopguard.patterns import regex

REGISTRY = ("BUN_CONFIG_REGISTRY", "NPM_CONFIG_REGISTRY", "npm_config_registry")
TOKEN = ("BUN_CONFIG_TOKEN", "NPM_CONFIG_TOKEN", "npm_config_token")
_DOTENV = (".env.production.local", ".env.local", ".env.production", ".env")
_LINE = regex(r"""^\s*(?:export\s+)?(\w+)\s*[=:]\s*["'`]?([^\s"'`#]+)""", re.MULTILINE)

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BunConfig(npm_config.NpmConfig):
    """bun's settings for one call, in npm's keys; layers strongest first.

    Args:
        install: the `[install]` tables, the project's before the user's.
        own_scopes: scopes whose registry an .npmrc names.
        token: the token that a variable gives for the default registry.
    """

    install: tuple[Table, ...] = field(default=(), repr=False)
    own_scopes: frozenset[str] = frozenset()
    token: str = field(default="", repr=False)

    def setting(self, *path: str) -> Any:
        """The value at `install.<path>`, of the strongest bunfig that has it."""
        return next((value for table in self.install if (value := _at(table, path)) is not None), None)

    def credentials(self, url: str) -> Credentials | None:
        """See `NpmConfig.credentials`; a token in a variable belongs to the default registry, unless a project's."""
        chosen = self.find("registry")
        if self.token and (chosen is None or (chosen[0] == url and chosen[1] is not Layer.PROJECT)):
            return Credentials("", self.token, "bearer")
        return npm_config.NpmConfig.credentials(self, url)

    def _named(self, key: str) -> str:
        """Where the value of a key that is not trusted was written, in words."""
        found = self.find(key)
        if found is None or found[1].trusted:
            return ""
        if found[1] is Layer.FLAG:
            return f"the option --{key}"
        if found[1] is Layer.ENVIRONMENT:
            return "the variable BUN_CONFIG_REGISTRY or npm_config_registry"
        places = [self.project / name for name in ("bunfig.toml", ".npmrc", *_DOTENV)]
        holding = (line for place in places if (line := line_of(place, found[0])) != str(place))
        return next(holding, "a settings file of the project")


def load(
    flags: Mapping[str, str], env: Mapping[str, str], cwd: Path, root: Path, *, npmrc_first: bool = False
) -> BunConfig:
    """Read the settings.

    Args:
        flags: `registry`, `config` and the like, as the command line (or `BUN_OPTIONS`) has them.
        cwd: where bun starts; its bunfig.toml counts.
        root: the project's folder; its .npmrc counts, and its bunfig.toml too, to be sure.
        npmrc_first: every .npmrc beats every bunfig.toml (bun before 1.4).

    Raises:
        ConfigError: a file cannot be read.
    """
    home, config_home = env.get("HOME") or str(Path.home()), env.get("XDG_CONFIG_HOME")
    named = cwd / flags["config"] if flags.get("config") else None
    projects = [named] if named else list(dict.fromkeys((cwd / "bunfig.toml", root / "bunfig.toml")))
    users = [Path(config_home or home) / ".bunfig.toml"]
    tables = [(Layer.PROJECT, bunfig(path)) for path in projects] + [(Layer.USER, bunfig(path)) for path in users]
    own = Path(config_home) / ".npmrc" if config_home else Path(home) / ".npmrc"
    own = own if npmrc_first or own.exists() else Path(home) / ".npmrc"
    npmrcs = [(Layer.PROJECT, npm_config.read(root / ".npmrc", env)), (Layer.USER, npm_config.read(own, env))]
    if (root / ".npmrc").absolute() == own.absolute():
        npmrcs = npmrcs[1:]
    bunfigs = [(layer, flat(table, env)) for layer, table in tables]
    files = npmrcs + bunfigs if npmrc_first else bunfigs + npmrcs
    project = {key: value for path in _DOTENV for key, value in _dotenv(root / path).items()}
    layers = [(Layer.FLAG, dict(flags)), (Layer.ENVIRONMENT, _spoken(env)), (Layer.PROJECT, _spoken(project)), *files]
    scopes = {key for _, values in npmrcs for key in values if key.startswith("@") and key.endswith(":registry")}
    return BunConfig(
        tuple(layers),
        root,
        tuple(_at(table, ("install",)) or {} for _, table in tables),
        frozenset(key.removesuffix(":registry") for key in scopes),
        next((env[key] for key in TOKEN if env.get(key)), ""),
    )


def bunfig(path: Path) -> dict[str, Any]:
    """A bunfig.toml; an empty one where there is none.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig").replace("\r\n", "\n"))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"bun's configuration file {path} cannot be read", "Correct the file") from error


def flat(document: Table, env: Mapping[str, str]) -> dict[str, str]:
    """The `[install]` table of a bunfig in npm's keys; `$NAME` is filled in from the environment."""
    table = _at(document, ("install",)) or {}
    found = {key: value for key in ("ca", "cafile") if isinstance(value := table.get(key), str)}
    scopes = table.get("scopes")
    entries = [("registry", table.get("registry"))]
    entries += [(f"@{name.lstrip('@')}:registry", value) for name, value in _pairs(scopes)]
    for key, value in entries:
        found |= _registry(key, value, env)
    return found


def dumped(document: Table) -> str:
    """A document as TOML that every bun reads: inline tables, JSON's strings."""
    return "".join(f"{_text(str(key))} = {_text(value)}\n" for key, value in document.items())


def _registry(key: str, value: Any, env: Mapping[str, str]) -> dict[str, str]:
    """A registry, `"URL"` or `{url, token, username, password}`, in npm's keys."""
    parts = {"url": value} if isinstance(value, str) else dict(_pairs(value))
    said = {name: _filled(text, env) for name, text in parts.items() if isinstance(text, str)}
    url = said.get("url", "")
    if not url:
        return {}
    address = urlsplit(url)
    place = f"//{address.netloc.rpartition('@')[2]}{address.path.rstrip('/')}/"
    found = {key: url}
    if said.get("token"):
        found[f"{place}:_authToken"] = said["token"]
    elif said.get("username") and said.get("password"):
        import base64

        both = f"{said['username']}:{said['password']}"
        found[f"{place}:_auth"] = base64.b64encode(both.encode()).decode()
    return found


def _spoken(env: Mapping[str, str]) -> dict[str, str]:
    """What variables say: the first registry that is an address."""
    found = next((env[key] for key in REGISTRY if env.get(key, "").startswith(("http://", "https://"))), None)
    return {"registry": found} if found else {}


def _dotenv(path: Path) -> dict[str, str]:
    """The variables in a `.env` file, roughly: enough to see whether it names a registry."""
    try:
        return dict(_LINE.findall(path.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return {}


def _filled(text: str, env: Mapping[str, str]) -> str:
    return env.get(text[1:], "") if text.startswith("$") else text


def _pairs(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _at(table: Table, path: Iterable[str]) -> Any:
    """The value at a path of tables, `None` if there is none."""
    found: Any = table
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _text(value: Any) -> str:
    """A value in TOML."""
    import json

    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(str(key))} = {_text(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(inner) for inner in value) + "]"
    return json.dumps(value if isinstance(value, (str, int, float, bool)) else str(value), ensure_ascii=False)
