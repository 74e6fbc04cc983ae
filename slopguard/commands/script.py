"""Shell text gathered from pieces of a file, each line with the number it has there.

Invariants: what `read` finds stands at its own line of the file, however the text was put together; whatever only a run
can tell is written as `UNKNOWN` before, and nothing that holds it leaves this module but as a `Problem`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from slopguard import commands
from slopguard.commands.local_bins import fetched
from slopguard.commands.variables import Variables
from slopguard.commands.words import MARK
from slopguard.model import Location, Sighting
from slopguard.patterns import regex
from slopguard.readers.interface import Load, Problem, Reading

UNKNOWN = MARK
"""Stands in shell text for what only a run can tell, in quotes or not."""

_CLIENT = regex(
    r"pip|uv|npm|npx|pnp|yarn|bun|poetry|pdm|deno|corepack|conda|mamba|hatch|rye|tox|nox"
    r"|\b(?:pnx?|ni|nlx|lerna|ng|nx|expo|pixi)\b"
    r"|install|dlx|exec|eval|\b(?:ba|da|z|k|fi)?sh\b|<\(|\biex\b|expression|-enc"
    r"|\|[^\n|]*(?:python|pypy|node|perl|ruby|php|\bat\b|\bbatch\b)",
    re.IGNORECASE,
)
_HIDING = regex(r"[\\$`%!^\ue000]|[\w/.-][\"']+\w|[\"']{2}\w|\w\{|\}\w")
"""What could spell a client's name without writing it: escapes, expansions, quotes inside a word, braces."""

_LISTS = regex(r"requirements|constraints|package\.json|pyproject\.toml", re.IGNORECASE)
"""Parts of names of files that name packages."""

_END = "END_OF_THE_SCRIPT"
_TEMPLATE = regex(r"\{\{[^\n]{0,300}?\}\}|\{%[^\n]{0,300}?%\}|@[A-Z_]{2,50}@")


def without_templates(text: str) -> str:
    """A file made from a template (Jinja's, or with `@NAME@`), where expressions are unknown and statements nothing."""
    if "{{" not in text and "{%" not in text and "@" not in text:
        return text
    return _TEMPLATE.sub(lambda found: "" if found[0].startswith("{%") else UNKNOWN, text)


def idle(text: str) -> bool:
    """Whether a shell text can install nothing, and write nothing down to be installed.

    No client is named in it, nor is there anything to hide one behind.
    """
    writes = (">" in text or "tee" in text) and _LISTS.search(text)
    return not writes and not _CLIENT.search(text) and not _HIDING.search(text)


class Script:
    """Shell text and where its lines come from."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._numbers: list[int] = []

    def add(self, text: str, line: int) -> None:
        """Add lines that stand in the file as they are, from `line` (1-based) on."""
        found = text.split("\n")
        self._lines += found
        self._numbers += range(line, line + len(found))

    def add_at(self, text: str, line: int) -> None:
        """Add lines that all stand on one line of the file."""
        found = text.split("\n")
        self._lines += found
        self._numbers += [line] * len(found)

    def text(self) -> str:
        """The text so far."""
        return "\n".join(self._lines)

    def translated(self, translate: Callable[[str], str]) -> Script:
        """The script in another dialect; `translate` keeps the number of lines."""
        made = Script()
        made._lines = translate(self.text()).split("\n")
        made._numbers = self._numbers
        return made

    def continued(self) -> Script:
        """The lines as parts of one command."""
        made = Script()
        made._lines = [line.replace("\n", " ") + " \\" for line in self._lines[:-1]] + self._lines[-1:]
        made._numbers = self._numbers
        return made

    def given_to(self, interpreter: str) -> Script:
        """The script as what an interpreter that is no shell reads."""
        made = Script()
        made._lines = [f"{interpreter} <<'{_END}'", *self._lines, _END]
        made._numbers = [*self._numbers[:1], *self._numbers, *self._numbers[-1:]]
        return made

    def read(self, path: Path, cwd: Path, load: Load | None = None, variables: Variables | None = None) -> Reading:
        """What a shell would install on running it.

        Args:
            path: the file, for locations.
            cwd: the folder that relative paths start from.
            load: gives the manifests beside, which say what `npx` would not have to fetch.
            variables: what is set before.
        """
        text = self.text()
        if idle(text):
            return Reading(path)
        found = commands.read((variables.exports(text) if variables else "") + text, path, 1, cwd)
        found = decided(found, self._numbers)
        return fetched(found, text, cwd, load) if load else found


def shell(text: str, line: int) -> Script:
    """A script that stands in the file as it is."""
    script = Script()
    script.add(text, line)
    return script


def together(path: Path, readings: Iterable[Reading], problems: Iterable[Problem] = ()) -> Reading:
    """The readings of the parts of a file as one; what two parts share (a YAML anchor, a default) is told once.

    Sightings come in order of their lines.
    """
    parts = list(readings)
    return Reading(
        path,
        tuple(sorted(_once(each for part in parts for each in part.sightings), key=_line)),
        tuple(dict.fromkeys(each for part in parts for each in part.indexes)),
        tuple(dict.fromkeys([*(each for part in parts for each in part.problems), *problems])),
        skipped=sum(part.skipped for part in parts),
        files=tuple(dict.fromkeys(each for part in parts for each in part.files)),
    )


def is_unknown(text: str) -> bool:
    """Whether part of a text is what only a run can tell."""
    return MARK in text


def decided(found: Reading, numbers: Sequence[int]) -> Reading:
    """A reading with the file's line numbers (line 1 is `numbers[0]`), and without what holds `UNKNOWN`."""

    def place(location: Location | None) -> Location | None:
        if location is None or location.line is None:
            return location
        return Location(location.path, numbers[min(max(location.line, 1), len(numbers)) - 1])

    def placed(location: Location) -> Location:
        return place(location) or location

    problems = [Problem(each.code, placed(each.location)) for each in found.problems]
    sightings = []
    for each in found.sightings:
        at = place(each.location)
        if is_unknown(each.raw) or is_unknown(each.source.index or ""):
            problems.append(Problem("undecidable", at or Location(str(found.path))))
        elif is_unknown(each.specifier):
            sightings.append(replace(each, specifier="", version=None, location=at))
        else:
            sightings.append(replace(each, location=at))
    indexes = [replace(each, location=placed(each.location)) for each in found.indexes if not is_unknown(each.url)]
    unclear = len(indexes) < len(found.indexes)
    problems += [Problem("undecidable", placed(each.location)) for each in found.indexes if unclear]
    return replace(
        found,
        sightings=tuple(sightings),
        indexes=tuple(indexes),
        problems=tuple(dict.fromkeys(problems)),
        files=tuple(each for each in found.files if not is_unknown(str(each))),
    )


def _line(sighting: Sighting) -> int:
    """The line that a sighting stands on."""
    return (sighting.location and sighting.location.line) or 0


def _once(sightings: Iterable[Sighting]) -> Iterable[Sighting]:
    """Each sighting once, in order (they hold mappings, so a set cannot tell)."""
    seen = set()
    for each in sightings:
        key = (each.ecosystem, each.raw, each.specifier, each.location, each.source, tuple(sorted(each.extra.items())))
        if key not in seen:
            seen.add(key)
            yield each
