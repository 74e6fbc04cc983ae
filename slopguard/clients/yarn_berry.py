"""Yarn 2 and later: its `.yarnrc.yml` files, its registries, and the way to the gate.

As measured: a variable beats every file for one setting, but a scope's registry and token can be set in a file only.
A plugin of ours, named by `YARN_PLUGINS`, therefore answers for these settings.
Invariants: yarn is not started to be asked; a file of the user's is read, never written.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from slopguard.clients.interface import GateAddress
from slopguard.clients.sources import Setting, canonical, file_of, line_of
from slopguard.errors import ConfigError, InputError
from slopguard.indexes import Credentials, Index, IndexKind
from slopguard.model import Layer
from slopguard.patterns import regex
from slopguard.readers.yaml_text import documents

PLUGIN = "yarn_gate.cjs"
_VARIABLE = regex(r"\$\{([\w]+)(?:(:)?-([^}]*))?\}")
_OURS = regex(r"YARN_PLUGINS", re.IGNORECASE)
_ADDING = frozenset({"catalog", "catalogs", "packageExtensions"})
_DEEPEST = 3
"""No setting that counts here lies deeper than `npmScopes.NAME.KEY`."""


@dataclass(frozen=True, slots=True)
class RcFile:
    """One `.yarnrc.yml`."""

    path: Path
    layer: Layer
    values: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings files of one call, the strongest first, and the variables before them."""

    variables: Mapping[str, str] = field(repr=False)
    files: tuple[RcFile, ...]

    def text(self, key: str, *, own: bool = False) -> str | None:
        """The value of one plain setting; `own`: a project has no say in it (a CA, a proxy)."""
        if key in self.variables:
            return self.variables[key]
        kept = (f for f in self.files if not own or f.layer is not Layer.PROJECT)
        return next((str(f.values[key]) for f in kept if f.values.get(key) is not None), None)

    def settings(self, default: Setting) -> list[Setting]:
        """The registries yarn will use: the default one, then one for each scope."""
        found = [default]
        if "npmRegistryServer" in self.variables:
            named = "the variable YARN_NPM_REGISTRY_SERVER"
            found = [Setting(self.variables["npmRegistryServer"], layer=Layer.ENVIRONMENT, named=named)]
        else:
            found = next(([setting] for setting in self._servers()), found)
        for scope in dict.fromkeys(scope for f in self.files for scope in _table(f.values.get("npmScopes"))):
            found += next(([setting] for setting in self._scoped(scope)), [])
        return found

    def everywhere(self, default: Setting) -> list[Setting]:
        """Every registry in any file, overridden or not, for deciding on trust."""
        scopes = {scope for f in self.files for scope in _table(f.values.get("npmScopes"))}
        return [default, *self._servers(), *(setting for scope in scopes for setting in self._scoped(scope))]

    def _servers(self) -> Iterator[Setting]:
        for file in self.files:
            if url := file.values.get("npmRegistryServer"):
                yield _setting(file, str(url))

    def _scoped(self, scope: str) -> Iterator[Setting]:
        for file in self.files:
            url = _table(_table(file.values.get("npmScopes")).get(scope)).get("npmRegistryServer")
            if url:
                yield _setting(file, str(url), f"@{scope}")

    def credentials(self, setting: Setting) -> Credentials | None:
        """What yarn would send to a registry: the scope's own, else the registry's, else (the default one) the rest."""
        for file in self.files:
            places = [_table(_table(file.values.get("npmScopes")).get((setting.name or "").removeprefix("@")))]
            registries = _table(file.values.get("npmRegistries"))
            same = {_bare(setting.url)}
            places += [_table(value) for key, value in registries.items() if _bare(str(key)) in same]
            if setting.kind is IndexKind.DEFAULT:
                places.append(file.values)
            if found := next(filter(None, map(_secret, places)), None):
                return found
        return _secret(self.variables) if setting.kind is IndexKind.DEFAULT else None

    def offline(self) -> bool:
        """Whether yarn was told not to use the network."""
        return (self.text("enableNetwork") or "").lower() in ("false", "0")

    def bundle(self) -> Path | None:
        """The CA bundle the user set for yarn."""
        return file_of(self.text("httpsCaFilePath", own=True), self.text("caFilePath", own=True))

    def loose(self) -> bool:
        """Whether certificates are not to be verified, as a trusted file says."""
        said = (f.values.get("enableStrictSsl") for f in self.files if f.layer.trusted)
        return next((value for value in said if value is not None), "true") == "false"


def load(cwd: Path, env: Mapping[str, str]) -> Config:
    """Read the settings.

    Raises:
        ConfigError: a settings file cannot be read.
    """
    name = env.get("YARN_RC_FILENAME") or ".yarnrc.yml"
    home = Path(env.get("HOME") or Path.home())
    own = home / ".yarnrc.yml"
    places = [folder / name for folder in (cwd, *cwd.parents)]
    ordered = dict.fromkeys([*places, own])
    layers = [(path, Layer.USER if path == own else Layer.PROJECT) for path in ordered]
    read = [RcFile(path, layer, values(path, env)) for path, layer in layers if path.is_file()]
    return Config(_variables(env), tuple(read))


