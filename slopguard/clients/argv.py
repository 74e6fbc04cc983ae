"""Command lines read as their client reads them: options with values in every spelling, words, and what follows.

Invariants: pure; every argument lands in exactly one token; `emit(scan(argv, grammar))` is a command line that
means the same to the client (clusters such as `-qr file` come out as separate options).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from slopguard.errors import UsageError


def listed(text: str) -> frozenset[str]:
    """The words of a text, for tables of options."""
    return frozenset(text.split())


class Abbreviations(Enum):
    """How a client resolves a shortened long option."""

    NONE = "none"
    """Not at all (uv)."""
    UNIQUE = "unique"
    """Any unambiguous beginning (pip's optparse, npm's nopt)."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a client's options look like.

    Args:
        values: options that take a value, under every spelling (`-r`, `--requirement`).
        flags: options that take none; needed to resolve abbreviations and clusters.
        names: other spellings -> the one name used in tokens (`-i` -> `--index-url`).
        abbreviations: how shortened long options are read.
        stop_at_word: options end at the first word (pip before its command, `uv run`, `npx`).
        letters: where a long option may have one hyphen only (npm's nopt): the letters that are options by themselves.
    """

    values: frozenset[str]
    flags: frozenset[str] = frozenset()
    names: tuple[tuple[str, str], ...] = ()
    abbreviations: Abbreviations = Abbreviations.NONE
    stop_at_word: bool = False
    letters: str = ""

    def known(self, name: str) -> bool:
        """Whether an option's one name is in the tables."""
        return name in self.values or name in self.flags or any(name in pair for pair in self.names)

    def doubled(self, argument: str) -> str | None:
        """`-registry` as `--registry`, if the client reads it so; a row of letters comes before a beginning."""
        body, equals, value = argument[1:].partition("=")
        if not self.letters or len(body) < 2:
            return None
        full = f"--{body}"
        if not self.known(full) and (set(body) <= set(self.letters) or not self.known(self.name(full))):
            return None
        return f"{full}{equals}{value}"

    def name(self, spelling: str) -> str:
        """The one name of an option, abbreviations resolved; an unknown spelling is its own name.

        Raises:
            UsageError: a shortened option that could be more than one.
        """
        known = dict(self.names)
        if spelling in self.values or spelling in self.flags or self.abbreviations is Abbreviations.NONE:
            return known.get(spelling, spelling)
        if not spelling.startswith("--") or len(spelling) < 3:
            return known.get(spelling, spelling)
        found = {known.get(full, full) for full in self.values | self.flags if full.startswith(spelling)}
        if len(found) > 1 and any(full in self.values for full in self.values if full.startswith(spelling)):
            raise UsageError(f"the option {spelling!a} is short for more than one", "Write it out in full")
        return found.pop() if len(found) == 1 else spelling

    def takes_value(self, name: str) -> bool:
        """Whether the option called `name` takes a value."""
        return name in self.values


@dataclass(frozen=True, slots=True)
class Token:
    """One option or word.

    Args:
        name: the option's one name; `""` for a word, `"--"` for the separator.
        value: the option's value, or the word; `None` for a flag.
        text: the arguments that say the same to the client.
    """

    name: str
    value: str | None
    text: tuple[str, ...]


def scan(argv: Sequence[str], grammar: Grammar) -> list[Token]:
    """Read a command line.

    Raises:
        UsageError: an ambiguous abbreviation.
    """
    tokens: list[Token] = []
    rest = list(argv)
    while rest:
        argument = rest.pop(0)
        if argument == "--":
            tokens.append(Token("--", None, ("--",)))
            tokens += [Token("", word, (word,)) for word in rest]
            break
        if argument.startswith("--"):
            tokens.append(_long(argument, rest, grammar))
        elif argument.startswith("-") and (long := grammar.doubled(argument)):
            tokens.append(_long(long, rest, grammar))
        elif argument.startswith("-") and len(argument) > 1:
            tokens += _cluster(argument, rest, grammar)
        else:
            tokens.append(Token("", argument, (argument,)))
            if grammar.stop_at_word:
                tokens += [Token("", word, (word,)) for word in rest]
                break
    return tokens


def _long(argument: str, rest: list[str], grammar: Grammar) -> Token:
    """`--name`, `--name=value` or `--name value`; takes the value out of `rest`."""
    spelling, equals, value = argument.partition("=")
    name = grammar.name(spelling)
    if equals:
        return Token(name, value, (argument,))
    if grammar.takes_value(name) and rest:
        value = rest.pop(0)
        return Token(name, value, (argument, value))
    return Token(name, None, (argument,))


def _cluster(argument: str, rest: list[str], grammar: Grammar) -> list[Token]:
    """`-r file`, `-rfile`, `-r=file` (clap), or flags in a row, the last of which may take a value."""
    tokens: list[Token] = []
    for at, letter in enumerate(argument[1:], start=1):
        spelling = f"-{letter}"
        name = grammar.name(spelling)
        if not grammar.takes_value(name):
            tokens.append(Token(name, None, (spelling,)))
            continue
        value = argument[at + 1 :]
        if value:
            kept = value.removeprefix("=") if grammar.abbreviations is Abbreviations.NONE else value
            tokens.append(Token(name, kept, (spelling + value,)))
        elif rest:
            value = rest.pop(0)
            tokens.append(Token(name, value, (spelling, value)))
        else:
            tokens.append(Token(name, None, (spelling,)))
        break
    return tokens


def words(tokens: Iterable[Token]) -> list[str]:
    """The positional arguments."""
    return [token.value for token in tokens if token.name == "" and token.value is not None]


def values(tokens: Iterable[Token], *names: str) -> list[str]:
    """Every value given to one of the options, in order."""
    return [token.value for token in tokens if token.name in names and token.value is not None]


def last(tokens: Iterable[Token], *names: str) -> str | None:
    """The last value given to one of the options."""
    found = values(tokens, *names)
    return found[-1] if found else None


def has(tokens: Iterable[Token], *names: str) -> bool:
    """Whether one of the options is present."""
    return any(token.name in names for token in tokens)


def emit(tokens: Iterable[Token], keep: Callable[[Token], bool] = lambda _: True) -> list[str]:
    """The command line of the tokens that `keep` accepts."""
    return [part for token in tokens if keep(token) for part in token.text]
