"""What a script has said so far: variables with constant values, settings of clients, aliases, functions, the folder.

Invariants: a variable has every value that it may have; one that cannot be known is unknown, never left out; nothing
is read from the environment of this process.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple

from slopguard.commands import loose
from slopguard.commands.steps import ASSIGNMENT, Loop, Raw
from slopguard.commands.words import MARK, Lookup, Value, expand, names
from slopguard.patterns import regex

SETTING = regex(r"(?:PIPX?|UV|NPM_CONFIG|npm_config|YARN|BUN|PDM|PIPENV|POETRY|COREPACK)_\S+")
"""Variables that a client reads its settings from."""
_HERE = regex(r"""dirname\b.*(?:\$0|BASH_SOURCE|\$\{0)|\$\{(?:0|BASH_SOURCE(?:\[0\])?)%/\*\}|\$PSScriptRoot|%~dp0""")
"""The folder of the script itself."""
_MOST = 64
"""How many combinations of values one command is read with; how many values a variable has."""
_VARIABLES = 1_000
"""How many variables are kept."""
_LONGEST = 5_000
"""How many characters the values of one variable may have."""
_DEEPEST = 4_000
"""How many characters the path of a folder may have."""
_UNKNOWN: Value = (MARK,)


class Word(NamedTuple):
    """One word of a command, understood: its text, its line, and how it was written."""

    text: str
    line: int
    raw: str


@dataclass(slots=True)
class Scope:
    """See the module."""

    cwd: Path
    lost: bool = False
    variables: dict[str, tuple[Value, ...]] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, Raw] = field(default_factory=dict)
    functions: dict[str, Raw] = field(default_factory=dict)
    folders: list[tuple[Path, bool]] = field(default_factory=list)

    def copy(self) -> Scope:
        """One that a subshell may change."""
        return Scope(
            self.cwd,
            self.lost,
            dict(self.variables),
            dict(self.env),
            dict(self.aliases),
            dict(self.functions),
            list(self.folders),
        )

    def called(self, arguments: list[Word], *, shifts: bool = False) -> Scope:
        """The scope in which a function's body runs.

        Args:
            shifts: it has `shift` in it, so that `$1` is one argument after the other.
        """
        inner = self.copy()
        values = tuple(word.text for word in arguments)
        inner.variables |= {"@": (values,), "*": (values,)}
        for number, value in enumerate(values, start=1):
            later = values[number : number + _MOST] if shifts and number < 10 else ()
            inner.variables[str(number)] = ()
            inner.bind(str(number), [(each,) for each in (value, *later)])
        return inner

    def returned(self, inner: Scope) -> None:
        """Take over what a function's body has set; it may not have come to that."""
        for name, values in inner.variables.items():
            if name[0] not in "@*0123456789" and values is not self.variables.get(name):
                self.bind(name, list(values), maybe=True)

    def lookups(self, texts: Iterable[str]) -> Iterator[Lookup]:
        """One lookup for each combination of the values that the variables in some texts may have."""
        mentioned = {name: self.variables[name] for text in texts for name in names(text) if name in self.variables}
        several = {name: values for name, values in mentioned.items() if len(values) > 1}
        for chosen in islice(product(*several.values()), _MOST):
            yield partial(self._value, dict(zip(several, chosen, strict=True)))
        total = 1
        for values in several.values():
            total *= len(values)
        if total > _MOST:
            yield partial(self._value, dict.fromkeys(several, _UNKNOWN))

    def _value(self, chosen: dict[str, Value], name: str) -> Value | None:
        if name in chosen:
            return chosen[name]
        values = self.variables.get(name)
        return values[0] if values else None

    def words(self, raws: Iterable[Raw], lookup: Lookup) -> list[Word]:
        """Words as written -> words understood."""
        return [Word(text, raw.line, raw.text) for raw in raws for text in expand(raw.text, lookup)]

    def assign(self, raw: Raw, *, maybe: bool = False) -> None:
        """`NAME=value`."""
        found = ASSIGNMENT.fullmatch(raw.text)
        if not found:
            return
        name, subscript, plus, text = found[1], found[2], found[3], found[4]
        values = list(dict.fromkeys(self._values(text, raw.line)))
        if plus or subscript:
            array = text.startswith("(") or bool(subscript)
            values = [_joined(old, new, array) for old in self.variables.get(name, ((),)) for new in values]
        self.bind(name, values, maybe=maybe)

    def bind(self, name: str, values: list[Value], *, maybe: bool = False) -> None:
        """Give a variable its possible values; `maybe`: it may keep those it has."""
        if name not in self.variables and len(self.variables) >= _VARIABLES:
            return  # what is not known is unknown
        old = self.variables.get(name, ()) if maybe else ()
        found = tuple(dict.fromkeys([*old, *values])) or (_UNKNOWN,)
        found = found if sum(len(text) for value in found for text in value) <= _LONGEST else (_UNKNOWN,)
        self.variables[name] = found if len(found) <= _MOST else (*found[: _MOST - 1], _UNKNOWN)
        if SETTING.fullmatch(name):
            self.env[name] = " ".join(self.variables[name][-1])

    def loop(self, loop: Loop) -> None:
        """`for NAME in WORDS`: each word, as an alternative."""
        values: list[Value] = []
        for lookup in self.lookups(raw.text for raw in loop.words):
            values += [(word.text,) for word in self.words(loop.words, lookup)]
        self.bind(loop.name, values[: _MOST * 4], maybe=False)

    def _values(self, text: str, line: int) -> Iterator[Value]:
        """What an assignment's right side may come to."""
        array = text.startswith("(")
        raws = loose.split(text[1:].removesuffix(")"), line) if array else [Raw(text, line)]
        for lookup in self.lookups([text]):
            words = tuple(word.text for word in self.words(raws, lookup))
            yield words if array else (" ".join(words),)

    def folder(self, word: Word | None) -> None:
        """`cd WORD`."""
        if word is None or (word.text.startswith("/$HOME") and word.text.count("/") == 1) or word.text == "~":
            self.lost = True
        elif _HERE.search(word.raw):
            return
        elif MARK in word.text or word.text == "-":
            self.lost = True
        else:
            there = self.cwd / word.text
            self.lost = len(str(there)) > _DEEPEST or (self.lost and not word.text.startswith("/"))
            self.cwd = self.cwd if self.lost else Path(os.path.normpath(there))


def _joined(old: Value, new: Value, array: bool) -> Value:
    """What `+=` makes of two values."""
    return old + new if array else ("".join(old[:1]) + "".join(new[:1]), *old[1:])
