"""The instructions of a Dockerfile, with their continuations, comments and heredocs.

Invariant: the text of an instruction has the lines of the file, so that what is found in it has its place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from slopguard.patterns import regex

_DIRECTIVE = regex(r"#\s*(\w+)\s*=\s*(\S+)\s*$")
_KEYWORD = regex(r"\s*([A-Za-z]+)(?=\s|\\?$)")
_HEREDOC = regex(r"(?<!<)<<(-?)([\"']?)([A-Za-z_][\w./-]*)\2(?![\w\"'])")
_WITH_HEREDOC = frozenset(("RUN", "COPY", "ADD"))


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A file written in a Dockerfile.

    Args:
        name: the word that ends it.
        line: the 1-based line of its first line.
        text: what it says.
    """

    name: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    Args:
        keyword: in capitals.
        line: the 1-based line on which it begins.
        text: what follows the keyword, lines as in the file, heredocs included; a continued line ends in a backslash.
        heredocs: the files written in it.
    """

    keyword: str
    line: int
    text: str
    heredocs: tuple[Heredoc, ...] = ()

    @property
    def joined(self) -> str:
        """The text with its continued lines as one."""
        return self.text.replace("\\\n", "")

    def cut(self, end: int) -> Instruction:
        """The instruction without the first `end` characters of its text; its lines stay where they are."""
        return replace(self, text="\\\n" * self.text.count("\n", 0, end) + self.text[end:])


def instructions(text: str) -> Iterator[Instruction]:
    """Every instruction of a Dockerfile, in order; what is none is left out."""
    lines = text.split("\n")
    escape = _escape(lines)
    places = defaultdict(list)
    for number, line in enumerate(lines):
        places[line].append(number)
        if line.startswith("\t"):
            places[line.lstrip("\t")].append(number)
    at = 0
    while at < len(lines):
        start = at
        held, at = _continued(lines, at, escape)
        if found := _KEYWORD.match(held[0]):
            held[0] = held[0][found.end() :]
            keyword = found[1].upper()
            heredocs, end = _heredocs(held, lines, at, places) if keyword in _WITH_HEREDOC else ((), at)
            held += lines[at:end]
            at = end
            yield Instruction(keyword, start + 1, "\n".join(held), heredocs)


def _escape(lines: list[str]) -> str:
    """The character that continues a line: a directive at the very top may name it."""
    for line in lines:
        found = _DIRECTIVE.match(line)
        if not found:
            break
        if found[1].lower() == "escape":
            return found[2]
    return "\\"


def _continued(lines: list[str], at: int, escape: str) -> tuple[list[str], int]:
    """The lines of one instruction and where the next begins; comments and empty lines inside one say nothing."""
    held: list[str] = []
    while at < len(lines):
        line = lines[at].rstrip()
        at += 1
        if held and (not line or line.lstrip().startswith("#")):
            held.append("\\")
        elif line.endswith(escape) and not (not held and line.lstrip().startswith("#")):
            held.append(line[: -len(escape)] + "\\")
        else:
            held.append(line)
            break
    return held, at


def _heredocs(
    held: list[str], lines: list[str], at: int, places: dict[str, list[int]]
) -> tuple[tuple[Heredoc, ...], int]:
    """The heredocs that an instruction opens, and where they end; one that is never closed is none."""
    found = []
    for dash, _, name in _HEREDOC.findall("\n".join(held)):
        known = places.get(name, [])
        index = bisect_left(known, at)
        if index == len(known):
            continue
        body = lines[at : known[index]]
        found.append(Heredoc(name, at + 1, "\n".join(line.lstrip("\t") if dash else line for line in body)))
        at = known[index] + 1
    return tuple(found), at
