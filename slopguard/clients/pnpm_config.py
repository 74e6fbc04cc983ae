"""The registries that pnpm would use, read from where each version reads them.

pnpm 10: pnpm-workspace.yaml, command line, `npm_config_*`, .npmrc files, pnpm's `rc`. pnpm 11 and 12: command line,
`pnpm_config_registry`, `pnpm_config__auth`, pnpm-workspace.yaml, `config.yaml`, .npmrc files, `auth.ini`. Invariants:
pnpm is only started to be asked for its built-in registry, where its files do not say; secrets stay inside
`Credentials`.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slopguard.clients import asking, corepack, npm_config, pnpm_itself
from slopguard.clients.interface import GateAddress
from slopguard.clients.npm_config import NpmConfig
from slopguard.clients.pnpm_project import WORKSPACE, Project
from slopguard.clients.sources import Setting, line_of
from slopguard.errors import ConfigError, InputError
from slopguard.indexes import Index, IndexKind
from slopguard.model import Layer
from slopguard.patterns import regex
from slopguard.readers import load as load_text
from slopguard.readers import pnpm_workspace
from slopguard.readers.text import string, table

_DEFAULT = re.compile(rb'DEFAULT_PACKAGE_MANAGER_REGISTRY = "(https?://[^"]+)"')
_SCOPED = re.compile(rb'"(@[\w-]+:registry)": "(https?://[^"]+)"')
_NOWHERE = "/nonexistent"
_BUNDLES = ("dist/pnpm.cjs", "dist/pnpm.mjs")
_BOUND = regex(r"(p?npm)_config_(//.+)", re.IGNORECASE)
_OWN_VARIABLES = 11
"""The first pnpm that no longer reads `npm_config_*`."""
_PER_REGISTRY = ("_authToken", "_auth", "username", "_password", "certfile", "keyfile")
_SETTING = regex(r"p?npm_config_", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """One place of settings.

    Args:
        layer: how far it is trusted.
        values: `registry`, `@scope:registry`, and what else an .npmrc may hold.
        named: what it is called in words; of a file the path.
    """

    layer: Layer
    values: Mapping[str, str] = field(repr=False)
    named: str | Path


@dataclass(frozen=True, slots=True)
class PnpmConfig:
    """pnpm's settings for one call.

    Args:
        places: the places, strongest first.
        keys: the same as npm's configuration, for keys that mean what they mean to npm.
    """

    places: tuple[Source, ...]
    keys: NpmConfig

    def settings(self, built_in: Mapping[str, str]) -> list[Setting]:
        """The registries pnpm will use: the default one, then one for each scope.

        The one that pnpm is built for is trusted; that it knows another for a scope is no reason to trust that.
        """
        found = [self._setting("registry", None) or Setting(built_in["registry"])]
        scoped = [self._setting(f"{scope}:registry", scope) for scope in self.keys.scopes()]
        found += [setting for setting in scoped if setting]
        for key, url in built_in.items():
            scope = key.removesuffix(":registry")
            if key != scope and scope not in self.keys.scopes():
                found.append(Setting(url, IndexKind.SCOPE, Layer.ENVIRONMENT, scope, named="pnpm itself"))
        return found

    def _setting(self, key: str, scope: str | None) -> Setting | None:
        place = next((place for place in self.places if key in place.values), None)
        if place is None:
            return None
        url, kind = place.values[key], IndexKind.SCOPE if scope else IndexKind.DEFAULT
        named = "" if place.layer.trusted else place.named
        named = line_of(named, url) if isinstance(named, Path) else named
        return Setting(url, kind, place.layer, scope, named=named)


def load(project: Project, flags: Mapping[str, str], env: Mapping[str, str], version: str | None) -> PnpmConfig:
    """Read the configuration as one version of pnpm reads it.

    Raises:
        ConfigError: a file cannot be read.
    """
    places = _old(project, flags, env) if old(version) else _new(project, flags, env)
    places = [Source(p.layer, _pinned(p.values), p.named) for p in places if p.values]
    return PnpmConfig(tuple(places), NpmConfig(tuple((p.layer, p.values) for p in places), project.root))


def old(version: str | None) -> bool:
    """Whether a version reads npm's variables, and not those of its own."""
    return (pnpm_itself.major(version) or sys.maxsize) < _OWN_VARIABLES


