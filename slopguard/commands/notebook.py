"""Jupyter notebooks: what running their cells would install, and the commands that their text quotes.

Invariants: what cells have printed is not looked at; every line counts where the file has it, as far as that is found;
what the kernel fills in (`{name}`, `$name`) is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from slopguard import commands
from slopguard.commands import markdown, prose, pycode, written
from slopguard.commands.mention import mentioned
from slopguard.commands.placeholders import plain
from slopguard.commands.script import Script, together
from slopguard.model import Location
from slopguard.patterns import regex
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, Table, json_object, strings, tables

_SCRIPT_CELL = regex(r"\s*%%(?:bash|sh|zsh|script|system|sx|cmd|!)[^\n]*")
_OTHER_CELL = regex(r"\s*%%(?:html|javascript|js|latex|markdown|svg|sql|R|perl|ruby)\b")
_WRITTEN = regex(r"\s*%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?(\S+)[ \t]*\n")
_INSTALLING = regex(r"%%(?:writefile|file)\b|\b(?:micropip|piplite)\.install\(|\bpip(?:\._internal)?\.main\(")
"""What installs without a client's command in it."""
_SHELL = regex(
    r"[ \t]*(?:%(?:time|timeit|prun)[ \t]+(?:-\w+[ \t]+)*|[\w(\[][\w., \t\[\]\"']*=[ \t]*)?"
    r"(?:!!?|%(?:system|sx|sc(?:[ \t]+\w+[ \t]*=)?)[ \t]|%(?=(?:pip|uv|poetry|pdm|npm|npx)\b))[ \t]*(?P<command>.+)"
)
"""A line that the kernel gives to a shell, or to a client."""
_MAGIC = regex(r"""run_line_magic\([ \t]*(["'])(?P<name>\w+)\1[ \t]*,[ \t]*(["'])(?P<rest>.*)\3[ \t]*\)""")


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a notebook of format 3 or 4.

    Raises:
        InputError: it is not JSON.
    """
    text = load(path)
    if not mentioned(text) and not _INSTALLING.search(text):
        return Reading(path)
    place = _Place(text)
    cwd = context.cwd or path.parent
    cells = _cells(json_object(text, path))
    return together(path, (part for cell in cells for part in _cell(cell, place, path, cwd)))


class _Place:
    """Finds the lines of cells in the file, in order."""

    def __init__(self, text: str) -> None:
        self._lines = Lines(text)

    def numbers(self, source: str) -> list[int]:
        """The line of the file for every line of a cell; one that is not found stands where the one before does."""
        found: list[int] = []
        for line in source.split("\n"):
            found.append((line.strip() and self._number(line)) or (found[-1] if found else 1))
        return found

    def _number(self, line: str) -> int | None:
        for ascii_only in (False, True):
            if number := self._lines.following(json.dumps(line, ensure_ascii=ascii_only)[1:-1]):
                return number
        return None


def _cells(document: Table) -> Iterator[Table]:
    """The cells of a notebook, in sheets (format 3) or not."""
    yield from tables(document.get("cells"))
    for sheet in tables(document.get("worksheets")):
        yield from tables(sheet.get("cells"))


def _cell(cell: Table, place: _Place, path: Path, cwd: Path) -> Iterator[Reading]:
    """What one cell says."""
    value = next((cell[key] for key in ("source", "input") if key in cell), "")
    source = (value if isinstance(value, str) else "".join(strings(value))).replace("\r\n", "\n")
    if not mentioned(source) and not _INSTALLING.search(source):
        return
    numbers = place.numbers(source)
    if cell.get("cell_type") != "code":
        yield placed(markdown.read_text(source, path, 1, cwd), numbers)
    elif found := _SCRIPT_CELL.match(source):
        script = Script()
        script.add(" " * found.end() + source[found.end() :], 1)
        yield placed(script.read(path, cwd), numbers)
    elif found := _WRITTEN.match(source):
        yield placed(_written(found[1], source[found.end() :], path, cwd), numbers)
    elif not _OTHER_CELL.match(source):
        shell, rest = _parted(source)
        yield placed(shell.translated(plain).read(path, cwd), numbers)
        yield placed(prose.paragraph(rest, path, 1, cwd), numbers)
        for each in (_INSTALLING.search(rest) and pycode.commands(rest)) or ():
            yield placed(commands.read(each.text, path, each.line, cwd), numbers)


def _written(name: str, text: str, path: Path, cwd: Path) -> Reading:
    """What a file says that a cell writes, from its second line on."""
    kind = written.kind_of(name, text)
    if kind == "script":
        return commands.read(text, path, 2, cwd)
    return written.read(kind, text, 2, path) if kind else Reading(path)


def _parted(source: str) -> tuple[Script, str]:
    """A code cell's lines for a shell, with those that go on with them, and the rest, as many lines as before."""
    shell, rest = Script(), []
    going_on = False
    for number, line in enumerate(source.split("\n"), 1):
        magic = _MAGIC.search(line)
        found = _SHELL.match(line)
        command = (
            line if going_on else found["command"] if found else f"{magic['name']} {magic['rest']}" if magic else ""
        )
        if command:
            shell.add(command, number)
        going_on = bool(command) and line.rstrip().endswith("\\")
        rest.append("" if command else line)
    return shell, "\n".join(rest)


def placed(reading: Reading, numbers: list[int]) -> Reading:
    """A reading of a cell with the line numbers of the file."""

    def at(location: Location) -> Location:
        line = numbers[min(location.line or 1, len(numbers)) - 1]
        return Location(location.path, line)

    return replace(
        reading,
        sightings=tuple(replace(each, location=each.location and at(each.location)) for each in reading.sightings),
        indexes=tuple(replace(each, location=at(each.location)) for each in reading.indexes),
        problems=tuple(replace(each, location=at(each.location)) for each in reading.problems),
    )
