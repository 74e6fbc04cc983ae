"""pip's requirement and constraint files, with the files they include.

Lines, comments, continuations, options and `${NAME}` are read exactly as pip reads them (the tests hold this reader
against pip's own). Invariants: where uv sees a line or an include that pip does not, both are read; an include is read
at most once as requirements and once as constraints; a line that pip would ignore in part, or a variable nobody can
know, is a `Problem`.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from slopguard.errors import InputError
from slopguard.model import Layer, Location, Sighting, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places, spec
from slopguard.readers.interface import NOWHERE, Context, IndexLine, Load, Problem, Reading

_COMMENT = regex(r"(?:^|(?<=\s))#.*$")
_VARIABLE = regex(r"\$\{([A-Z0-9_]+)\}")
_REMOTE = regex(r"(?:https?|ftp)(?=:)", re.IGNORECASE)
_DEPTH = 50
"""Includes inside includes; pip recurses until Python stops it."""

_LONGEST = 200_000
"""Characters of options on one line; a thousand hashes take half of it."""

_HASHES = regex(r"(?:--hash[= ]sha(?:256|384|512):[0-9A-Fa-f]+ *)+")
_HASH = regex(r"sha\d+:[0-9A-Fa-f]+")
_MOST = 2000
"""Words of options on one line."""

_Values = SimpleNamespace
"""The options of a line, each by its name; those that it does not have may be missing, or `None`."""
_INCLUDE = regex(r"(-r|-c|--requirement|--constraint)[= \t][ \t]*(.+)")
_INDEX_OPTIONS = (("index_url", "default"), ("extra_index_urls", "extra"), ("find_links", "find-links"))
_REQUIREMENT_OPTIONS = frozenset({"hashes", "global_options", "config_settings"})


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a requirement file and everything it includes.

    Args:
        path: the file; relative includes start from its folder.
        load: gives the text of it and of its includes.
        context: `cwd` is where relative paths to packages start (pip's rule), `env` fills in `${NAME}`.

    Raises:
        InputError: the file cannot be loaded.
    """
    walk = _Walk(load, context)
    walk.file(path, load(path), constraint=False)
    return Reading(path, tuple(walk.sightings), tuple(walk.indexes), tuple(walk.problems))


def read_lines(path: Path, lines: Iterable[tuple[int, str]], load: Load, context: Context = NOWHERE) -> Reading:
    """Read requirement lines that stand in a file of another kind.

    Args:
        path: that file; includes start from its folder.
        lines: each with the number of the line it stands on.
        load: gives the text of includes.
    """
    walk = _Walk(load, context)
    for number, text in lines:
        for _, line in logical_lines(text):
            walk.line(path, walk.expanded(line, Location(str(path), number)), number, constraint=False)
    return Reading(path, tuple(walk.sightings), tuple(walk.indexes), tuple(walk.problems))


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines as pip joins and strips them, each with the number of its first physical line."""
    held: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        start = start if held else number
        comment = re.match(r"\s*#", line)
        if line.endswith("\\") and not comment:
            held.append(line.strip("\\"))
            continue
        yield from _bare(start, "".join([*held, " " + line if comment else line]))
        held = []
    if held:
        yield from _bare(start, "".join(held))


def _anyones_lines(text: str) -> list[tuple[int, str]]:
    """Pip's lines, and those that only uv sees: a backslash that ends a comment continues the line for pip alone."""
    lines = list(logical_lines(text))
    physical = text.splitlines()
    if not any("#" in line and line.endswith("\\") for line in physical):
        return lines
    cut = [line.rstrip("\\") if _COMMENT.search(line) else line for line in physical]
    known = set(lines)
    return lines + [line for line in logical_lines("\n".join(cut)) if line not in known]


def _bare(number: int, line: str) -> Iterator[tuple[int, str]]:
    if line := _COMMENT.sub("", line, count=1).strip():
        yield number, line