def _old(project: Project, flags: Mapping[str, str], env: Mapping[str, str]) -> list[Source]:
    """As pnpm 10 and those before it read it."""
    variables = npm_config.from_environment(env)
    user, layer = _user_file(env, [flags.get("npmrc-auth-file"), variables.get("userconfig")])
    machine = _machine(env)
    return [
        _workspace(project),
        Source(Layer.FLAG, flags, "an option"),
        Source(Layer.ENVIRONMENT, variables, "a variable npm_config_..."),
        *_of_project(project, user, env),
        Source(layer, npm_config.read(user, env), user),
        Source(Layer.USER, npm_config.read(config_folder(env) / "rc", env), config_folder(env) / "rc"),
        Source(machine[0], machine[1], "a settings file that a variable names"),
    ]


def _machine(env: Mapping[str, str]) -> tuple[Layer, Mapping[str, str]]:
    """The machine's npmrc."""
    return npm_config.load({}, env, Path("/"), None).layers[-2]


def tokens(env: Mapping[str, str], gate: GateAddress, indexes: Sequence[Index], scratch: Path) -> Path:
    """The machine's npmrc with the gate's tokens: pnpm 10 takes none for a host with a port from a variable."""
    kept = dict(_machine(env)[1])
    for index in indexes:
        kept[f"{gate.npm_url(index.key).removeprefix('http:')}:_authToken"] = gate.token
    file = scratch / "machine-npmrc"
    file.touch(mode=0o600)
    file.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in kept.items()), encoding="utf-8")
    return file


def _new(project: Project, flags: Mapping[str, str], env: Mapping[str, str]) -> list[Source]:
    """As pnpm 11 and 12 read it."""
    file = config_folder(env) / "config.yaml"
    own = own_settings(file)
    named = [flags.get("npmrc-auth-file"), _variable(env, "npmrc_auth_file"), _variable(env, "userconfig")]
    trusted = string(own.get("npmrcAuthFile"))
    user, layer = _user_file(env, [*named, None if trusted else env.get("npm_config_userconfig")])
    user = Path(trusted).expanduser() if trusted and not any(named) else user
    registry = _variable(env, "registry")
    ini = config_folder(env) / "auth.ini"
    return [
        Source(Layer.FLAG, flags, "an option"),
        Source(Layer.ENVIRONMENT, {"registry": registry} if registry else {}, "the variable pnpm_config_registry"),
        Source(Layer.ENVIRONMENT, _bound(env), "a variable"),
        Source(Layer.ENVIRONMENT, _auth(_decoded(_variable(env, "_auth"))), "the variable pnpm_config__auth"),
        Source(Layer.USER, _auth(own.get("_auth")), file),
        _workspace(project),
        Source(Layer.USER, _named(pnpm_workspace.registries(own)) | _proxies(own), file),
        *_of_project(project, user, env),
        Source(Layer.USER, npm_config.read(ini, env), ini),
        Source(layer, npm_config.read(user, env), user),
    ]


def _variable(env: Mapping[str, str], name: str) -> str | None:
    return env.get(f"PNPM_CONFIG_{name.upper()}") or env.get(f"pnpm_config_{name}")


def _user_file(env: Mapping[str, str], named: Sequence[str | None]) -> tuple[Path, Layer]:
    """The user's own .npmrc; the layer is not trusted where a flag or a variable names another."""
    own = Path(env.get("HOME") or Path.home()) / ".npmrc"
    chosen = next((Path(path).expanduser() for path in named if path), own)
    return chosen, Layer.USER if chosen == own else Layer.ENVIRONMENT


def _of_project(project: Project, user: Path, env: Mapping[str, str]) -> list[Source]:
    """The .npmrc files of the project and its workspace."""
    files = dict.fromkeys(folder / ".npmrc" for folder in (project.folder, project.root))
    return [Source(Layer.PROJECT, npm_config.read(f, env), f) for f in files if f.absolute() != user.absolute()]


def _workspace(project: Project) -> Source:
    """What pnpm-workspace.yaml names."""
    path = project.root / WORKSPACE
    return Source(Layer.PROJECT, _named(pnpm_workspace.registries(project.settings)), path)


