"""Makefiles and justfiles: what their recipes would install.

Each line of a recipe has a shell of its own, unless `.ONESHELL` says otherwise. Invariants: constants are filled in,
what else stands for something is never guessed.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from slopguard.commands.make_text import Makefile, parse
from slopguard.commands.script import UNKNOWN, Script, idle, shell, together
from slopguard.commands.variables import Variables
from slopguard.patterns import regex
from slopguard.readers.interface import NOWHERE, Context, Load, Reading

_JUST = regex(r"\.?justfile|.*\.just", re.IGNORECASE)
_JUST_VALUE = regex(r"(?:export\s+)?([\w-]+)\s*:=\s*(?:\"([^\"\\]*)\"|'([^']*)')\s*$")
_JUST_COMMAND = regex(r"(?:export\s+)?[\w-]+\s*:=.*?(?:`([^`]*)`|\bshell\(\s*[\"']([^\"']*))")
_BRACES = regex(r"\{\{\s{0,9}([^{}\n]{0,500}?)\s{0,9}\}\}")
_SHELL = regex(r"#!.*sh\b")


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a makefile or justfile.

    Raises:
        InputError: it cannot be loaded.
    """
    text = load(path).replace("\r\n", "\n")
    cwd = context.cwd or path.parent
    if idle(text):
        return Reading(path)
    if _JUST.fullmatch(path.name):
        return together(path, (script.read(path, cwd, load) for script in _recipes(text)))
    made = parse(text)
    variables = Variables()
    for name in sorted(made.exported & made.values.keys()):
        variables.set(name, made.expanded(made.values[name]))
    return together(path, (_script(made, *each).read(path, cwd, load, variables) for each in made.commands))


def _script(made: Makefile, line: int, command: str) -> Script:
    """A command with make's references filled in; a value of several lines stands where it is referred to."""
    expanded = made.expanded(command)
    if expanded.count("\n") == command.count("\n"):
        return shell(expanded, line)
    script = Script()
    script.add_at(expanded, line)
    return script


def _recipes(text: str) -> Iterator[Script]:
    """The commands of a justfile: those of a recipe that begins with `#!` together."""
    lines = text.split("\n")
    values = {found[1]: found[2] or found[3] or "" for found in map(_JUST_VALUE.match, lines) if found}

    def filled(found: re.Match[str]) -> str:
        return values.get(found[1], UNKNOWN)

    at = 0
    while at < len(lines):
        start = at
        line = lines[at]
        at += 1
        if not line[:1].isspace():
            if found := _JUST_COMMAND.match(line):
                yield shell(found[1] or found[2], start + 1)
            continue
        script = line.lstrip().startswith("#!")
        while at < len(lines) and (
            lines[at - 1].endswith("\\") or (script and (not lines[at] or lines[at][0].isspace()))
        ):
            at += 1
        held = "\n".join(_BRACES.sub(filled, each) for each in lines[start:at])
        interpreter = script and re.search(r"python|node", line)
        if interpreter:
            yield shell(textwrap.dedent(held), start + 1).given_to(interpreter[0])
        elif not script or _SHELL.search(line):
            yield shell(held if script else held.lstrip("@- \t"), start + 1)
