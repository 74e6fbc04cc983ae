"""`setup.py`: what it passes to `setup()`, as far as its text tells; it is parsed, never run.

Invariants: a keyword that lists packages yields each of them or is `undecidable` at its line; keywords that come from a
mapping are looked up in it; a file without a call of `setup` says nothing, or is `undecidable` where it imports what
has one or runs other files.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from pathlib import Path

from slopguard.errors import InputError
from slopguard.readers.collected import Collected
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.python_values import File, Program, Unclear, Value, Word

_LIMIT = 500_000
"""Characters of a set-up script; parsing takes a second for twice as many."""
_LISTS = {"install_requires": "dependencies", "setup_requires": "build-system", "tests_require": "extra:tests"}
_TOOLS = frozenset({"setuptools", "distutils", "runpy", "exec", "__import__"})
"""What a set-up script uses that calls `setup` by another name, or runs another file that does."""
_EXTRAS = "extras_require"
_LINKS = "dependency_links"


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a set-up script.

    Raises:
        InputError: it is no Python of today (as programs for Python 2 are not), or too long or too deeply nested.
    """
    program = Program(parsed(load(path), path))
    into = Collected(path, load, context)
    try:
        calls = list(_calls(program.tree))
        if not calls and (line := _elsewhere(program.tree)):
            into.problem("undecidable", line)
        for call in calls:
            keywords = list(_keywords(program, call))
            into.project = next((program.text(v) or "" for k, v in keywords if k == "name" and v), into.project)
            for key, value in keywords:
                _keyword(into, program, key, value, call.lineno)
    except RecursionError as error:
        raise InputError(f"{path}: not Python that can be read") from error
    return into.reading()


def parsed(text: str, path: Path) -> ast.Module:
    """A Python program as a tree.

    Raises:
        InputError: it cannot be parsed.
    """
    if len(text) > _LIMIT:
        raise InputError(f"{path}: larger than {_LIMIT // 1000} kB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the program's own faults
            return ast.parse(text)
    except SyntaxError as error:
        raise InputError(f"{path}:{error.lineno or 1}: not Python that can be read") from error
    except (ValueError, RecursionError, MemoryError) as error:  # a NUL; nested too deeply
        raise InputError(f"{path}: not Python that can be read") from error


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Every call of `setup`, under whatever name it was imported."""
    names = {"setup"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("setuptools", "distutils"):
            names |= {alias.asname for alias in node.names if alias.name == "setup" and alias.asname}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if (isinstance(called, ast.Name) and called.id in names) or getattr(called, "attr", "") == "setup":
                yield node


def _elsewhere(tree: ast.Module) -> int | None:
    """The line that shows that a program without a call of `setup` sets something up all the same, in its own way."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [node.id] if isinstance(node, ast.Name) else []
        if _TOOLS.intersection(name.partition(".")[0] for name in names):
            return getattr(node, "lineno", 1)
    return None


def _keywords(program: Program, call: ast.Call) -> Iterator[tuple[str, ast.expr | None]]:
    """The keywords of a call; one without a value stands for mappings that cannot be told."""
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value
            continue
        for pair in program.pairs(keyword.value):
            yield ("**", None) if isinstance(pair, Unclear) else pair


def _keyword(into: Collected, program: Program, key: str, value: ast.expr | None, line: int) -> None:
    """Take up one keyword, if it is about packages."""
    if value is None:
        into.problem("undecidable", line)
    elif key in _LISTS:
        _list(into, program.values(value), _LISTS[key])
    elif key == _LINKS:
        _list(into, program.values(value), _LINKS)
    elif key == _EXTRAS and not (isinstance(value, ast.Constant) and value.value is None):
        for pair in program.pairs(value):
            if isinstance(pair, Unclear):
                into.problem("undecidable", pair.line)
            else:
                _list(into, program.values(pair[1]), f"extra:{pair[0]}")


def _list(into: Collected, values: Iterator[Value], group: str) -> None:
    """Take up the values of a list."""
    for value in values:
        if isinstance(value, Unclear):
            into.problem("undecidable", value.line)
        elif isinstance(value, File):
            into.include(value.name, value.line, group)
        elif group == _LINKS:
            into.link(value.text, value.line)
        elif not value.text.startswith("#"):
            _requirement(into, value, group)


def _requirement(into: Collected, word: Word, group: str) -> None:
    into.requirement(word.text.partition(" #")[0], word.line, group)
