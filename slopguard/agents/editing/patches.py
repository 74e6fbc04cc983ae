"""Patches as models write them: Codex's `*** Begin Patch` envelope, and unified diffs.

What stands around a patch (a here-document, a fence, a sentence) is skipped, and so are line numbers and counts, which
models get wrong. Invariants: pure and total; time is linear; a part that cannot be read is an edit that says so
(`unread`), never one that is left out. A move is the removal of the old file directly followed by the edit of the new.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from slopguard.agents.model import Edit, Replacement
from slopguard.patterns import regex

_HEADER = regex(r"\*\*\* (Add|Update|Delete) File: ?(.*)")
_MOVE = regex(r"\*\*\* Move to: ?(.*)")
_OUTSIDE = regex(r"\*\*\* (?:Begin|End) Patch\s*$")
_END_OF_FILE = "*** End of File"
_GIT = regex(r'diff --git (?:"?a/(.+?)"? "?b/(.+?)"?|(\S+) (\S+))\s*$')
_RENAME = regex(r"(?:rename|copy) (from|to) (.*)")
_BINARY = regex(r"Binary files .* differ|GIT binary patch")
_NOWHERE = "/dev/null"
_QUOTED = regex(r"\\([0-7]{3}|.)")
_ESCAPES = {"n": "\n", "t": "\t"}


def parse(text: str) -> tuple[Edit, ...]:
    """What a patch does to each file, in order; one edit without a path for a text that is no patch."""
    lines = text.replace("\r\n", "\n").split("\n")
    found: tuple[Edit, ...] = ()
    if any(_HEADER.match(line.lstrip()) for line in lines):
        found = tuple(_envelope(lines))
    elif any(line.startswith(("--- ", "diff --git ")) for line in lines):
        found = tuple(_diff(lines))
    return found or ((Edit("", unread=True),) if text.strip() else ())


@dataclass(slots=True)
class _Hunk:
    """Lines that follow each other, as they were and as they will be."""

    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)

    def take(self, line: str) -> bool:
        """Take one line of a patch; `False` if it is none."""
        sign, rest = line[:1], line[1:]
        if sign in ("", " ", "-"):
            self.old.append(rest)
        if sign in ("", " ", "+"):
            self.new.append(rest)
        return sign in ("", " ", "-", "+")

    def replacement(self) -> Replacement | None:
        """What it replaces; `None` if it changes nothing."""
        while self.old and self.new and self.old[-1] == self.new[-1] == "":
            del self.old[-1], self.new[-1]  # blank lines between parts of a patch belong to neither
        return Replacement(_text(self.old), _text(self.new)) if self.old != self.new else None


@dataclass(slots=True)
class _File:
    """One file of a patch while it is read.

    Args:
        path: what it is called before.
        target: what it is called afterwards; `""` if it goes away.
        fresh: there was none before.
    """

    path: str
    target: str
    fresh: bool = False
    unread: bool = False
    hunks: list[_Hunk] = field(default_factory=list)

    def take(self, line: str) -> None:
        """Take one line of a hunk."""
        if not self.hunks:
            self.hunks.append(_Hunk())
        if not self.hunks[-1].take(line):
            self.unread = True

    def edits(self) -> Iterator[Edit]:
        """What becomes of it."""
        if self.path != self.target and not self.fresh:
            yield Edit(self.path, removed=True)
        if not self.target:
            return
        if self.fresh:
            yield Edit(self.target, content="".join(_text(hunk.new) for hunk in self.hunks), unread=self.unread)
            return
        pieces = tuple(piece for hunk in self.hunks if (piece := hunk.replacement()))
        yield Edit(self.target, replacements=pieces, unread=self.unread)


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _envelope(lines: Iterable[str]) -> Iterator[Edit]:
    """The edits of Codex's format."""
    file: _File | None = None
    for line in lines:
        updating = file is not None and not file.fresh
        plain = line if updating else line.lstrip()  # a context line may well say `*** Add File:`
        header, outside = _HEADER.match(plain), _OUTSIDE.match(plain)
        if header or outside:
            if file:
                yield from file.edits()
            file = _headed(header[1], header[2].strip()) if header else None
        elif file:
            _in_envelope(file, line)
    if file:
        yield from file.edits()


