"""The commands in a `package.json`: its scripts, and those of tools that keep theirs beside them; the tasks of Deno.

Invariant: `npx NAME` starts what the project itself depends on, if it depends on NAME; only otherwise is it fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from slopguard.errors import InputError
from slopguard.patterns import regex
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, Table, json_object, plain_json, string, strings, table

_HOOKS = (
    ("scripts",),
    ("tasks",),
    ("lint-staged",),
    ("husky", "hooks"),
    ("simple-git-hooks",),
    ("gitHooks",),
    ("wireit",),
    ("nx", "targets"),
    ("nodemonConfig",),
)
"""Where commands stand: texts, lists of texts, or (wireit, nx) tables with a `command`."""

_OWN = regex(r"\b(?:npm|pnpm|yarn|bun) run(?:-script)? ")
"""Starts another script of the project: nothing by itself."""


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
    commands = list(_commands(document))
    if not commands:
        return Reading(path)
    from slopguard.commands.script import idle, together  # as heavy as all other readers together

    found = [each for each in commands if not idle(_OWN.sub("", each[2]))]
    if not found:
        return Reading(path)
    lines = Lines(text, budget=20_000_000)
    return together(path, (_reading(path, load, lines, *each) for each in found))


def _reading(path: Path, load: Load, lines: Lines, top: str, key: str, command: str) -> Reading:
    """What one command would install."""
    from slopguard.commands.script import Script

    after = lines.offset(f'"{top}"')
    script = Script()
    script.add_at(command, lines.find(f'"{key}"', f'"{top}"', after=after) or 1)
    return script.read(path, path.parent, load)


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