def adding(cwd: Path, env: Mapping[str, str]) -> list[Path]:
    """The settings files that bring packages into a project, wherever above it they lie.

    Raises:
        ConfigError: a settings file cannot be read, or has a name under which nothing can be judged.
    """
    found = [f.path for f in load(cwd, env).files if _ADDING & f.values.keys()]
    if any(path.name != ".yarnrc.yml" for path in found):
        raise ConfigError("yarn's settings add packages under a name that slopguard does not read",
                          "Leave YARN_RC_FILENAME out")  # fmt: skip
    return found


def missing_plugins(config: Config) -> Iterator[tuple[str, Path]]:
    """Plugins that yarn would download and run because a settings file names them and their file is not there."""
    for file in config.files:
        for plugin in file.values.get("plugins") or []:
            spec, path = _table(plugin).get("spec"), _table(plugin).get("path")
            if isinstance(spec, str) and "://" in spec and not (file.path.parent / str(path)).exists():
                yield spec, file.path


def environment(env: Mapping[str, str], gate: GateAddress, indexes: Sequence[Index], scratch: Path) -> dict[str, str]:
    """The environment that sends yarn to the gate; the plugin and what it needs to know are put into `scratch`."""
    main = next((index for index in indexes if index.kind is IndexKind.DEFAULT), None)
    scopes = {i.name.removeprefix("@"): _url(gate, i) for i in indexes if i.kind is IndexKind.SCOPE and i.name}
    known = {"token": gate.token, "scopes": scopes, "registry": _url(gate, main) if main else gate.base}
    folder = scratch / "yarn"
    folder.mkdir(mode=0o700, exist_ok=True)
    secret = folder / "gate.json"
    secret.touch(mode=0o600)
    secret.write_text(json.dumps(known), encoding="utf-8")
    plugin = folder / PLUGIN
    plugin.write_text((files("slopguard.clients") / PLUGIN).read_text(encoding="utf-8"), encoding="utf-8")
    named = next((value for key, value in env.items() if _OURS.fullmatch(key) and value), "")
    kept = {key: value for key, value in env.items() if not _OURS.fullmatch(key)}
    return {**kept, "YARN_PLUGINS": ";".join(filter(None, [str(plugin), named]))}


def _url(gate: GateAddress, index: Index) -> str:
    return gate.npm_url(index.key).rstrip("/")


def _setting(file: RcFile, url: str, scope: str | None = None) -> Setting:
    named = "" if file.layer.trusted else line_of(file.path, url)
    return Setting(url, IndexKind.SCOPE if scope else IndexKind.DEFAULT, file.layer, scope, named=named)


def _bare(url: str) -> str:
    """An address without its scheme and last slash, as keys of `npmRegistries` are compared."""
    return canonical(url if "://" in url else f"http:{url}").partition("://")[2]


def _secret(place: Mapping[str, Any]) -> Credentials | None:
    """The token or the user and password of one place."""
    if token := place.get("npmAuthToken"):
        return Credentials("", str(token), "bearer")
    ident = str(place.get("npmAuthIdent") or "")
    if ident and ":" not in ident:
        try:
            ident = base64.b64decode(ident).decode()
        except ValueError:
            return None
    user, colon, password = ident.partition(":")
    return Credentials(user, password) if colon else None


def _variables(env: Mapping[str, str]) -> dict[str, str]:
    """`YARN_*` variables as settings: `YARN_NPM_REGISTRY_SERVER` is `npmRegistryServer`."""
    found = {}
    for key, value in env.items():
        if key.lower().startswith("yarn_"):
            first, *rest = key.lower()[len("yarn_") :].split("_")
            found[first + "".join(word.capitalize() for word in rest)] = value
    return found


def values(path: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """One file's settings, variables filled in.

    Raises:
        ConfigError: it is no YAML that yarn would read.
    """
    try:
        found = next(iter(documents(path.read_text(encoding="utf-8-sig"), path)), {})
    except (OSError, UnicodeDecodeError, InputError) as error:
        raise ConfigError(f"yarn's configuration file {path} cannot be read", "Correct the file") from error
    return {key: _filled(value, env) for key, value in found.items()}


def _filled(value: Any, env: Mapping[str, str], depth: int = 0) -> Any:
    """A value with `${NAME}`, `${NAME-else}` and `${NAME:-else}` filled in."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _variable(found, env), value)
    if isinstance(value, dict) and depth < _DEEPEST:
        return {key: _filled(inner, env, depth + 1) for key, inner in value.items()}
    return value


def _variable(found: re.Match[str], env: Mapping[str, str]) -> str:
    value = env.get(found[1])
    empty = value is None or (value == "" and found[2])
    return (found[3] or "") if empty else value or ""


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