def _headed(does: str, path: str) -> _File:
    return _File(path, "" if does == "Delete" else path, fresh=does == "Add", unread=not path)


def _in_envelope(file: _File, line: str) -> None:
    """Take one line below the header of a file."""
    moved = _MOVE.match(line)
    if moved and not file.hunks and not file.fresh:
        file.target = moved[1].strip()
    elif line.rstrip() == _END_OF_FILE or not file.target:
        return
    elif file.fresh:
        if line.startswith("+"):
            file.take(line)
        elif line.strip():
            file.unread = True
    elif line.startswith("@@"):
        file.hunks.append(_Hunk())
    else:
        file.take(line)


def _diff(lines: Sequence[str]) -> Iterator[Edit]:
    """The edits of a unified diff."""
    file: _File | None = None
    inside = False  # whether a hunk of the file has begun
    skip = False
    for at, line in enumerate(lines):
        if skip:
            skip = False
            continue
        names = _names(lines, at, inside=inside)
        begins = _GIT.match(line)
        if names or begins:
            same = names and file is not None and not inside and not file.hunks
            if file and not same:
                yield from file.edits()
            file = _named(*names) if names else _begun(begins)
            inside, skip = False, bool(names)
        elif file:
            inside = _in_diff(file, line, inside=inside)
    if file:
        yield from file.edits()


def _names(lines: Sequence[str], at: int, *, inside: bool) -> tuple[str, str] | None:
    """The two names of a file, if its `---` and `+++` stand at a line; inside a hunk these may be changed lines."""
    if not lines[at].startswith("--- ") or at + 1 >= len(lines) or not lines[at + 1].startswith("+++ "):
        return None
    if inside and not (at + 2 < len(lines) and lines[at + 2].startswith("@@")):
        return None
    old, new = _path(lines[at][4:]), _path(lines[at + 1][4:])
    marked = (old == _NOWHERE or old.startswith("a/")) and (new == _NOWHERE or new.startswith("b/"))
    return (_bare(old), _bare(new)) if marked else (old, new)


def _named(old: str, new: str) -> _File:
    if old == _NOWHERE:
        return _File(new, new, fresh=True, unread=new == _NOWHERE)
    return _File(old, "" if new == _NOWHERE else new)


def _begun(found: re.Match[str] | None) -> _File:
    """The file that a line of git's own names; what is to become of it comes below."""
    assert found is not None  # one of the two is there
    old, new = (found[1], found[2]) if found[1] else (_path(found[3]), _path(found[4]))
    return _File(old, new)


def _in_diff(file: _File, line: str, *, inside: bool) -> bool:
    """Take one line below the names of a file; whether a hunk has begun."""
    if line.startswith("@@"):
        file.hunks.append(_Hunk())
        return True
    if inside:
        if line[:1] != "\\" and (line or not file.fresh):  # `\ No newline at end of file`, and a line after the patch
            file.take(line)
        return True
    renamed = _RENAME.match(line)
    if renamed and renamed[1] == "from":
        file.path = _path(renamed[2])
    elif renamed:
        file.target = _path(renamed[2])
    elif line.startswith("deleted file"):
        file.target = ""
    elif line.startswith("new file"):
        file.fresh = True
    elif _BINARY.match(line):
        file.unread = True
    return False


def _path(written: str) -> str:
    """A path without the time behind it, and without the quotes that git puts around one with special characters."""
    written = written.partition("\t")[0].strip()
    if len(written) < 2 or not written.startswith('"') or not written.endswith('"'):
        return written
    plain = _QUOTED.sub(lambda found: _unescaped(found[1]), written[1:-1])
    return plain.encode("latin-1", "replace").decode("utf-8", "replace") if plain.isascii() is False else plain


def _unescaped(escape: str) -> str:
    return chr(int(escape, 8) & 0xFF) if len(escape) == 3 else _ESCAPES.get(escape, escape)


def _bare(path: str) -> str:
    return path if path == _NOWHERE else path[2:]
