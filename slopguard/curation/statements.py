"""Where things stand in the text of a TOML file: its statements, and the entries they make up.

Only where: what they mean is read by a TOML parser, and whoever edits by these places reads the result again before it
is kept. Invariants: pure; the statements of a text, one after the other, are the text; the text is TOML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import tomli

from slopguard.curation.entries import ListEntry
from slopguard.curation.writing import key, quoted

_TOKEN = re.compile(
    r'"""(?:\\[\s\S]|[^\\])*?"{3,5}'
    r"|'''[\s\S]*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*|[\[{]|[\]}]|\n"
)
"""What decides where a statement ends: strings, comments, brackets and line ends."""
_PLAIN_HEADER = re.compile(r"\[([A-Za-z0-9_.-]+)\]\s*")
_REMARKS = re.compile(r"(?:[ \t]*#[^\n]*(?:\n|$))*")
_BLANK = re.compile(r"[ \t\r]*(?:\n|$)")
_FIRST_KEY = re.compile(r"""\s*("(?:\\.|[^"\\])*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*=""")


@dataclass(frozen=True, slots=True)
class Statement:
    """Whole lines of a file.

    Args:
        kind: `blank`, `comment`, `header` or `value`.
        start: where it starts in the text.
        end: where the next one starts.
    """

    kind: str
    start: int
    end: int


def statements(text: str) -> Iterator[Statement]:
    """The statements of a file, in order."""
    start = depth = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        elif mark == "\n" and depth <= 0:
            yield _statement(text, start, token.end())
            start, depth = token.end(), 0
    if start < len(text):
        yield _statement(text, start, len(text))


def _statement(text: str, start: int, end: int) -> Statement:
    first = text[start:end].lstrip()[:1]
    kind = {"": "blank", "#": "comment", "[": "header"}.get(first, "value")
    return Statement(kind, start, end)


@dataclass(frozen=True, slots=True)
class Section:
    """A header and what belongs to it.

    Args:
        path: the header's keys.
        lead: the comments directly above the header; empty for those that start the file, which are about all of it.
        head: the header.
        body: what follows, up to the last value.
    """

    path: tuple[str, ...]
    lead: tuple[Statement, ...]
    head: Statement
    body: tuple[Statement, ...]

    @property
    def start(self) -> int:
        """Where its comments start."""
        return self.lead[0].start if self.lead else self.head.start

    @property
    def end(self) -> int:
        """Where its last value ends."""
        return self.body[-1].end if self.body else self.head.end


def sections(text: str) -> list[Section]:
    """The sections of a file, in order; values before the first header are in none."""
    found = list(statements(text))
    heads = [place for place, each in enumerate(found) if each.kind == "header"]
    ends = [*heads, len(found)][1:]
    return [_section(text, found, place, end) for place, end in zip(heads, ends, strict=True)]


def _section(text: str, found: list[Statement], place: int, end: int) -> Section:
    above = place
    while above > 0 and found[above - 1].kind == "comment":
        above -= 1
    lead = tuple(found[above:place]) if above > 0 else ()
    while end > place + 1 and found[end - 1].kind != "value":
        end -= 1
    head = found[place]
    return Section(_path(text[head.start : head.end]), lead, head, tuple(found[place + 1 : end]))


def _path(line: str) -> tuple[str, ...]:
    plain = _PLAIN_HEADER.fullmatch(line)
    if plain:
        return tuple(plain[1].split("."))
    found: list[str] = []
    table = tomli.loads(line)
    while isinstance(table, dict) and table:
        name, table = next(iter(table.items()))
        found.append(name)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands.

    Args:
        section: its block, or the section that holds its line.
        line: its line, if it is one.
    """

    section: Section
    line: Statement | None = None


def find(text: str, entry: ListEntry) -> Place | None:
    """Where an entry stands: as a block of its own, or as one line; `None` if it is written in another way."""
    path = (entry.kind, entry.ecosystem.value, entry.name)
    for section in sections(text):
        if section.path == path:
            return Place(section)
        if section.path == path[:2]:
            line = _line(text, section, entry.name)
            if line:
                return Place(section, line)
    return None


def _line(text: str, section: Section, name: str) -> Statement | None:
    spellings = {key(name), quoted(name), f"'{name}'"}
    return next(
        (each for each in section.body if each.kind == "value" and key_of(text[each.start : each.end]) in spellings),
        None,
    )


def key_of(statement: str) -> str | None:
    """The key of a value as it is spelled; `None` if it is made of several with dots between."""
    found = _FIRST_KEY.match(statement)
    return found[1] if found else None


def slot(text: str, entry: ListEntry) -> int:
    """Where the block of a new entry belongs: among those of its kind and ecosystem, by name."""
    path = (entry.kind, entry.ecosystem.value, entry.name)
    found = sections(text)
    same = [place for place, each in enumerate(found) if each.path[:2] == path[:2]]
    later = next((place for place in same if found[place].path > path), None)
    if later is not None:
        return found[later].start
    behind = same[-1] + 1 if same else next((place for place, each in enumerate(found) if each.path > path), len(found))
    if behind == 0:
        return found[0].start if found else len(text)
    return _with_remarks(text, found[behind - 1].end)


def _with_remarks(text: str, end: int) -> int:
    """The end of a section with the comments directly below it."""
    found = _REMARKS.match(text, end)
    return found.end() if found and (found.end() == len(text) or _BLANK.match(text, found.end())) else end
