"""npm's configuration, read as npm reads it: command line, environment, project, user, global, built-in.

Follows `@npmcli/config` (tested against `npm config list`). Invariants: npm is not started; secrets stay inside
`Credentials`; a `${NAME}` in a file is filled in from the environment only.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from slopguard.clients import workspace_globs
from slopguard.clients.sources import Setting, line_of
from slopguard.errors import ConfigError
from slopguard.indexes import Credentials, IndexKind
from slopguard.model import Layer
from slopguard.patterns import regex
from slopguard.readers.text import plain_json

_VARIABLE = regex(r"(?<!\\)(\\*)\$\{([^${}?]+)(\?)?\}")
_SPOKEN = ("the option --", "the variable npm_config_")
"""What the first two layers are called, flags and environment; the others are files."""
_PREFIX = regex(r"npm_config_", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NpmConfig:
    """npm's settings for one call: layers, strongest first.

    Args:
        layers: (where it was written, its keys and values).
        project: npm's local prefix: the folder it works in.
    """

    layers: tuple[tuple[Layer, Mapping[str, str]], ...] = field(repr=False)
    project: Path

    def find(self, key: str) -> tuple[str, Layer] | None:
        """The value of a key and where it was written."""
        return next(((values[key], layer) for layer, values in self.layers if key in values), None)

    def text(self, key: str) -> str | None:
        """The value of a key."""
        found = self.find(key)
        return found[0] if found else None

    def own(self, key: str) -> str | None:
        """The value of a key that decides whom to believe (a CA, a proxy): a project has no say in it."""
        found = (values[key] for layer, values in self.layers if layer is not Layer.PROJECT and values.get(key))
        return next((value for value in found if value != "null"), None)

    def vouched(self, key: str) -> str | None:
        """The value of a key at the strongest layer that is trusted."""
        return next((values[key] for layer, values in self.layers if layer.trusted and key in values), None)

    def on(self, key: str) -> bool:
        """Whether a boolean key is true."""
        return self.text(key) in ("true", "")

    def scopes(self) -> list[str]:
        """Every scope that has a registry of its own (`@acme`)."""
        keys = dict.fromkeys(key for _, values in self.layers for key in values)
        return [key.removesuffix(":registry") for key in keys if key.startswith("@") and key.endswith(":registry")]

    def settings(self, default: str) -> list[Setting]:
        """The registries npm will use: the default one, then one for each scope."""
        url, layer = self.find("registry") or (default, Layer.BUILTIN)
        found = [Setting(url, IndexKind.DEFAULT, layer, named=self._named("registry"))]
        for scope in self.scopes():
            place = self.find(f"{scope}:registry")
            if place:
                named = self._named(f"{scope}:registry")
                found.append(Setting(place[0], IndexKind.SCOPE, place[1], scope, named=named))
        return found

    def _named(self, key: str) -> str:
        """Where the value of a key that is not trusted was written, in words."""
        at = next((at for at, (_, values) in enumerate(self.layers) if key in values), None)
        if at is None or self.layers[at][0].trusted:
            return ""
        if at < len(_SPOKEN):
            return _SPOKEN[at] + key
        if self.layers[at][0] is Layer.PROJECT:
            return line_of(self.project / ".npmrc", self.layers[at][1][key])
        return "a settings file that a variable or an option names"

    def everywhere(self, default: str) -> list[Setting]:
        """Every registry configured anywhere, overridden or not, for deciding on trust."""
        return [Setting(default)] + [
            Setting(url, layer=layer)
            for layer, values in self.layers
            for key, url in values.items()
            if key == "registry" or key.endswith(":registry")
        ]

    def credentials(self, url: str) -> Credentials | None:
        """What npm would send to a registry: keys bound to host and path, the longest path first."""
        return next(filter(None, map(self._bound, _places(url))), None)

    def own_cert(self, url: str) -> tuple[Path, Path | None] | None:
        """The certificate and key that npm would show to a registry (`//host/path/:certfile`, `:keyfile`)."""
        for place in _places(url):
            cert, key = self.text(f"{place}:certfile"), self.text(f"{place}:keyfile")
            if cert and key:
                return Path(cert), Path(key)
        return None

    def _bound(self, place: str) -> Credentials | None:
        """The credentials at one `//host/path/`."""
        token = self.text(f"{place}:_authToken") or self.text(f"{place.rstrip('/')}:_authToken")
        if token:
            return Credentials("", token, "bearer")
        both = _decoded(self.text(f"{place}:_auth"))
        if both:
            username, _, secret = both.partition(":")
            return Credentials(username, secret)
        user, password = self.text(f"{place}:username"), _decoded(self.text(f"{place}:_password"))
        return Credentials(user, password) if user and password else None


def _places(url: str) -> Iterator[str]:
    """The `//host/path/` of a registry and of every folder above it, the longest first."""
    parts = urlsplit(url)
    host, path = parts.netloc.rpartition("@")[2], parts.path.rstrip("/")
    while path:
        yield f"//{host}{path}/"
        path = path.rpartition("/")[0]
    yield f"//{host}/"


def load(flags: Mapping[str, str], env: Mapping[str, str], cwd: Path, npm_folder: Path | None) -> NpmConfig:
    """Read the configuration.

    Args:
        flags: `key -> value` of the command line.
        npm_folder: where npm is installed; its `npmrc` is the built-in file.

    Raises:
        ConfigError: a file cannot be read.
    """
    environment = from_environment(env)
    project = local_prefix(cwd, flags)
    home = Path(env.get("HOME") or Path.home())
    user, user_layer = home / ".npmrc", Layer.USER
    for layer, values in ((Layer.ENVIRONMENT, environment), (Layer.FLAG, flags)):
        if values.get("userconfig") and Path(values["userconfig"]) != home / ".npmrc":
            user, user_layer = Path(values["userconfig"]), layer
    builtin = read(npm_folder / "npmrc", env) if npm_folder else {}
    machine, machine_layer = _global_file(flags, environment, builtin, env)
    own = project / ".npmrc"
    layers = [(Layer.FLAG, dict(flags)), (Layer.ENVIRONMENT, environment)]
    if own.absolute() != user.absolute() and "global" not in flags:
        layers.append((Layer.PROJECT, read(own, env)))
    layers += [(user_layer, read(user, env)), (machine_layer, read(machine, env)), (Layer.SYSTEM, builtin)]
    return NpmConfig(tuple(layers), project)


def _global_file(
    flags: Mapping[str, str], environment: Mapping[str, str], builtin: Mapping[str, str], env: Mapping[str, str]
) -> tuple[Path, Layer]:
    """The machine's npmrc: `<prefix>/etc/npmrc`, the prefix being two folders above node."""
    if flags.get("globalconfig"):
        return Path(flags["globalconfig"]), Layer.FLAG
    if environment.get("globalconfig"):
        return Path(environment["globalconfig"]), Layer.ENVIRONMENT
    node = shutil.which("node", path=env.get("PATH"))
    above = Path(node).resolve().parents[1] if node else Path("/usr/local")
    named = environment.get("prefix") or env.get("PREFIX")
    if named:
        return Path(named) / "etc" / "npmrc", Layer.ENVIRONMENT
    return Path(builtin.get("prefix") or above) / "etc" / "npmrc", Layer.SYSTEM


