"""Where in a piece of prose commands stand.

A command is what a delimiter sets apart (backticks, quotes, `<code>`), what stands alone on a line (after a prompt, a
bullet, a comment mark), or what the words before it announce (`Run: `, `install it with `). The last two end where a
sentence goes on.
Invariants: pure; every piece holds a client's name; pieces come in order and do not overlap; linear in the text.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from slopguard.commands import sentences
from slopguard.commands.mention import CLIENT, FRONT, START
from slopguard.patterns import regex

_LONGEST = 4_000
"""No command in prose is longer, in characters."""
_LEFT = 300
"""So much is looked at in front of a command, in characters."""
_MARKS = regex(
    r"[ \t]*(?:(?:[-*+>|#%$!;\u2022]+|\.\.|\[[ xX]\]|<!--+|//|/\*+|--?>|\d{1,3}[.)]|PS[^>\n]{0,80}>"
    r"|[A-Za-z]:[^>\n]{0,80}>|In \[\d*\]:"
    r"|\([\w.-]+\)|\[[^\]\n]{0,60}\][$#]|[\w.@-]+(?::[^\s$#]*)?[$#]|REM|RUN(?:[ \t]+--\w+=\S+)*|CMD"
    r"|(?:- )?\"?(?:run|script|command|init|cmd|install|setup)\"?:)[ \t]+|[!%@\"'(])*"
)
"""What may stand on a line before its command: bullets, marks of quotation and comment, prompts, a key of YAML."""
_SHELL = regex(
    r"\$[ \t]|\w+=\S|(?:docker|podman|kubectl|cd|source|conda|mamba|micromamba|git|export|ssh|codex|claude|gemini|node"
    r"|yes|curl|apt|apt-get|apk|brew|pyenv|hatch|tox|nohup|bash|sh|\.|if|for|while|until|then|do)[ \t]"
)
"""How a line of a shell begins, that is no client's."""
_WRAPPER = regex(
    r"(?:\w+=\S+[ \t]+)*\$?[a-z][\w.-]*(?:[ \t]+(?:run|exec|shell|x|with))?"
    r"(?:[ \t]+-(?:[^\s$\"'`]|\$\([^)\n]*\))+(?:[ \t]+(?!-)(?:[^\s$\"'`,;]|\$\([^)\n]*\))+)?)*[ \t]+",
    re.ASCII,
)
"""A program that could start what follows it."""
_QUOTE = regex(r"([\"'\u201c\u2018\u00ab\u201e`*]+)(?:[$!%>][ \t]*|[ \t]*|RUN[ \t]+)$")
_CLOSING = {"\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb", "\u201e": "\u201c"}
_TAG = regex(r"</?[A-Za-z][^<>\n]*>[ \t]*(?:[$!%][ \t]*)?$")
_BREAK = regex(r"(?<![\\^`])\n[ \t]*")
_FULL_STOP = regex(r"(?<=[\w\])])[.,;:!?]+$")
"""What English puts in front of a closing quotation mark."""
_LIST = regex(rf"{CLIENT}(?:[ \t]+{CLIENT}){{2}}")
"""Clients that are listed, not used."""
_OPEN = regex(r"[ \t](?:install|add|dlx)(?:[ \t]+--?\w+)*[ \t]*$")
"""How a command ends that has yet to say what it installs."""
_NAME = regex(r"[ \t]*[a-z@]")
_OR = regex(r"[ \t]+/(?=[ \t])")
_JOINED = regex(r"(?:\\|(?<=[ \t])[\^`])[ \t]*\r?\n")
_ROLE = regex(
    r"\.\.[ \t]+_`*$|[:{](?:\w+:)?(?:ref|doc|term|any|class|func|meth|mod|attr|option|envvar|pypi|issue)[:}]`*$"
)
"""What makes a code span of a document the name of something in it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A command in a text: where it begins and ends, and what a shell would be given."""

    start: int
    end: int
    command: str


def pieces(text: str) -> Iterator[Piece]:
    """Every command, in order."""
    flat = _JOINED.sub(lambda found: " " * len(found[0]), text).replace('\\"', ' "').replace("\\n", " \n")
    spans = _Spans(text)
    reached = 0
    for found in START.finditer(flat):
        at = found.start()
        if at >= reached and (piece := spans.holding(at) or _quoted(text, at) or _bare(text, flat, at)):
            piece = _one_of(piece, flat, at)
            reached = max(piece.end, found.end())
            if len(piece.command.split(None, 1)) > 1:
                yield piece


def _one_of(piece: Piece, flat: str, at: int) -> Piece:
    """The one at `at` of those that a slash between blanks sets against each other: `npm i x / yarn add x`."""
    slash = _OR.search(piece.command)
    if slash is None:
        return piece
    after = _OR.search(flat, at, piece.end)
    end = after.start() if after else piece.end
    if _OR.search(flat, piece.start, at):
        return Piece(at, end, flat[at:end])
    return Piece(piece.start, end, piece.command[: slash.start()])


