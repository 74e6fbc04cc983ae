"""pip's configuration, read as pip reads it: files by kind, sections, then the environment.

Follows pip's `_internal/configuration.py` (tested against `pip config list`): machine, user, site, `PIP_CONFIG_FILE`,
later kinds over earlier ones key by key; then `[global]`, the command's own section, `PIP_*` variables.
Invariant: nothing is written and pip is not started.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slopguard.errors import ConfigError
from slopguard.model import Layer

_NOT_OPTIONS = frozenset({"PIP_CONFIG_FILE", "PIP_VERSION", "PIP_HELP"})


@dataclass(frozen=True, slots=True)
class Value:
    """One setting: its text and where it was written, as a layer and in words."""

    text: str = field(repr=False)
    layer: Layer
    named: str = ""


@dataclass(frozen=True, slots=True)
class PipConfig:
    """Everything pip is configured with for one command.

    Args:
        effective: option (`extra-index-url`) -> the value that wins.
        everything: every value of every option found anywhere, for deciding which addresses are trusted.
    """

    effective: Mapping[str, Value]
    everything: tuple[tuple[str, Value], ...]

    def words(self, option: str) -> list[tuple[str, Layer]]:
        """The values of an option that may be given more than once."""
        value = self.effective.get(option)
        return [(word, value.layer) for word in value.text.split()] if value else []

    def text(self, option: str) -> str | None:
        """The value of an option, `None` if unset."""
        value = self.effective.get(option)
        return value.text if value else None

    def own(self, option: str) -> str | None:
        """The value of an option that decides whom to believe (a CA bundle, a proxy): a project has no say in it."""
        value = self.effective.get(option)
        if value is None or value.layer is not Layer.PROJECT:
            return value.text if value else None
        weaker = [other.text for name, other in self.everything if name == option and other.layer is not Layer.PROJECT]
        return weaker[-1] if weaker else None

    def vouched(self, option: str) -> frozenset[str]:
        """Of the values that win, those which a trusted layer has too."""
        everywhere = [value for name, value in self.everything if name == option and value.layer.trusted]
        trusted = {word for value in everywhere for word in value.text.split()}
        return frozenset(word for word, _ in self.words(option) if word in trusted)

    def on(self, option: str) -> bool:
        """Whether a boolean option is switched on (pip's `strtobool`)."""
        return (self.text(option) or "").lower() in {"y", "yes", "t", "true", "on", "1"}


def load(command: str, env: Mapping[str, str], place: Path | None, *, isolated: bool = False) -> PipConfig:
    """Read the configuration for one pip command.

    Args:
        command: `install`, `download`, ...; its section counts after `[global]`.
        place: the folder of the `pip` package; its Python's `pip.conf` is the site file.
        isolated: `--isolated`: no user file, no environment.

    Raises:
        ConfigError: a file cannot be parsed.
    """
    own = env.get("PIP_CONFIG_FILE")
    merged: dict[tuple[str, str], Value] = {}
    everything: list[tuple[str, Value]] = []
    for path, layer in _files(env, place, isolated=isolated):
        for (section, option), value in _read(path, layer).items():
            merged[section, option] = value
            everything.append((option, value))
    effective = {option: v for (section, option), v in merged.items() if section == "global"}
    effective |= {option: v for (section, option), v in merged.items() if section == command}
    if not isolated:
        environment = _environment(env)
        effective |= environment
        everything += environment.items()
    if own == os.devnull:
        effective = {option: v for option, v in effective.items() if v.layer is Layer.ENVIRONMENT}
    return PipConfig({o: v for o, v in effective.items() if v.text}, tuple(everything))


def _files(env: Mapping[str, str], place: Path | None, *, isolated: bool) -> list[tuple[Path, Layer]]:
    """The configuration files, weakest first, those that do not exist included."""
    home = Path(env.get("HOME") or Path.home())
    own = env.get("PIP_CONFIG_FILE")
    machine = [Path(d) / "pip" / "pip.conf" for d in (env.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")]
    if sys.platform == "darwin":
        machine = [Path("/Library/Application Support/pip/pip.conf")]
    files = [(path, Layer.SYSTEM) for path in [*machine, Path("/etc/pip.conf")]]
    if not isolated and not (own and Path(own).exists() and own != os.devnull):
        files += [(path, Layer.USER) for path in (home / ".pip" / "pip.conf", _user_file(env, home))]
    if place:
        files.append(_site_file(place))
    if own and own != os.devnull:
        known = dict(files)
        files.append((Path(own), known.get(Path(own), Layer.ENVIRONMENT)))
    return files


def _user_file(env: Mapping[str, str], home: Path) -> Path:
    """The user's file: on macOS in Application Support when that folder exists (as platformdirs in pip)."""
    mac = home / "Library" / "Application Support" / "pip"
    if sys.platform == "darwin" and mac.is_dir():
        return mac / "pip.conf"
    return Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"


def _site_file(place: Path) -> tuple[Path, Layer]:
    """`sys.prefix/pip.conf`; a virtual environment lies in a project, so its file is the project's word."""
    prefix = next((p.parent for p in place.parents if p.name in ("lib", "lib64", "Lib")), place.parent)
    layer = Layer.PROJECT if (prefix / "pyvenv.cfg").exists() else Layer.SYSTEM
    return prefix / "pip.conf", layer


def _read(path: Path, layer: Layer) -> dict[tuple[str, str], Value]:
    """One INI file as (section, option) -> value; `{}` when it does not exist."""
    import configparser

    try:
        text = path.read_text(encoding="utf-8")
        parser = configparser.RawConfigParser()
        parser.read_string(text)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return {}
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"pip's configuration file {path} cannot be read", "Correct the file") from error
    return {
        (section, option_name(key)): Value(text, layer, str(path))
        for section in parser.sections()
        for key, text in parser.items(section)
    }


def _environment(env: Mapping[str, str]) -> dict[str, Value]:
    """`PIP_*` variables as options."""
    return {
        option_name(key[4:]): Value(text, Layer.ENVIRONMENT, f"the variable {key}")
        for key, text in env.items()
        if key.startswith("PIP_") and key not in _NOT_OPTIONS and text
    }


def option_name(key: str) -> str:
    """An option's one spelling; pip takes `_` for `-`, any case, and the alias `pypi-url`."""
    name = key.lower().replace("_", "-").removeprefix("--")
    return {"pypi-url": "index-url"}.get(name, name)
