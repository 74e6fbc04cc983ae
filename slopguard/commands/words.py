"""One word of a shell command as the words it stands for: quotes taken off, constants filled in, braces multiplied.

What cannot be known without running something becomes a character of Unicode's private area, so that a command line
stays a list of plain texts and whoever reads it sees where the unknown ended up. Invariants: nothing is looked up
outside the text; time is linear in the word, but for braces, whose number and length are limited.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

from slopguard.clients.argv import listed
from slopguard.patterns import regex

MARK = "\ue000"
"""A part that nobody can know."""
BLANK = "\ue001"
"""A placeholder of a document, `<package>`: stands for nothing."""
UNSURE = "\ue002"
"""The text before it is what a variable is by default; it may be something else."""
GLOB = "\ue003"
"""`*` or `?`, unquoted: names of files, unknown."""
STREAM = "\ue004"
"""`<(command)`: a file that holds what a command writes."""
UNKNOWN = regex(f"[{MARK}{STREAM}]")
SPECIAL = regex(f"[{MARK}{BLANK}{UNSURE}{GLOB}{STREAM}]")

Value = tuple[str, ...]
"""What a variable holds: one text, or the elements of an array."""
Lookup = Callable[[str], Value | None]
"""The value of a variable, `None` where nothing is known of it."""

_FOLDERS = listed(
    "HOME PWD OLDPWD TMPDIR TEMP TMP VIRTUAL_ENV CONDA_PREFIX GITHUB_WORKSPACE RUNNER_TEMP RUNNER_TOOL_CACHE"
    " CI_PROJECT_DIR BUILD_SOURCESDIRECTORY WORKSPACE SCRIPT_DIR ROOT_DIR PROJECT_ROOT REPO_ROOT"
)
"""Variables that hold a folder wherever they are set at all."""
_BRACES = 256
"""How many words one word with braces may become."""
_LONGEST_BRACES = 4_000
_DEPTH = 8
_PIECE = regex(
    r"""(?P<single>'[^']*'?)|(?P<ansi>\$'(?:[^'\\]|\\.)*'?)|(?P<double>\$?")|(?P<escape>\\.?)|(?P<dollar>\$)"""
    r"""|(?P<tick>`)|(?P<stream>[<>=]\()|(?P<plain>[^'"\\$`<>=]+|.)""",
    re.DOTALL,
)
_INNER = regex(r"""(?P<end>")|(?P<escape>\\.?)|(?P<dollar>\$)|(?P<tick>`)|(?P<plain>[^"\\$`]+)""", re.DOTALL)
_ENCLOSED = regex(r"""'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[(){}]|[^'"\\(){}]+|.""", re.DOTALL)
_NAME = regex(r"\$([A-Za-z_]\w*|[0-9@*#?!$-])")
_BRACED = regex(r"([A-Za-z_]\w*|[0-9]+|[@*])(\[[@*]\])?(?:(:?[-=+?])(.*))?", re.DOTALL)
_FOUND = regex(r"\(\s*(?:which|command\s+-v|type\s+-[pP])\s+[\"']?([\w./+-]+)[\"']?\s*(?:2>\s*/dev/null\s*)?\)")
_MAKE_NAME = regex(r"\(([A-Za-z_]\w*)\)")
_RANGE = regex(r"(\d{1,4})\.\.(\d{1,4})")
_ANSI = regex(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}


def expand(text: str, lookup: Lookup, depth: int = 0) -> list[str]:
    """The words that one word of the source stands for; none for an unquoted variable that is empty."""
    found: list[str] = []
    for part in _braces(text):
        found += _Expansion(part, lookup, depth).run()
    return found


def names(text: str) -> list[str]:
    """The variables that a text mentions."""
    return re.findall(r"\$[{(]?([A-Za-z_]\w*|[0-9@*])", text) if "$" in text else []


def shown(text: str) -> str:
    """A text with what could not be known written so that a person may read it."""
    return text.replace(UNSURE, "").replace(GLOB, "*").replace(MARK, "$").replace(STREAM, "$").replace(BLANK, "")


def closing(text: str, start: int) -> int:
    """The offset behind the bracket that closes the one at `start`; the end of the text if none does."""
    depth = 0
    for found in _ENCLOSED.finditer(text, start):
        if found[0] in "({":
            depth += 1
        elif found[0] in ")}":
            depth -= 1
            if depth == 0:
                return found.end()
    return len(text)


class _Expansion:
    """One pass over a word."""

    def __init__(self, text: str, lookup: Lookup, depth: int) -> None:
        self._text = text
        self._lookup = lookup
        self._depth = depth
        self._words: list[str] = []
        self._current: list[str] | None = None

    def run(self) -> list[str]:
        """The words."""
        at = 0
        while at < len(self._text):
            found = _PIECE.match(self._text, at)
            assert found is not None  # the last alternative takes any character
            at = self._piece(found)
        self._end()
        return self._words

    def _piece(self, found: re.Match[str]) -> int:
        """Take up one piece; where the next one begins."""
        kind, piece = found.lastgroup, found[0]
        if kind == "double":
            return self._double(found.end())
        if kind == "dollar":
            return self._dollar(found.start(), quoted=False)
        if kind == "tick":
            return self._tick(found.start())
        if kind == "stream":
            self._add(STREAM)
            return closing(self._text, found.end() - 1)
        if kind == "single":
            self._add(piece[1:].removesuffix("'"))
        elif kind == "ansi":
            self._add(_ANSI.sub(_character, piece[2:].removesuffix("'")))
        elif kind == "escape":
            self._add(piece[1:].replace("\n", ""))
        else:
            self._add(re.sub(r"[*?]", GLOB, piece))
        return found.end()

    def _double(self, at: int) -> int:
        """A double-quoted piece from behind its first quote; the offset behind its last."""
        self._add("")
        while (found := _INNER.match(self._text, at)) and found.lastgroup != "end":
            at = found.end()
            if found.lastgroup == "dollar":
                at = self._dollar(found.start(), quoted=True)
            elif found.lastgroup == "tick":
                at = self._tick(found.start())
            elif found.lastgroup == "escape":
                self._add(_unescaped(found[0]))
            else:
                self._add(found[0])
        return at + 1

    def _tick(self, at: int) -> int:
        self._add(MARK)
        end = re.compile(r"(?:[^`\\]|\\.)*`?", re.DOTALL).match(self._text, at + 1)
        return end.end() if end else at + 1

    def _dollar(self, at: int, *, quoted: bool) -> int:
        """A variable or a substitution at `at`; where the text goes on."""
        if self._text.startswith("$$", at) and re.match(r"\$\$[{(A-Za-z_]", self._text[at : at + 3]):
            at += 1  # `$${X}`: a recipe of make's
        opened = self._text[at + 1 : at + 2]
        if opened in ("(", "{") and opened:
            end = closing(self._text, at + 1)
            inside = self._text[at + 1 : end]
            self._substitution(inside) if opened == "(" else self._braced(inside[1:].removesuffix("}"), quoted)
            return end
        found = _NAME.match(self._text, at)
        if not found:
            self._add("$")
            return at + 1
        self._variable(found[1], quoted, several=found[1] == "@")
        return found.end()

    def _substitution(self, inside: str) -> None:
        """`$(...)`: unknown, but where a program is looked for, and a variable of make's."""
        if program := _FOUND.fullmatch(inside):
            self._add(program[1])
        elif make := _MAKE_NAME.fullmatch(inside):
            self._variable(make[1], quoted=True, several=False)
        else:
            self._add(MARK)

    def _braced(self, inside: str, quoted: bool) -> None:
        """`${NAME}`, `${NAME[@]}`, `${NAME:-default}`; every other form is unknown."""
        found = _BRACED.fullmatch(inside)
        if not found:
            self._add(MARK)
            return
        value = self._lookup(found[1])
        operator = (found[3] or "")[-1:]
        if operator in ("-", "=") and operator and value is None:
            self._default(found[4])
        elif operator == "+" and value is None:
            self._add(MARK)
        elif operator == "+":
            self._default(found[4], sure=True)
        else:
            self._variable(found[1], quoted, several=bool(found[2]) or found[1] == "@")

    def _default(self, text: str, *, sure: bool = False) -> None:
        """The text for a variable that is not set, or set."""
        words = expand(text, self._lookup, self._depth + 1) if self._depth < _DEPTH else [MARK]
        self._add(" ".join(words) + ("" if sure else UNSURE))

    def _variable(self, name: str, quoted: bool, *, several: bool) -> None:
        """The value of a variable, split into words where the shell would."""
        value = self._lookup(name)
        if value is None:
            self._add(f"/${name}" if name in _FOLDERS else MARK)
        elif quoted and not several:
            self._add(" ".join(value))
        else:
            parts = list(value) if quoted else [part for each in value for part in _split(each)]
            for number, part in enumerate(parts):
                if number:
                    self._end()
                self._add(part)

    def _add(self, text: str) -> None:
        self._current = self._current or []
        self._current.append(text)

    def _end(self) -> None:
        if self._current is not None:
            self._words.append("".join(self._current))
        self._current = None


def _split(text: str) -> list[str]:
    return text.split()


def _unescaped(piece: str) -> str:
    """What a backslash and a character mean between double quotes."""
    if piece[1:] == "\n":
        return ""
    return piece[1:] if piece[1:] in ("$", "`", '"', "\\") else piece


def _character(found: re.Match[str]) -> str:
    """What an escape means between `$'` and `'`."""
    code = found[1] or found[2] or found[3]
    number = int(code, 16) if code else int(found[4], 8) if found[4] else None
    if number is not None:
        return chr(number) if number < 0x110000 else ""
    return _LETTERS.get(found[5], found[5])


def _braces(text: str) -> list[str]:
    """`a{b,c}` -> `ab`, `ac`: every combination, as a shell makes them before anything else."""
    if "{" not in text or len(text) > _LONGEST_BRACES or not re.search(r"\{[^{}]*(?:,|\.\.)", text):
        return [text]
    parts: list[list[str]] = [[""]]
    size = 1
    for piece in _brace_pieces(text):
        parts.append(piece)
        size *= len(piece)
        if size > _BRACES:
            return [MARK]
    return ["".join(each) for each in product(*parts)]


def _brace_pieces(text: str) -> list[list[str]]:
    """The text in pieces, each with its alternatives; what is quoted, or follows a dollar, has one."""
    pieces: list[list[str]] = []
    at = 0
    while at < len(text):
        if text[at] == "{" and text[at - 1 : at] != "$" and (options := _options(text, end := closing(text, at), at)):
            pieces.append(options)
            at = end
            continue
        found = _ENCLOSED.match(text, at)
        assert found is not None  # it takes any character
        after = closing(text, at) if found[0] == "{" and text[at - 1 : at] == "$" else found.end()
        pieces.append([text[at:after]])
        at = after
    return pieces


def _options(text: str, end: int, start: int) -> list[str]:
    """The alternatives between two braces; none if they are no brace expansion."""
    inside = text[start + 1 : end - 1]
    if numbers := _RANGE.fullmatch(inside):
        first, last = int(numbers[1]), int(numbers[2])
        return [str(n) for n in range(first, last + 1)] if abs(last - first) < _BRACES else [MARK]
    options, depth, begun = [], 0, 0
    for found in _ENCLOSED.finditer(inside):
        if found[0] in "({":
            depth += 1
        elif found[0] in ")}":
            depth -= 1
        elif depth == 0 and "," in found[0] and found[0][0] not in "'\"\\":
            for comma in re.finditer(",", found[0]):
                options.append(inside[begun : found.start() + comma.start()])
                begun = found.start() + comma.end()
    if not options or text[end - 1 : end] != "}":
        return []
    return [flat for each in [*options, inside[begun:]] for flat in _braces(each)]