class _Spans:
    """The code spans of a text: from a run of backticks to the next one as long."""

    def __init__(self, text: str) -> None:
        self._text = text
        runs = [(found.start(), found.end()) for found in re.finditer("`+", text)]
        following: dict[int, int] = {}
        after: dict[int, int] = {}
        for at in range(len(runs) - 1, -1, -1):
            length = runs[at][1] - runs[at][0]
            if length in following:
                after[at] = following[length]
            following[length] = at
        self._starts: list[int] = []
        self._ends: list[int] = []
        at = 0
        while at < len(runs):
            if at in after:
                self._starts.append(runs[at][1])
                self._ends.append(runs[after[at]][0])
            at = after.get(at, at) + 1

    def holding(self, at: int) -> Piece | None:
        """The span around an offset, if what stands in it before that reads like a command's beginning."""
        number = bisect_right(self._starts, at) - 1
        if number < 0 or self._ends[number] <= at:
            return None
        start, end = self._starts[number], min(self._ends[number], self._starts[number] + _LONGEST)
        before = self._text[start : min(at, start + _LEFT)]
        if _ROLE.search(self._text, max(start - 40, 0), start):
            return None
        marks = _MARKS.match(before)
        begun = marks.end() if marks else 0
        rest = before[begun:]
        if not (FRONT.fullmatch(rest) or _SHELL.match(rest) or _WRAPPER.fullmatch(rest) or sentences.operated(rest)):
            return None
        return Piece(start + begun, end, _BREAK.sub(_one_line, self._text[start + begun : end]))


def _one_line(found: re.Match[str]) -> str:
    """A line break in a code span is a blank, unless a command begins behind it."""
    return found[0] if START.match(found.string, found.end()) else " "


def _quoted(text: str, at: int) -> Piece | None:
    """The command that a quotation mark or a tag stands directly in front of."""
    before = text[max(at - _LEFT, 0) : at]
    if _TAG.search(before):
        end = _before(text, "<", at)
        return Piece(at, end, html.unescape(text[at:end]))
    mark = _QUOTE.search(before)
    if not mark or _ROLE.search(before[: mark.end(1)]):
        return None
    opening = mark[1][-1]
    closing = _CLOSING.get(opening, opening)
    closed = re.compile(rf"(?:[^{closing}\\]|\\[^nr])*", re.DOTALL).match(text, at, min(at + _LONGEST, len(text)))
    assert closed is not None  # it may be empty
    end = closed.end()
    if text[end : end + 1] not in (closing, "\\"):
        return None
    if opening == "*":  # stressed words: a command, or the heading of what is said of one
        end, _ = sentences.end(text, at, end)
    command = _FULL_STOP.sub("", text[at:end].replace(f"\\{opening}", opening))
    if re.match(r"[\"'`][ \t]*(?:\+|%|\.format\b|\.concat\b)", text[end : end + 20]):
        command += " ${joined}"
    return Piece(at, end, command)


def _before(text: str, letter: str, at: int) -> int:
    """The offset of a letter after `at`, or of the end of the line."""
    line = _line_end(text, at)
    found = text.find(letter, at, line)
    return found if found >= 0 else line


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at, at + _LONGEST)
    if found < 0 and at + _LONGEST < len(text):
        return max(text.rfind(" ", at, at + _LONGEST), at)  # a word that is cut off would be another name
    return found if found >= 0 else len(text)


def _bare(text: str, flat: str, at: int) -> Piece | None:
    """The command that nothing sets apart but its line, or the words in front of it."""
    line = max(flat.rfind("\n", max(at - _LEFT, 0), at) + 1, at - _LEFT, 0)
    whole_line = line == 0 or flat[line - 1] == "\n"
    marks = _MARKS.match(flat, line, at)
    begun = marks.end() if marks else line
    before = flat[begun:at]
    limit = _line_end(flat, at)
    if _LIST.match(flat, at, limit):
        return Piece(at, limit, "")
    if whole_line and (FRONT.fullmatch(before) or _SHELL.match(before)):
        return _alone(text, flat, begun, at)
    wraps = whole_line and _WRAPPER.fullmatch(before) and not sentences.speaks(before)
    if not wraps and not sentences.introduced(before):
        return None
    end, sentence = sentences.end(flat, at, limit)
    if not wraps and not sentence and (wrapped := _wrapped(text, flat, at, limit)):
        return wrapped
    return None if wraps and sentence and not sentences.introduced(before) else Piece(at, end, text[at:end])


def _wrapped(text: str, flat: str, at: int, limit: int) -> Piece | None:
    """The command of a sentence whose line ends behind `install`, so that the next one begins with the packages."""
    if not _OPEN.search(flat, at, limit) or not _NAME.match(flat, limit + 1):
        return None
    end, _ = sentences.end(flat, limit + 1, _line_end(flat, limit + 1))
    return Piece(at, end, text[at:end].replace("\n", " ")) if end > limit + 1 else None


def _alone(text: str, flat: str, begun: int, at: int) -> Piece | None:
    """The command that has a line to itself, from where it begins; only so far as no sentence goes on."""
    limit = _line_end(flat, at)
    end, sentence = sentences.end(flat, at, limit)
    if sentence and FRONT.fullmatch(flat, begun, at) and sentences.loose(flat[at:end]):
        return None
    whole, broken = sentences.end(flat, begun, limit)
    return Piece(begun, limit, text[begun:limit]) if not broken else Piece(begun, end, text[begun : max(end, whole)])
