"""Yarn 1: its `.npmrc` and `.yarnrc` files, its registries, and the way to the gate.

As measured: npm's settings come before yarn's own, and in each the environment before every file; a registry's token
can be set in a file only, so the user's own npmrc is read from a copy with the gate's token in it. Invariants: yarn
is not started to be asked; no file of the user's is written.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slopguard.clients import npm_config, yarn_berry
from slopguard.clients.interface import GateAddress
from slopguard.clients.npm_config import NpmConfig
from slopguard.clients.sources import line_of
from slopguard.errors import ConfigError
from slopguard.indexes import Index, IndexKind
from slopguard.model import Layer
from slopguard.patterns import regex

_TEXT = r'"(?:[^"\\]|\\.)*"'
_LINE = regex(rf"""({_TEXT}|[^\s":,]+)(?::[ ]*|[ ]+)({_TEXT}|[^\s"#,]+)\s*(?:#.*)?""")
_APART = regex(r"\s*(?:#.*)?|  .*|[^\s\",]+:\s*")
"""Lines of a `.yarnrc` that set nothing at its top: blank, a comment, a block and what is in it."""
_SCOPE = regex(r"@[a-z0-9~-]+")
"""The scopes that yarn 1 finds again when they come from the environment."""
_LEADS_PAST = regex(r"--(?:[^.]+\.)?(?:registry|offline|prefer-offline|proxy|https-proxy|use-yarnrc|no-default-rc|cwd)")
_OURS = regex(
    r"(?:npm_config|yarn)_(?:registry|@.*|proxy|offline|prefer[-_]offline|userconfig|always[-_]auth)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ClassicConfig(NpmConfig):
    """Yarn 1's settings.

    Args:
        places: the project's settings files, the nearest first.
    """

    places: tuple[Path, ...] = ()

    def _named(self, key: str) -> str:
        """Where the value of a key that is not trusted was written, in words."""
        found = self.find(key)
        if found is None or found[1].trusted:
            return ""
        if found[1] is not Layer.PROJECT:
            spoken = {Layer.FLAG: "the option --", Layer.ENVIRONMENT: "the variable npm_config_"}
            said = any(key in values for _, values in self.layers[: len(spoken)])
            return spoken[found[1]] + key if said else "a variable for yarn, or a file that one names"
        holding = (line for place in self.places if (line := line_of(place, found[0])) != str(place))
        return next(holding, "a settings file of the project")


def load(flags: Mapping[str, str], env: Mapping[str, str], root: Path, inside: Sequence[Path] = ()) -> NpmConfig:
    """Read the settings, npm's layers before yarn's.

    Args:
        inside: folders of the project below its root where yarn may be started, the deepest first.

    Raises:
        ConfigError: a file cannot be read, or sets an option that leads past the gate.
    """
    home, node = _homes(env)[0], shutil.which("node", path=env.get("PATH"))
    variables = npm_config.from_environment(env)
    user, user_layer = home / ".npmrc", Layer.USER
    if variables.get("userconfig") and Path(variables["userconfig"]) != user:
        user, user_layer = Path(variables["userconfig"]), Layer.ENVIRONMENT
    prefix = Path(node).resolve().parents[1] if node else Path("/usr/local")
    layers: list[tuple[Layer, Mapping[str, str]]] = [(Layer.FLAG, flags), (Layer.ENVIRONMENT, variables)]
    for name, own, own_layer in (("npmrc", user, user_layer), ("yarnrc", home / ".yarnrc", Layer.USER)):
        read = npm_config.read if name == "npmrc" else yarnrc
        if name == "yarnrc":
            layers.append((Layer.ENVIRONMENT, _variables(env)))
        own_folders = [folder for folder in (*inside, root) if folder != home]
        layers += [(Layer.PROJECT, read(folder / f".{name}", env)) for folder in own_folders]
        layers += [(own_layer, read(own, env)), (Layer.SYSTEM, read(prefix / "etc" / name, env))]
        layers += [(Layer.USER, read(other / f".{name}", env)) for other in _homes(env)[1:]]
        above = [folder for folder in root.parents if folder != home]
        layers += [(Layer.PROJECT, read(folder / f".{name}", env)) for folder in above]
    _no_options(env, (*inside, root, *root.parents))
    folders = (*inside, root, *root.parents)
    places = tuple(folder / name for folder in folders for name in (".npmrc", ".yarnrc"))
    return ClassicConfig(tuple(layers), root, places=places)


def _no_options(env: Mapping[str, str], folders: Sequence[Path]) -> None:
    """See that no other file from which yarn 1 takes options has one that leads past the gate.

    Raises:
        ConfigError: one does, or cannot be read.
    """
    home = _homes(env)[0]
    places = [home / ".config" / "yarn" / "config", home / ".yarn" / "config"]
    places += [Path("/etc/yarnrc"), Path("/etc/yarn/config"), *map(Path, filter(None, [env.get("YARN_CONFIG")]))]
    for place in places:
        yarnrc(place, env)
    for later in (path for folder in (*folders, home) if (path := folder / ".yarnrc.yml").is_file()):
        if any("--" in key for key in yarn_berry.values(later, env)):
            raise ConfigError(f"{later} sets an option that leads past the gate", "Take it out of that file")


def yarnrc(path: Path, env: Mapping[str, str]) -> dict[str, str]:
    """A `.yarnrc`: `key "value"` lines.

    Raises:
        ConfigError: it cannot be read, or sets an option of the command line that leads past the gate.
    """
    del env  # nothing is filled in
    found = plain(path)
    if any(_LEADS_PAST.fullmatch(key) for key in found):
        raise ConfigError(f"{path} sets an option that leads past the gate", "Take it out of that file")
    return found


def plain(path: Path) -> dict[str, str]:
    """What a `.yarnrc` says, whatever that is.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"yarn's configuration file {path} cannot be read", "Correct the file") from error
    lines = [line for line in text.split("\n") if not _APART.fullmatch(line)]
    try:
        return dict(map(_pair, lines))
    except ValueError as error:
        raise ConfigError(f"{path} has a line that slopguard cannot read", 'Write it as: key "value"') from error


def environment(env: Mapping[str, str], gate: GateAddress, indexes: Sequence[Index], scratch: Path) -> dict[str, str]:
    """The environment that sends yarn 1 to the gate; no variable in it is one that only yarn 1 knows.

    Later yarns, which a script may start below it, do not run with a variable that they do not know.

    Raises:
        ConfigError: a scope that yarn 1 would not recognise in a variable.
    """
    child = {key: value for key, value in env.items() if not _OURS.fullmatch(key)}
    tokens = []
    for index in indexes:
        url = gate.npm_url(index.key)
        place = url.removeprefix("http:")
        tokens.append(f"{place}:_authToken={gate.token}\n{place}:always-auth=true\n")
        if index.kind is IndexKind.DEFAULT:
            child["npm_config_registry"] = url
        elif index.name and _SCOPE.fullmatch(index.name):
            child[f"npm_config_{index.name}:registry"] = url
        else:
            raise ConfigError("a scope that yarn 1 cannot be pointed at by a variable has a registry of its own")
    child["npm_config_userconfig"] = str(_with_tokens(env, tokens, scratch))
    return child


def options(scratch: Path) -> list[str]:
    """Options that have yarn 1 use no proxy before the gate, and look for no newer version of itself."""
    file = scratch / "yarnrc"
    file.write_text("proxy false\ndisable-self-update-check true\n", encoding="utf-8")
    return ["--use-yarnrc", str(file)]


def _with_tokens(env: Mapping[str, str], tokens: Sequence[str], scratch: Path) -> Path:
    """A copy of the user's npmrc that knows the gate's token, readable by the user alone."""
    named = npm_config.from_environment(env).get("userconfig")
    own = Path(named) if named else _homes(env)[0] / ".npmrc"
    copy = scratch / "yarn-npmrc"
    copy.touch(mode=0o600)
    text = own.read_text(encoding="utf-8-sig", errors="replace") if own.is_file() else ""
    copy.write_text("".join(tokens) + text, encoding="utf-8")
    return copy


def global_folder(flags: Mapping[str, str], env: Mapping[str, str], root: Path) -> Path:
    """Where global packages are kept."""
    named = flags.get("global-folder") or load({}, env, root).text("global-folder")
    data = Path(env["XDG_DATA_HOME"]) / "yarn" if env.get("XDG_DATA_HOME") else _homes(env)[0] / ".config" / "yarn"
    return Path(named) if named else data / "global"


def _homes(env: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders that yarn 1 takes for the user's home; root's belongings are elsewhere on Linux."""
    home = Path(env.get("HOME") or Path.home())
    root = sys.platform == "linux" and os.getuid() == 0 and not env.get("FAKEROOTKEY")
    return (Path("/usr/local/share"), home) if root else (home,)


def _pair(line: str) -> tuple[str, str]:
    """A setting and its value.

    Raises:
        ValueError: the line is no plain setting.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError
    key, value = (str(json.loads(text)) if text.startswith('"') else text for text in found.groups())
    return key, value


def _variables(env: Mapping[str, str]) -> dict[str, str]:
    """`YARN_*` variables as yarn 1 reads them."""
    return {key[5:].lower().replace("_", "-"): value for key, value in env.items() if key.lower().startswith("yarn_")}