def _named(registries: Mapping[str, str]) -> dict[str, str]:
    return {"registry" if key == "default" else f"{key}:registry": url for key, url in registries.items()}


def _proxies(document: Mapping[str, object]) -> dict[str, str]:
    """The settings of `config.yaml` that an .npmrc knows under another spelling."""
    names = {"httpsProxy": "https-proxy", "httpProxy": "proxy", "noProxy": "noproxy", "strictSsl": "strict-ssl"}
    found = {key: string(document.get(name)) for name, key in names.items()}
    return {key: value for key, value in found.items() if value}


def own_settings(path: Path) -> dict[str, object]:
    """The file of settings that is pnpm's own.

    Raises:
        ConfigError: it cannot be read.
    """
    if not path.is_file():
        return {}
    try:
        return dict(pnpm_workspace.settings(load_text, path))
    except InputError as error:
        raise ConfigError(f"pnpm's configuration file {path} cannot be read", "Correct the file") from error


def _bound(env: Mapping[str, str]) -> dict[str, str]:
    """Settings bound to a host by their variable's name."""
    found = {key: _BOUND.fullmatch(key) for key in sorted(env)}
    return {match[2]: env[key] for key, match in found.items() if match and env[key]}


def _decoded(text: str | None) -> object:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _auth(value: object) -> dict[str, str]:
    """`_auth`: registry to scope (`@` for all) to a token; each names its registry too."""
    found: dict[str, str] = {}
    for url, scopes in table(value).items():
        for scope, given in table(scopes).items():
            host = "//" + url.partition("://")[2].rstrip("/") + "/"
            found["registry" if scope == "@" else f"{scope}:registry"] = url
            found[f"{host}:_authToken"] = string(table(given).get("authToken"))
    return found


def _pinned(values: Mapping[str, str]) -> Mapping[str, str]:
    """Credentials without a host belong to the registry that the same file names."""
    url = values.get("registry")
    loose = [key for key in _PER_REGISTRY if values.get(key)]
    if not url or not loose:
        return values
    host = "//" + url.partition("://")[2].rstrip("/") + "/"
    return {**{f"{host}:{key}": values[key] for key in loose}, **values}


def config_folder(env: Mapping[str, str]) -> Path:
    """Where pnpm keeps its own settings."""
    home = Path(env.get("HOME") or Path.home())
    if env.get("XDG_CONFIG_HOME"):
        return Path(env["XDG_CONFIG_HOME"]) / "pnpm"
    return home / ("Library/Preferences/pnpm" if platform.system() == "Darwin" else ".config/pnpm")


def built_in(command: Sequence[str], env: Mapping[str, str]) -> dict[str, str]:
    """The registries that pnpm is built for: `registry` and `@scope:registry`.

    They are read from its own files, or asked of pnpm with no settings in sight.

    Raises:
        ConfigError: pnpm cannot be started or does not say.
    """
    executable = Path(command[0])
    folder = pnpm_itself.package(executable)
    for path in [folder / bundle for bundle in _BUNDLES] if folder else []:
        text = path.read_bytes() if path.is_file() else b""
        if found := _DEFAULT.search(text):
            return {"registry": found[1].decode()} | {a.decode(): b.decode() for a, b in _SCOPED.findall(text)}
    if corepack.is_shim(executable) and (known := corepack.built_in_registry(executable)):
        return {"registry": known}
    clean = {key: value for key, value in env.items() if not _SETTING.match(key)}
    clean |= {"HOME": _NOWHERE, "XDG_CONFIG_HOME": _NOWHERE, "npm_config_userconfig": _NOWHERE}
    answer = _decoded(asking.output([*itself(command), "config", "list", "--json"], clean, cwd=Path("/")))
    said = {key: string(url) for key, url in table(answer).items() if key == "registry" or key.endswith(":registry")}
    if "://" not in said.get("registry", ""):
        raise ConfigError("pnpm does not say which registry it uses", "Check that this works: pnpm config get registry")
    return said


def itself(command: Sequence[str]) -> list[str]:
    """How pnpm is started where the command is `pnpx`, which takes every word for a package."""
    beside = Path(command[0]).with_name("pnpm")
    return [str(beside)] if len(command) == 1 and beside.exists() else list(command)
