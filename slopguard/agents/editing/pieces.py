"""Finding the piece of a text that an edit replaces, as leniently as the tools that carry it out.

Tools forgive white space: at line ends, then in front of lines, then typographic quotes and dashes for plain ones.
Invariants: pure; what is found exactly is never looked for leniently; time is linear in the length of the text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_TYPOGRAPHIC = str.maketrans("‘’‚‛“”„‟‐‑‒–—―−\u00a0\u202f", "''''\"\"\"\"-------  ")  # noqa: RUF001 (to be replaced)
_LEVELS: tuple[Callable[[str], str], ...] = (
    str.rstrip,
    str.strip,
    lambda line: line.strip().translate(_TYPOGRAPHIC),
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a piece stands.

    Args:
        start: offset of its first character.
        end: offset behind its last one.
        alone: whether it stands nowhere else behind the place that was searched from.
    """

    start: int
    end: int
    alone: bool = True


def find(text: str, piece: str, start: int = 0) -> Found | None:
    """Where `piece` stands, at `start` or behind it if it stands there at all.

    Whole lines are looked for as lines first: a patch never means the end of a longer one.
    """
    starts = (start, 0) if start else (0,)
    for at in starts:
        found = _whole(text, piece, at) or _exactly(text, piece, at)
        if found:
            return found
    levels = (_lines(text, piece, at, level) for level in _LEVELS for at in starts)
    return next((found for found in levels if found), None)


def _whole(text: str, piece: str, start: int) -> Found | None:
    """The lines that are exactly those of `piece`, if that ends with a line."""
    if not piece.endswith("\n"):
        return None
    padded = f"\n{text}" if text.endswith("\n") else f"\n{text}\n"
    at = padded.find(f"\n{piece}", start)
    if at < 0:
        return None
    return Found(at, min(at + len(piece), len(text)), padded.find(f"\n{piece}", at + 1) < 0)


def _exactly(text: str, piece: str, start: int) -> Found | None:
    at = text.find(piece, start)
    return None if at < 0 else Found(at, at + len(piece), text.find(piece, at + 1) < 0)


def _lines(text: str, piece: str, start: int, plain: Callable[[str], str]) -> Found | None:
    """The lines that are those of `piece`, each made `plain`."""
    ends = piece.endswith("\n")
    wanted = [plain(line) for line in piece.removesuffix("\n").split("\n")]
    if not any(wanted):
        return None
    start = text.rfind("\n", 0, start) + 1  # whole lines
    lines = text[start:].split("\n")
    joined, needle = "\n".join(("", *map(plain, lines), "")), "\n".join(("", *wanted, ""))
    at = joined.find(needle)
    if at < 0:
        return None
    first = joined.count("\n", 0, at)
    begin = start + sum(len(line) + 1 for line in lines[:first])
    size = sum(len(line) + 1 for line in lines[first : first + len(wanted)]) - (not ends)
    return Found(begin, min(begin + size, len(text)), joined.find(needle, at + 1) < 0)
