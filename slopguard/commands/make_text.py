"""Makefiles taken apart: variables, and the commands of recipes with the lines they stand on.

Invariants: nothing is run; a variable that only make can tell is `UNKNOWN`; expansion is bounded, whatever
refers to what.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from slopguard.commands.script import UNKNOWN
from slopguard.patterns import regex

_ASSIGNMENT = regex(r" *(?:(?:export|override|private)\s+)*([\w.-]+)\s*(\?|!|\+|:{1,3})?=\s*(.*)", re.DOTALL)
_EXPORTED = regex(r" *(?:override\s+)?export\s+([\w.-]+)")
_DEFINE = regex(r" *(?:(?:export|override)\s+)*define\s+([\w.-]+)")
_REFERENCE = regex(r"\$(?:\(([^(){}$]*)\)|\{([^(){}$]*)\}|([@<^+*?%|]))")
_SHELL = regex(r"\$\(shell\s(?P<paren>(?:[^()]|\([^()]*\))*+)\)|\$\{shell\s(?P<brace>[^{}]*)\}")
_PROGRAM = regex(r"\s*(?:which|command\s+-v)\s+([\w./-]+)\s*(?:2>\s*/dev/null\s*)?(?:\|\|.*)?", re.DOTALL)
_NAME = regex(r"[\w.-]+")
_DOLLAR = "\x00"
_ROUNDS = 8
_LONGEST = 20_000


@dataclass
class Makefile:
    """What one makefile says.

    Args:
        commands: each with its 1-based line; of a recipe that one shell runs, all lines together.
        values: variables as written.
        exported: names that recipes find in their environment.
        room: how many characters may yet be filled in.
    """

    commands: list[tuple[int, str]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    room: int = 2_000_000

    def expanded(self, text: str) -> str:
        """A text as make hands it to the shell: references filled in from the innermost out, `$$` as its dollar."""
        text = text.replace("$$", _DOLLAR)
        for _ in range(_ROUNDS):
            if "$" not in text or len(text) > _LONGEST:
                break
            text = _REFERENCE.sub(self._filled, text)
        if len(text) > _LONGEST:
            return UNKNOWN
        return _REFERENCE.sub(UNKNOWN, text).replace(_DOLLAR, "$")

    def _filled(self, found: re.Match[str]) -> str:
        """What stands for one reference, as long as there is room for it."""
        part = _filled(found, self.values)
        self.room -= len(part)
        return part if self.room > 0 else UNKNOWN


def parse(text: str) -> Makefile:
    """Take a makefile apart."""
    made = Makefile()
    one_shell = ".ONESHELL" in text
    defining, recipe_goes_on = "", False
    for number, line in _logical(text):
        if defining:
            defining = _defined(made, number, line, defining)
        elif line.startswith(made.values.get(".RECIPEPREFIX", "")[:1] or "\t"):
            _recipe(made, number, line[1:], joined=one_shell and recipe_goes_on)
            recipe_goes_on = True
        elif found := _DEFINE.match(line):
            defining, recipe_goes_on = found[1], False
            made.values[defining] = ""
        elif found := _ASSIGNMENT.fullmatch(line):
            _assignment(made, number, line, found)
        elif exported := _EXPORTED.match(line):
            made.exported.add(exported[1])
        elif line[:1].strip(" #"):
            recipe_goes_on = False
            _rule(made, number, line)
    return made


def _defined(made: Makefile, number: int, line: str, name: str) -> str:
    """Take up a line between `define` and `endef`; the name that the next line is for."""
    if line.strip() == "endef":
        return ""
    if len(made.values[name]) < _LONGEST:
        made.values[name] += f"{line}\n"
    made.commands.append((number, _bare(line)))
    return name


def _filled(found: re.Match[str], values: Mapping[str, str]) -> str:
    """What stands for one reference."""
    name = (found[1] if found[1] is not None else found[2] or "").strip()
    unknown = UNKNOWN
    if found[3] or not name:
        return unknown
    if name == "MAKE":
        return "make"
    if _NAME.fullmatch(name):
        return _SHELL.sub(_output, values[name]).replace("$$", _DOLLAR) if name in values else unknown
    function, _, argument = name.partition(" ")
    if function == "shell":
        return f"{_DOLLAR}({argument})"
    if function in ("call", "strip", "value") and argument.strip() in values:
        return values[argument.strip()].replace("$$", _DOLLAR)
    return unknown


def _output(found: re.Match[str]) -> str:
    """What stands for the output of a command that make ran for a variable: the program it looked for, if it did."""
    program = _PROGRAM.fullmatch(found["paren"] or found["brace"] or "")
    return program[1] if program else UNKNOWN


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a file, continued ones with their line breaks in them."""
    held: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        held.append(line)
        if not line.endswith("\\") or line.endswith("\\\\"):
            yield number - len(held) + 1, "\n".join(held)
            held = []
    if held:
        yield text.count("\n") + 2 - len(held), "\n".join(held)


def _rule(made: Makefile, number: int, line: str) -> None:
    """Take up the head of a rule: a command may stand in it, or a variable that is set for it alone."""
    rest = line.partition(":")[2]
    if found := _ASSIGNMENT.fullmatch(rest):
        _assignment(made, number, rest, found)
    elif command := rest.partition(";")[2]:
        made.commands.append((number, _bare(command)))
    if "(shell" in line or "{shell" in line:
        made.commands.append((number, f": {line}"))


def _recipe(made: Makefile, number: int, line: str, *, joined: bool) -> None:
    """Take up one line of a recipe."""
    line = _bare(line).replace("\\\n\t", "\\\n")
    if joined and made.commands and len(made.commands[-1][1]) < _LONGEST:
        first, before = made.commands.pop()
        gap = max(number - first - before.count("\n"), 1)
        made.commands.append((first, before + "\n" * gap + line))
    else:
        made.commands.append((number, line))


def _assignment(made: Makefile, number: int, line: str, found: re.Match[str]) -> None:
    """Take up a variable; what it has a shell run is a command."""
    name, operator, value = found.groups()
    value = value.partition(" #")[0].strip().replace("\\\n", " ")
    if operator == "!":
        made.commands.append((number, value))
        value = UNKNOWN
    elif "$(shell" in value or "${shell" in value:
        made.commands.append((number, f": {value}"))
    if operator == "+":
        value = f"{made.values.get(name, '')} {value}".strip()
    if operator != "?" or name not in made.values:
        refers_to_itself = f"$({name})" in value or f"${{{name}}}" in value
        made.values[name] = made.expanded(value).replace("$", "$$") if refers_to_itself else value
    if re.match(r" *(?:override\s+)?export\s", line):
        made.exported.add(name)


def _bare(line: str) -> str:
    """A command without the signs that tell make how to run it."""
    return line.lstrip("@-+ \t")
