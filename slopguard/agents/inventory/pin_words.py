"""The words of a server's command that name a package, and the same word with a version in it.

Invariant: pure; a word is only taken if it is the package's name with nothing but a range or a tag behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slopguard.model import Ecosystem, Sighting
from slopguard.readers.text import Table

_COMMANDS = ("command", "cmd", "args", "arguments", "transport", "path")
"""Keys below which a command stands."""
_TAKES = frozenset({"--from", "--with", "-w", "--spec", "--package", "-p"})
"""Options whose value is a requirement, not the name of a command."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that names a package.

    Args:
        way: from the server's entry to the text that it stands in.
        start: where in that text.
        text: the word.
        front: an option or alias before the name.
        name: the name as written.
        extras: in brackets; may be empty.
        spec: what stands behind.
        bare: a word for `uvx` that is both package and command.
    """

    way: tuple[str | int, ...]
    start: int
    text: str
    front: str
    name: str
    extras: str
    spec: str
    ecosystem: Ecosystem
    bare: bool

    def pinned(self, version: str) -> str | None:
        """The word with one version; `None` where it is not certain how that is written."""
        if self.ecosystem is Ecosystem.NPM:
            return f"{self.front}{self.name}@{version}"
        if self.bare and self.extras:
            return None
        joint = "@" if self.bare and not self.spec.startswith(("=", "<", ">", "~", "!")) else "=="
        return f"{self.front}{self.name}{self.extras}{joint}{version}"


def words(entry: Table, sighting: Sighting, asked: str) -> Iterator[Word]:
    """Every word of a server's command that could be the one which names a package.

    Args:
        asked: the range or tag that it is asked for with.
    """
    pattern = _pattern(sighting, asked)
    for way, text, before in _texts(entry, ()):
        for found in pattern.finditer(text):
            front = found["front"] or ""
            ahead = text[: found.start()].split() or before
            option = ahead[-1] if ahead else ""
            fetches = option in _TAKES or bool(front) or _is_pipx(before, text)
            bare = sighting.ecosystem is Ecosystem.PYPI and not fetches
            yield Word(
                way,
                found.start(),
                found[0],
                front,
                found["name"],
                found["extras"] or "",
                found["spec"] or "",
                sighting.ecosystem,
                bare,
            )


def placed(entry: Table, word: Word, after: str) -> None:
    """Put another word in the place of one."""
    found: Any = entry
    for key in word.way[:-1]:
        found = found[key]
    text = found[word.way[-1]]
    found[word.way[-1]] = text[: word.start] + after + text[word.start + len(word.text) :]


def _pattern(sighting: Sighting, asked: str) -> re.Pattern[str]:
    """The name of a package as a word, with nothing behind it but what it is asked for with."""
    name = re.escape(sighting.raw)
    behind = [re.escape(text) for text in {f"@{asked}", asked} if asked]
    behind.append("@latest")
    spec = "|".join(behind)
    return re.compile(
        rf"(?<![^\s\"'])(?P<front>--?[\w-]+=)?(?P<name>{name})(?P<extras>\[[\w,. -]*\])?(?P<spec>{spec})?(?![^\s\"'])"
    )


def _texts(value: object, way: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str, list[str]]]:
    """The texts of a command, each with the words before it."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in _COMMANDS:
                ahead = [value["command"]] if key == "args" and isinstance(value.get("command"), str) else []
                yield from ((found, text, [*ahead, *before]) for found, text, before in _texts(each, (*way, key)))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            if isinstance(each, str):
                yield (*way, at), each, [word for word in value[:at] if isinstance(word, str)]
    elif isinstance(value, str):
        yield way, value, []


def _is_pipx(before: list[str], text: str) -> bool:
    """Whether what follows is a word for pipx, which takes requirements where uvx takes `NAME@VERSION`."""
    return any("pipx" in word for word in (*before, *text.split()[:1]))
