"""Putting settings layers on top of each other: a lower layer may only tighten.

Invariants:

* Organisation and user are trusted, and so is a project file whose digest a person accepted. A trusted layer may set
  anything but what the organisation wrote: that it may only tighten.
* Every other layer (project, `SLOPGUARD_CONFIG`, `--config`) may only tighten what is in force; a looser value is a
  `ConfigError` naming key and file, never ignored, so that nobody believes in a setting that does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from slopguard.config.grammar import KEYS, Value
from slopguard.errors import ConfigError


class Standing(StrEnum):
    """How far a layer is trusted."""

    ORGANISATION = "organisation"
    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True)
class SettingsLayer:
    """One settings file, read and checked.

    Args:
        where: the file, as errors should name it.
        standing: how far it is trusted.
        values: dotted keys to checked values.
    """

    where: str
    standing: Standing
    values: Mapping[str, Value]


def merge(layers: Iterable[SettingsLayer]) -> dict[str, Value]:
    """What is in force after all `layers`, highest first, on top of the built-in defaults.

    Raises:
        ConfigError: a layer would loosen what it may only tighten.
    """
    force = {name: key.default for name, key in KEYS.items()}
    floor: dict[str, Value] = {}
    for layer in layers:
        limits = floor if layer.standing is Standing.TRUSTED else force
        for name, new in layer.values.items():
            key = KEYS[name]
            if layer.standing is Standing.ORGANISATION:
                floor[name] = new
            elif name in limits and key.loosens(limits[name], new):
                raise _refused(name, layer)
            force[name] = key.merge(force[name], new)
    return force


def _refused(name: str, layer: SettingsLayer) -> ConfigError:
    if layer.standing is Standing.TRUSTED:
        hint = "Remove the key; only whoever looks after this machine's settings can loosen it"
        return ConfigError(f"{layer.where}: '{name}' would loosen what the organisation's settings say", hint)
    import shlex  # only for an error: start-up is a feature

    hint = f"Remove the key, or let a person look at the file and accept it: slopguard trust {shlex.quote(layer.where)}"
    return ConfigError(f"{layer.where}: '{name}' would loosen the settings, and no person accepted this file", hint)
