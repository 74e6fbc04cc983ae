"""A shell script as steps, line by line, for text that no grammar covers: broken scripts, PowerShell, batch files.

Invariants: every text yields steps; time is linear; what looks like a command is one, so that an odd line hides
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from slopguard.clients.argv import listed
from slopguard.commands.steps import ASSIGNMENT, Assign, Feed, Loop, Nested, Raw, Simple, Step
from slopguard.commands.words import closing
from slopguard.patterns import regex

_TOKEN = regex(
    r"""(?P<space>[ \t]+)|(?P<comment>\#[^\n]*)|(?P<heredoc><<-?[ \t]*(?P<quote>["']?)(?P<end>[\w.-]+)(?P=quote))"""
    r"""|(?P<redirect>\d?(?:>>?[|&]?|<&?|&>>?)(?!\())|(?P<operator>\|\||&&|;;|[;&|\n(){}])|(?P<word>.)""",
    re.DOTALL,
)
_PART = regex(
    r"""'[^'\n]*'|\$'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\\.?|(?P<open>\$\(|\$\{|[<>]\(|\{(?=[^\s{}]*[,.]))"""
    r"""|`(?:[^`\\\n]|\\.)*`|[^\s'"\\$`;&|<>(){}]+|(?P<stop>[\s;&|<>()])|[{}$'"`]""",
    re.DOTALL,
)
_KEYWORDS = listed("if then else elif fi do done while until ! { } case esac time begin end try catch")
_SUBSTITUTION = regex(r"""[$<>]\(|`""")


def steps(text: str, line: int) -> Iterator[Step]:
    """What a text does, in order.

    Args:
        line: the line on which it begins.
    """
    return _Loose(text, line).all()


class _Loose:
    """A position in a text, and the command gathered so far."""

    def __init__(self, text: str, line: int) -> None:
        self._text = text
        self._line = line
        self.at = 0
        self._piped: Feed | None = None

    def all(self) -> Iterator[Step]:
        """Every step."""
        while self.at < len(self._text):
            yield from self.statement()

    def statement(self) -> Iterator[Step]:
        """The next command, up to what ends it."""
        words: list[Raw] = []
        feed, sink = self._piped, None
        ends: list[str] = []
        operator = ""
        while self.at < len(self._text) and not operator:
            found = _TOKEN.match(self._text, self.at)
            assert found is not None  # the last alternative takes any character
            kind = found.lastgroup
            if kind in ("space", "comment"):
                self._pass(found.end())
            elif found["heredoc"]:
                ends.append(found["end"])
                self._pass(found.end())
            elif kind == "redirect":
                self._pass(found.end())
                target = self._target()
                if found[0].endswith("<"):
                    feed = Feed(file=True, line=self._line)
                elif not found[0].startswith("2") and "&" not in found[0][1:]:
                    sink = target
            elif kind == "operator" and not (found[0] in "{}" and self._glued(found[0])):
                operator = found[0]
                self._pass(found.end())
            else:
                words.append(self._word())
        for end in ends:
            feed = self._heredoc(end, operator)
        yield from self._said(words, feed, sink, operator)

    def _said(self, words: list[Raw], feed: Feed | None, sink: Raw | None, operator: str) -> Iterator[Step]:
        """The steps of one command."""
        self._piped = None
        while words and words[0].text in _KEYWORDS:
            words = words[1:]
        for word in words:
            yield from _nested(word)
        if [w.text for w in words[:3:2]] == ["for", "in"]:
            yield Loop(words[1].text, tuple(words[3:]))
            return
        assignments = _leading(words)
        rest = words[len(assignments) :]
        if not rest or rest[0].text in ("export", "declare", "local", "readonly", "typeset"):
            found = [*assignments, *rest[1:]]
            yield from (Assign(raw, maybe=True) for raw in found if ASSIGNMENT.fullmatch(raw.text))
            return
        command = Simple(tuple(rest), tuple(assignments), feed, sink, words[0].line)
        if operator == "|":
            self._piped = Feed(source=command, line=self._line)
        yield command

    def _glued(self, bracket: str) -> bool:
        """Whether a brace belongs to a word: `{a,b}`."""
        if bracket == "}":
            return False
        inside = re.compile(r"\{[^\s{}]*(?:,|\.\.)[^\s{}]*\}").match(self._text, self.at)
        return inside is not None

    def _word(self) -> Raw:
        """The word that begins here."""
        start, line = self.at, self._line
        end = start
        while end < len(self._text):
            found = _PART.match(self._text, end)
            if not found or (found["stop"] and end > start):
                break
            end = closing(self._text, found.end() - 1) if found["open"] else found.end()
            if found["stop"]:
                break
        text = self._text[start : max(end, start + 1)]
        self._pass(max(end, start + 1))
        return Raw(text, line)

    def _target(self) -> Raw | None:
        """The file that a redirection names."""
        while self.at < len(self._text) and self._text[self.at] in " \t":
            self.at += 1
        if self.at >= len(self._text) or self._text[self.at] in "\n;&|()":
            return None
        if self._text[self.at] in "<>" and self._text[self.at + 1 : self.at + 2] != "(":
            return None
        return self._word()

    def _heredoc(self, end: str, operator: str) -> Feed:
        """The lines up to `end`, which are no commands."""
        if operator != "\n":
            stop = self._text.find("\n", self.at)
            rest = len(self._text) if stop < 0 else stop + 1
            return Feed(text=None, line=self._line) if rest >= len(self._text) else self._lines(rest, end)
        return self._lines(self.at, end)

    def _lines(self, start: int, end: str) -> Feed:
        """The heredoc that begins at `start`; it is cut out of what is still to be read."""
        found = re.compile(rf"^[ \t]*{re.escape(end)}[ \t]*$", re.M).search(self._text, start)
        body = self._text[start : found.start() if found else len(self._text)]
        line = self._line + self._text.count("\n", self.at, start)
        if start == self.at:
            self._pass(found.end() if found else len(self._text))
        return Feed(body, line)

    def _pass(self, at: int) -> None:
        self._line += self._text.count("\n", self.at, at)
        self.at = at


def split(text: str, line: int) -> list[Raw]:
    """The words of a list, as in an array."""
    reader = _Loose(text, line)
    found: list[Raw] = []
    for step in reader.all():
        found += [*step.assignments, *step.words] if isinstance(step, Simple) else []
    return found


def _leading(words: list[Raw]) -> list[Raw]:
    """`NAME=value` in front of a command."""
    found: list[Raw] = []
    for word in words:
        if not ASSIGNMENT.fullmatch(word.text):
            break
        found.append(word)
    return found


def _nested(word: Raw) -> Iterator[Step]:
    """The commands in the middle of a word."""
    at = 0
    while found := _SUBSTITUTION.search(word.text, at):
        if found[0] == "`":
            stop = word.text.find("`", found.end())
            at = len(word.text) if stop < 0 else stop + 1
            inside = word.text[found.end() : at].removesuffix("`")
        else:
            at = closing(word.text, found.end() - 1)
            inside = word.text[found.end() : at].removesuffix(")")
        if inside.strip():
            yield Nested(Raw(inside, word.line + word.text.count("\n", 0, found.start())))
