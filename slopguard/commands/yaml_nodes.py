"""YAML nodes as files with commands need them: keys followed through `<<`, text with the line of every part of it.

Invariants: an alias is its node, so a file costs what it holds and not what it would unfold to; nothing recurses on the
depth of a file.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import yaml

from slopguard.clients.argv import listed
from slopguard.commands.script import UNKNOWN, Script, is_unknown
from slopguard.commands.variables import Variables
from slopguard.patterns import regex
from slopguard.readers.places import absolute

_MERGED = 200
"""How many mappings are merged into one (`<<`), and how many of their keys are looked at."""

_WINDOW = 50
"""How many lines of the file are searched for the beginning of one that was folded or quoted."""

_TEMPLATE = regex(
    r"\$\{\{[^\n]{0,500}?\}\}"  # GitHub, Azure
    r"|\{\{[^\n]{0,500}?\}\}"  # Taskfile and other templates
    r"|<<\s{0,9}[\w.-]+\s{0,9}>>"  # CircleCI
    r"|\$\[\[[^\n]{0,500}?\]\]"  # GitLab's inputs
)
_JOINABLE = regex(r"'|\"|<<|#|\\$")
"""What makes a line break mean something else than a blank."""

HOMES = listed(
    ".github .gitea .forgejo .gitlab .circleci .buildkite .devcontainer .azure .azure-pipelines .semaphore .woodpecker"
)
"""Folders that hold a pipeline, which works in the folder that they lie in."""


def own(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    """The keys and values that stand in a mapping itself; nothing for another node."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if isinstance(key, yaml.ScalarNode):
            yield key.value, value


def pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    """The keys and values of a mapping, then what `<<` brings in, as far as anybody would go with it."""
    waiting = []
    for key, value in own(node):
        if key == "<<":
            waiting += items(value)[:_MERGED] or [value]
        else:
            yield key, value
    yield from islice(_merged(waiting), _MERGED)


def _merged(waiting: list[yaml.Node]) -> Iterator[tuple[str, yaml.Node]]:
    """The keys and values of the mappings that are merged into another."""
    for _ in range(_MERGED):
        if not waiting:
            return
        for key, value in own(waiting.pop()):
            if key == "<<":
                waiting += items(value)[:_MERGED] or [value]
            else:
                yield key, value


def get(node: yaml.Node | None, *keys: str) -> yaml.Node | None:
    """The value found along `keys`, `None` if there is none."""
    for wanted in keys:
        node = next((value for key, value in pairs(node) if key == wanted), None)
    return node


def items(node: yaml.Node | None) -> list[yaml.Node]:
    """The members of a sequence, or none."""
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def text(node: yaml.Node | None) -> str:
    """The text of a scalar, else an empty one."""
    return node.value if isinstance(node, yaml.ScalarNode) else ""


def line(node: yaml.Node) -> int:
    """The 1-based line on which a node begins."""
    return int(node.start_mark.line) + 1


def untemplated(value: str) -> str:
    """A text in which every template's expression is `UNKNOWN`."""
    return _TEMPLATE.sub(UNKNOWN, value) if "{{" in value or "<<" in value or "[[" in value else value


def words(node: yaml.Node | None) -> str | None:
    """A list of words (exec form) as one shell command; `None` if it is no list of texts."""
    found = [text(each) for each in items(node) if isinstance(each, yaml.ScalarNode)]
    return shlex.join(map(untemplated, found)) if found else None


def set_all(variables: Variables, node: yaml.Node | None) -> Variables:
    """Set the variables of a mapping; a value with an expression in it is unknown, as is one that is no text."""
    for name, value in pairs(node):
        given = get(value, "value") if isinstance(value, yaml.MappingNode) else value  # GitLab's long form
        variables.set(name, untemplated(text(given)) if isinstance(given, yaml.ScalarNode) else None)
    return variables


def add(script: Script, node: yaml.Node | None, source: list[str]) -> None:
    """Add a scalar's text to a script, each line at its own place.

    Args:
        source: the lines of the file.
    """
    if isinstance(node, yaml.ScalarNode):
        for part, number in _placed(node, source):
            script.add_at(untemplated(part), number)


def folder(base: Path, written: str) -> Path:
    """The folder that a pipeline changes to; `base` where only a run can tell."""
    return base if is_unknown(written) or "$" in written or written.startswith(("/", "~")) else base / written


def root(path: Path) -> Path:
    """The folder in which a pipeline's commands start: that of the repository."""
    for parent in path.parents:
        if parent.name in HOMES:
            return parent.parent
    above = Path(absolute(Path(), str(path))).parents if not path.is_absolute() else ()
    return next((Path(os.path.relpath(each.parent)) for each in above if each.name in HOMES), path.parent)


def _placed(node: yaml.ScalarNode, source: list[str]) -> Iterator[tuple[str, int]]:
    """The lines of a scalar with the 1-based number of each."""
    first, last = node.start_mark.line, node.end_mark.line
    lines = node.value.split("\n")
    if node.style == "|":
        yield from ((part, first + 2 + number) for number, part in enumerate(lines))
    elif first == last:
        yield from ((part, first + 1) for part in lines)
    else:
        yield from _searched(lines, source, first + (node.style == ">"), last)


def _searched(lines: list[str], source: list[str], at: int, last: int) -> Iterator[tuple[str, int]]:
    """Lines made of several of the file's, each where it begins; told apart again where a break is but a blank."""
    last = min(last, len(source) - 1)
    for part in (line.strip() for line in lines):
        window = range(at, min(at + _WINDOW, last + 1))
        at = next((number for number in window if part and _begins(part, 0, source[number])), at)
        if _JOINABLE.search(part) or not part:
            yield part, at + 1
            continue
        done = 0
        while done < len(part) and at <= last and (end := _begins(part, done, source[at])):
            done = end + (part[end : end + 1] == " ")
            yield part[:end][-len(source[at].strip()) :] + (" \\" if done < len(part) else ""), at + 1
            at += 1
        if done < len(part):
            yield part[done:], min(at, last) + 1


def _begins(text: str, at: int, written: str) -> int:
    """The offset at which a text that goes on at `at` with a line of the file leaves it; 0 if it does not."""
    piece = written.strip()
    return at + len(piece) if piece and text.startswith(piece, at) else 0
