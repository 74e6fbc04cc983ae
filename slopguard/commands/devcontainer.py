"""`devcontainer.json`: the commands a development container runs, and the features known to install packages.

Invariants: features of others are not looked into, but for the few whose options name packages (`_FEATURES`); the
servers that it sets up in an editor are read where those of editors' own settings are.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from slopguard.commands.script import UNKNOWN, Script, together
from slopguard.commands.variables import Variables
from slopguard.commands.yaml_nodes import root
from slopguard.patterns import regex
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, Table, json_object, plain_json, string, strings, table

_COMMANDS = (
    "initializeCommand",
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
)
_FOLDERS = regex(r"\$\{(?:container|local)WorkspaceFolder\}")
_VARIABLE = regex(r"\$\{\w+:[^}]{0,200}\}")
_FEATURES = {
    "/python": ("toolsToInstall", "pipx install"),
    "/pipx-package": ("package", "pipx install"),
    "/npm-package": ("package", "npm install -g"),
}
"""The end of a feature's name -> its option that names packages, separated by commas, and the command it amounts to."""


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a development container's settings.

    Raises:
        InputError: it is not a JSON object, comments and trailing commas allowed.
    """
    text = load(path)
    document = json_object(plain_json(text), path)
    lines = Lines(text, budget=20_000_000)
    cwd = context.cwd or root(path)
    variables = Variables()
    for key in ("containerEnv", "remoteEnv"):
        for name, value in table(document.get(key)).items():
            written = _filled(string(value))
            variables.set(name, None if "$" in written else written)
    readings = []
    for key, command in [*_commands(document), *_features(document)]:
        script = Script()
        script.add_at(_filled(command if isinstance(command, str) else shlex.join(command)), _line(lines, key, command))
        readings.append(script.read(path, cwd, load, variables))
    return together(path, readings)


def _commands(document: Table) -> Iterator[tuple[str, str | list[str]]]:
    """The commands with their keys: a text for a shell, or a list of words."""
    for key in _COMMANDS:
        value = document.get(key)
        for each in value.values() if isinstance(value, dict) else [value]:
            if isinstance(each, str) or strings(each):
                yield key, each if isinstance(each, str) else strings(each)


def _features(document: Table) -> Iterator[tuple[str, str]]:
    """The packages that known features are told to install, as the commands these amount to."""
    for feature, options in table(document.get("features")).items():
        name = re.split(r"[:@]", feature)[0]
        for ending, (option, command) in _FEATURES.items():
            packages = string(table(options).get(option)).split(",")
            version = string(table(options).get("version"))
            pin = {"pipx install": "==", "npm install -g": "@"}[command] if option == "package" else ""
            given = f"{pin}{version}" if pin and version not in ("", "latest") else ""
            words = [package.strip() + given for package in packages if package.strip() not in ("", "none")]
            if name.endswith(ending) and words:
                yield feature, f"{command} {shlex.join(words)}"


def _filled(command: str) -> str:
    """A command with the container's own variables filled in or marked as unknown."""
    return _VARIABLE.sub(UNKNOWN, _FOLDERS.sub(".", command))


def _line(lines: Lines, key: str, command: str | list[str]) -> int:
    """The line of a command, or of the key it belongs to."""
    written = command if isinstance(command, str) else command[-1]
    after = lines.offset(f'"{key}"')
    return lines.find(json.dumps(written, ensure_ascii=False), f'"{key}"', after=after) or 1
