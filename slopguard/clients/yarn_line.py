"""A command line of yarn, read as yarn 1 and yarn 2 and later read it.

Invariant: pure; a word that is no command of yarn's is a script of the project's, and installs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import yarn_options as options

_DEEPEST = 8
"""How many commands may be wrapped in one another (`yarn workspace a workspace b ...`)."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a command line says.

    Args:
        command: `install`, `add`, `global add` ...; `""` for a script, for help, for the version.
        words: what follows the command, options left out.
        tokens: all options.
        cwd: where the command works.
    """

    command: str
    words: tuple[str, ...]
    tokens: tuple[args.Token, ...]
    cwd: Path

    def has(self, *names: str) -> bool:
        """Whether one of the options is there and not said to be off."""
        return any(token.name in names and token.value != "false" for token in self.tokens)


def read(argv: Sequence[str], cwd: Path, depth: int = 0) -> Line:
    """Read a command line."""
    head = args.scan(argv, options.FIRST)
    words, leading = args.words(head), [token for token in head if token.name not in ("", "--")]
    place = args.last(leading, "--cwd")
    cwd = cwd / place if place else cwd
    if args.has(leading, "--help", "--version") or depth > _DEEPEST:
        return Line("", (), tuple(leading), cwd)
    if not words:
        return Line("install", (), tuple(leading), cwd)
    found = _command(words[0], words[1:], cwd, depth)
    return Line(found.command, found.words, (*leading, *found.tokens), found.cwd)


def _command(word: str, rest: list[str], cwd: Path, depth: int) -> Line:
    """What one command and what follows it says."""
    if word == "workspace":
        return read(rest[1:], cwd, depth + 1) if len(rest) > 1 else Line("", (), (), cwd)
    if word == "workspaces":
        return _workspaces(rest, cwd, depth)
    if word not in options.INSTALLING | options.OTHERS and _is_folder(word):
        return read(rest, cwd / word, depth + 1)
    if word not in options.INSTALLING | options.WRITING | options.OTHERS:
        return Line("", (), (), cwd)
    if word in options.NESTED and rest and not rest[0].startswith("-"):
        word, rest = f"{word} {rest[0]}", rest[1:]
    tokens = args.scan(rest, _grammar(word))
    place = args.last([token for token in tokens if token.name], "--cwd")
    helped = args.has(tokens, "--help") and word not in ("dlx", "create")
    return Line("" if helped else word, tuple(args.words(tokens)), tuple(tokens), cwd / place if place else cwd)


def _workspaces(rest: list[str], cwd: Path, depth: int) -> Line:
    """`workspaces focus`, `workspaces foreach COMMAND`; the others install nothing."""
    if rest[:1] == ["focus"]:
        return Line("focus", (), tuple(args.scan(rest[1:], options.PLAIN)), cwd)
    if rest[:1] == ["foreach"]:
        words = args.words(args.scan(rest[1:], options.FOREACH))
        return read(words, cwd, depth + 1) if words else Line("", (), (), cwd)
    return Line("workspaces", (), (), cwd)


def _grammar(command: str) -> args.Grammar:
    if command in ("dlx", "create"):
        return options.DLX
    return options.INIT if command == "init" else options.PLAIN


def _is_folder(word: str) -> bool:
    """Whether yarn takes a word for the folder to work in: a separator in it, and no scoped package's name."""
    return bool(re.search(r"[/\\]", word)) and not re.fullmatch(r"@[^/@]+/[^/@]+", word)
