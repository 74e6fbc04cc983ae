"""The commands in a `package.json`: its scripts, and those of tools that keep theirs beside them.

Invariant: `npx NAME` starts what the project itself depends on, if it depends on NAME; only otherwise is it fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from slopguard.commands.script import Script, idle, together
from slopguard.errors import InputError
from slopguard.model import Sighting
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, Table, json_object, plain_json, string, strings, table

_TABLES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_HOOKS = (("scripts",), ("lint-staged",), ("husky", "hooks"), ("simple-git-hooks",), ("gitHooks",), ("wireit",))
"""Where commands stand: texts, lists of texts, or (wireit) tables with a `command`."""

_OWN = re.compile(r"\b(?:npm|pnpm|yarn|bun) run(?:-script)? ")
"""Starts another script of the project: nothing by itself."""

_FETCHES = re.compile(r"\bdlx\b|--ignore-existing")
_BINARIES = {
    "tsc": "typescript",
    "tsserver": "typescript",
    "ng": "@angular/cli",
    "nest": "@nestjs/cli",
    "babel": "@babel/cli",
    "biome": "@biomejs/biome",
    "cap": "@capacitor/cli",
    "changeset": "@changesets/cli",
    "commitlint": "@commitlint/cli",
    "electron-rebuild": "@electron/rebuild",
    "graphql-codegen": "@graphql-codegen/cli",
    "playwright": "@playwright/test",
    "run-p": "npm-run-all",
    "run-s": "npm-run-all",
    "svelte-kit": "@sveltejs/kit",
    "tailwindcss": "@tailwindcss/cli",
    "tauri": "@tauri-apps/cli",
    "vue-cli-service": "@vue/cli-service",
    "wdio": "@wdio/cli",
    "webpack": "webpack-cli",
}
"""Commands that are called otherwise than the package that brings them."""

_ABOVE = 4
"""How many folders above it a project may have its dependencies in common with others."""


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read the commands of a manifest.

    Raises:
        InputError: it is not a JSON object, comments and trailing commas allowed.
    """
    text = load(path)
    try:
        document = json_object(text, path)
    except InputError:
        document = json_object(plain_json(text), path)
    found = [each for each in _commands(document) if not idle(_OWN.sub("", each[2]))]
    if not found:
        return Reading(path)
    lines = Lines(text, budget=20_000_000)
    return together(path, (_reading(path, document, load, lines, *each) for each in found))


def _reading(path: Path, document: Table, load: Load, lines: Lines, top: str, key: str, command: str) -> Reading:
    """What one command would install."""
    after = lines.offset(f'"{top}"')
    script = Script()
    script.add_at(command, lines.find(f'"{key}"', f'"{top}"', after=after) or 1)
    reading = script.read(path, path.parent)
    if _FETCHES.search(command) or not any("run" in each.extra for each in reading.sightings):
        return reading
    local = _Local(path, document, load)
    return replace(reading, sightings=tuple(each for each in reading.sightings if not local.has(each)))


class _Local:
    """What the project has installed, itself or in a folder above (a workspace); those are read when asked for."""

    def __init__(self, path: Path, document: Table, load: Load) -> None:
        self.path = path
        self.load = load
        self.names = _names(document)

    def has(self, sighting: Sighting) -> bool:
        """Whether the project's own dependencies bring what `npx NAME` asks for."""
        wanted = {sighting.raw, _BINARIES.get(sighting.raw, sighting.raw)}
        if "run" not in sighting.extra or sighting.specifier or sighting.source.index:
            return False
        return bool(wanted & self.names or wanted & self.above)

    @cached_property
    def above(self) -> set[str]:
        """The dependencies of the projects in the folders above."""
        found: set[str] = set()
        for folder in list(self.path.parent.parents)[:_ABOVE]:
            try:
                found |= _names(json_object(self.load(folder / "package.json"), self.path))
            except InputError:
                continue
        return found


def _names(document: Table) -> set[str]:
    """The names a manifest depends on."""
    return {name for key in _TABLES for name in table(document.get(key))}


def _commands(document: Table) -> Iterator[tuple[str, str, str]]:
    """Every command with the table and the key it stands under."""
    for keys in _HOOKS:
        place: object = document
        for key in keys:
            place = table(place).get(key)
        for name, value in table(place).items():
            given = value.get("command") if isinstance(value, dict) else value
            for command in [string(given), *strings(given)]:
                if command:
                    yield keys[-1], name, command
