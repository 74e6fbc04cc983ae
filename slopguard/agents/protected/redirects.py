"""The files that a shell text redirects output to.

The grammar's steps tell one for each command; here errors, several, and those without a command count too. Invariants:
time is linear; what stands between quotes or in a heredoc is no redirection, but for the substitutions in it.
"""

from __future__ import annotations

import re

from slopguard.commands.words import closing
from slopguard.patterns import regex

_DEPTH = 8
"""How deep quoted substitutions may be inside one another."""
_TOKEN = regex(
    r"""(?P<comment>(?<![^\s;&|()])\#[^\n]*)|(?P<here><<<)|(?P<heredoc><<-?[ \t]*(?P<q>["']?)(?P<end>[\w.-]+)(?P=q))"""
    r"""|'[^']*'?|\$'(?:[^'\\]|\\.)*'?|(?P<double>"(?:[^"\\]|\\.)*"?)|\\.?|(?P<stream>[<>]\()"""
    r"""|(?P<out>&>>?|>>|>\||<>|>&?)|\n|[^\s'"\\<>&#$]+|.""",
    re.DOTALL,
)
_TARGET = regex(r"""'[^']*'|"(?:[^"\\]|\\.)*"|\\.|\$\(|`[^`]*`|[^\s'"\\;&|<>()`$]+|\$""", re.DOTALL)


def redirected(text: str, depth: int = 0) -> list[tuple[str, bool]]:
    """The words that a text redirects output to, as written, and whether output is appended."""
    found: list[tuple[str, bool]] = []
    ends: list[str] = []
    at = 0
    while token := _TOKEN.match(text, at):
        at = token.end()
        if token["end"]:
            ends.append(token["end"])
        elif token["double"]:
            found += _substituted(token["double"], depth)
        elif token["out"]:
            word, at = _word(text, at)
            if word and not (token["out"] == ">&" and re.fullmatch(r"\d+|-", word)):
                found.append((word, token["out"].endswith(">>")))
        elif token[0] == "\n":
            for end in ends:
                stop = re.compile(rf"^[ \t]*{re.escape(end)}[ \t]*$", re.M).search(text, at)
                at = stop.end() if stop else len(text)
            ends = []
    return found


def _substituted(text: str, depth: int) -> list[tuple[str, bool]]:
    """Those in the substitutions of a quoted text."""
    found: list[tuple[str, bool]] = []
    at = text.find("$(")
    while at >= 0 and depth < _DEPTH:
        end = closing(text, at + 1)
        found += redirected(text[at + 2 : end].removesuffix(")"), depth + 1)
        at = text.find("$(", max(end, at + 2))
    return found


def _word(text: str, at: int) -> tuple[str, int]:
    """The word behind a redirection, and where it ends."""
    start = at
    while start < len(text) and text[start] in " \t":
        start += 1
    end = start
    while found := _TARGET.match(text, end):
        end = closing(text, found.end() - 1) if found[0] == "$(" else found.end()
        if found[0] == "$" and text[end : end + 1] == "{":
            end = closing(text, end)
    return text[start:end], max(end, at)