def from_environment(env: Mapping[str, str]) -> dict[str, str]:
    """`npm_config_*` variables: any case; `_` for `-` except in keys bound to a host."""
    found = {}
    for name, value in env.items():
        if _PREFIX.match(name) and value:
            key = name[len("npm_config_") :]
            found[key if key.startswith("//") else key[:1].lower() + key[1:].replace("_", "-").lower()] = value
    return found


def read(path: Path, env: Mapping[str, str]) -> dict[str, str]:
    """An npmrc file: `key = value` lines, comments with `;` or `#`, JSON quotes, `${NAME}`.

    Raises:
        ConfigError: the file exists and cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"npm's configuration file {path} cannot be read", "Correct the file") from error
    found: dict[str, str] = {}
    for written in text.splitlines():
        line = written.strip()
        if not line or line[0] in ";#[":
            continue
        key, equals, value = line.partition("=")
        name, filled = _filled(_unquoted(key.strip()), env), _filled(_unquoted(value.strip()), env)
        several = name.endswith("[]") and name[:-2] in found
        found[name.removesuffix("[]")] = f"{found[name[:-2]]}\n\n{filled}" if several else filled if equals else "true"
    return found


def _unquoted(text: str) -> str:
    """A value without its quotes, or without the comment behind it (the `ini` module's rules)."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1]
    return re.sub(r"\\([;#\\])", r"\1", re.split(r"(?<!\\)[;#]", text, maxsplit=1)[0].strip())


def _filled(text: str, env: Mapping[str, str]) -> str:
    """`${NAME}` filled in; an unset one stays as written, `${NAME?}` becomes empty."""

    def fill(found: re.Match[str]) -> str:
        if len(found[1]) % 2:
            return found[0]
        return env.get(found[2], "" if found[3] else found[0])

    return _VARIABLE.sub(fill, text)


def _decoded(text: str | None) -> str | None:
    """Base64 as npm stores `_auth` and `_password`."""
    try:
        return base64.b64decode(text).decode() if text else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def local_prefix(cwd: Path, flags: Mapping[str, str]) -> Path:
    """The folder npm works in: `--prefix`, else the nearest with a package.json or node_modules, or its root.

    The variable of that name, which npm sets for every script that it runs, only moves what is installed globally.
    """
    named = flags.get("prefix") if "global" not in flags else None
    if named:
        return cwd / named
    start = next(
        (p for p in (cwd, *cwd.parents) if (p / "package.json").is_file() or (p / "node_modules").is_dir()), cwd
    )
    for parent in start.parents:
        if start in workspaces(parent):
            return parent
    return start


def workspaces(root: Path) -> list[Path]:
    """The workspace folders that a package.json names by globs (`!` takes out again)."""
    try:
        manifest = json.loads(plain_json((root / "package.json").read_text(encoding="utf-8-sig")))  # as bun reads it
    except (OSError, ValueError):
        return []
    globs = manifest.get("workspaces", []) if isinstance(manifest, dict) else []
    globs = globs.get("packages", []) if isinstance(globs, dict) else globs
    found: dict[Path, None] = {}
    for pattern in globs if isinstance(globs, list) else []:
        clean, exact = workspace_globs.plain(str(pattern).lstrip("!").removeprefix("./"))
        folders = [p for glob in clean for p in root.glob(glob) if (p / "package.json").is_file()]
        out = str(pattern).startswith("!")
        for folder in folders if exact or not out else []:
            found.pop(folder, None) if out else found.setdefault(folder)
    return list(found)