@dataclass(slots=True)
class _Walk:
    """What is gathered on the way through a file and its includes."""

    load: Load
    context: Context
    sightings: list[Sighting] = field(default_factory=list)
    indexes: list[IndexLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: set[tuple[str, bool]] = field(default_factory=set)
    depth: int = 0

    def file(self, path: Path, text: str, *, constraint: bool) -> None:
        """Read one file's text."""
        self.seen.add((os.path.normpath(path), constraint))
        for number, line in _anyones_lines(text):
            self.line(path, self.expanded(line, Location(str(path), number)), number, constraint)

    def expanded(self, line: str, location: Location) -> str:
        """The line with `${NAME}` filled in as pip does: unset or empty variables stay as written."""
        env = self.context.env
        if env is None:
            if _VARIABLE.search(line):
                self.problem("undecidable", location)
            return line
        for name in _VARIABLE.findall(line):
            line = line.replace(f"${{{name}}}", env.get(name) or f"${{{name}}}")
        return line

    def line(self, path: Path, line: str, number: int, constraint: bool) -> None:
        """Read one logical line."""
        location = Location(str(path), number)
        head, options = _split(line)
        try:
            values, rest = _parsed(options)
        except ValueError:
            self.problem("unsupported-option", location)
            values, rest = _Values(), []
        if rest:
            self.problem("unsupported-option", location)  # pip drops words after an option
        if head:
            self.requirement(head, values, location, constraint, editable=False)
        elif editables := _list(values, "editables"):
            self.requirement(editables[0], values, location, constraint, editable=True)
        else:
            self.options(path, values, location)
            self.spaced_include(path, options, location)

    def requirement(self, text: str, values: _Values, location: Location, constraint: bool, *, editable: bool) -> None:
        """Take up a requirement; of its options only those for one requirement count."""
        cwd = self.context.cwd or Path(location.path).parent
        found = spec.pypi(text, cwd, location=location, editable=editable)
        extra = dict(found.extra)
        if constraint:
            registry = found.source.kind is SourceKind.REGISTRY
            extra |= {"constraint": "1"} if registry else {"group": "constraints"}
        digests = frozenset(value.lower() for value in _list(values, "hashes"))
        self.sightings.append(
            Sighting(
                found.ecosystem,
                found.raw,
                found.specifier,
                found.version,
                found.digests | digests,
                found.source,
                location,
                extra,
            )
        )
        used = {name for name, value in vars(values).items() if value}
        used -= _REQUIREMENT_OPTIONS | ({"editables"} if editable else set())
        if used or (editable and len(values.editables) > 1):
            self.problem("unsupported-option", location)  # pip ignores it, silently

    def options(self, path: Path, values: _Values, location: Location) -> None:
        """Take up a line of options only."""
        for name, kind in _INDEX_OPTIONS:
            value = getattr(values, name, None)
            for url in [value] if isinstance(value, str) else value or ():
                self.indexes.append(IndexLine(places.clean(url), kind, None, Layer.PROJECT, location))
        if _list(values, "trusted_hosts") or getattr(values, "no_require_hashes", False):
            self.problem("settings-loosened", location)
        includes = [(name, False) for name in _list(values, "requirements")]
        includes += [(name, True) for name in _list(values, "constraints")]
        if len(includes) > 1:
            self.problem("unsupported-option", location)  # pip follows the first one only
        if includes:
            self.include(path, includes[0][0], location, constraint=includes[0][1])

    def spaced_include(self, path: Path, options: str, location: Location) -> None:
        """Follow an include whose name has spaces: uv takes the rest of the line, pip the first word."""
        found = _INCLUDE.fullmatch(options)
        if found and " " in found[2] and found[2][0] not in "\"'":
            self.include(path, found[2], location, constraint=found[1] in ("-c", "--constraint"))

    def include(self, path: Path, name: str, location: Location, *, constraint: bool) -> None:
        """Follow `-r` or `-c`; what cannot be followed is a problem of the line that asks for it."""
        if _REMOTE.match(name) or self.depth >= _DEPTH:
            self.problem("undecidable", location)
            return
        target = Path(places.file_path(name)) if name.lower().startswith("file:") else path.parent / name
        if (os.path.normpath(target), constraint) in self.seen:
            return
        try:
            text = self.load(target)
        except InputError:
            self.problem("missing-include", location)
            return
        self.depth += 1
        self.file(target, text, constraint=constraint)
        self.depth -= 1

    def problem(self, code: str, location: Location) -> None:
        """Note, once, that the line leads past the guard or cannot be decided."""
        found = Problem(code, location)
        if found not in self.problems[-3:]:
            self.problems.append(found)


def _parsed(options: str) -> tuple[_Values, list[str]]:
    """The options of a line, and the words that belong to none.

    Raises:
        ValueError: they are no options of pip's.
    """
    if _HASHES.fullmatch(options):  # nearly every line of a locked file
        return _Values(hashes=_HASH.findall(options)), []
    if not options:
        return _Values(), []
    from slopguard.readers.requirement_options import PARSER  # most lines have none

    found, rest = PARSER.parse_args(_words(options))
    return _Values(**vars(found)), rest


def _words(options: str) -> list[str]:
    """The words of a line's options.

    Raises:
        ValueError: a quote is not closed, or they are more or longer than anybody writes: the time `shlex` takes
            grows with the square of a word, that of `optparse` with the square of their number.
    """
    if len(options) > _LONGEST:
        raise ValueError
    words = shlex.split(options)
    if len(words) > _MOST:
        raise ValueError
    return words


def _list(values: _Values, name: str) -> list[str]:
    """The values of an option that may be repeated."""
    return getattr(values, name, None) or []


def _split(line: str) -> tuple[str, str]:
    """The requirement and the options of a line: options begin at the first word that starts with a hyphen."""
    words = line.split(" ")
    first = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    return " ".join(words[:first]), " ".join(words[first:])
