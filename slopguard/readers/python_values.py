"""What expressions of a Python program stand for, as far as its text alone tells; nothing is run.

Invariants: a name stands for everything that is assigned, added or appended to it anywhere in the file (too much rather
than too little); what cannot be told comes out as `Unclear`, with its line; however values are built on one another, no
more than `_MOST` are made.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

_MOST = 20_000
"""Values in all; nobody lists so many."""
_DEEPEST = 40
"""Names that stand for names."""
_ROUND = frozenset({"list", "tuple", "set", "sorted", "frozenset"})
"""Functions that give the same values again."""
_ASIDE = frozenset({"strip", "rstrip", "lstrip", "split", "splitlines", "read", "readlines", "read_text", "decode"})
"""Methods of a file or its text that leave its lines what they are."""
_ADDING = frozenset({"append", "extend", "insert", "add", "update"})


@dataclass(frozen=True, slots=True)
class Word:
    """A text, with the line it stands on."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class File:
    """The lines of a file, named from the program's own folder."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Unclear:
    """Something that only running the program would tell."""

    line: int


Value = Word | File | Unclear


@dataclass(slots=True)
class Program:
    """A program whose expressions are looked at.

    Args:
        tree: the parsed program.
    """

    tree: ast.Module
    _bound: dict[str, list[ast.expr]] = field(default_factory=dict)
    _opened: dict[str, list[ast.expr]] = field(default_factory=dict)
    _keyed: dict[str, list[tuple[ast.expr, ast.expr]]] = field(default_factory=dict)
    _left: int = _MOST

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._bind(target, node.value)
            elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
                self._bind(node.target, node.value)
            elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
                self._opened.setdefault(node.optional_vars.id, []).append(node.context_expr)
            elif isinstance(node, ast.Call):
                self._add(node)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._bound.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            self._keyed.setdefault(target.value.id, []).append((target.slice, value))

    def _add(self, call: ast.Call) -> None:
        """`name.append(value)` and its like; `name["key"].append(value)`."""
        if not (isinstance(call.func, ast.Attribute) and call.func.attr in _ADDING and call.args):
            return
        value = call.args[-1]
        if call.func.attr == "append":
            value = ast.copy_location(ast.List([value], ast.Load()), value)
        self._bind(call.func.value, value)

    def values(self, node: ast.expr, depth: int = 0) -> Iterator[Value]:
        """Everything that a list (or a text with one entry a line) holds."""
        self._left -= 1
        if self._left <= 0 or depth > _DEEPEST:
            yield Unclear(node.lineno)
        elif (parts := self._parts(node)) is not None:
            for part in parts:
                yield from self.values(part, depth + 1)
        elif (text := self.text(node)) is not None:
            lines = text.split("\n")
            yield from (Word(line.strip(), node.lineno + n) for n, line in enumerate(lines) if line.strip())
        elif (name := self._file(node, depth)) is not None:
            yield File(name, node.lineno)
        elif not (isinstance(node, ast.Constant) and node.value is None):
            yield Unclear(node.lineno)

    def _parts(self, node: ast.expr) -> list[ast.expr] | None:
        """The expressions that together are what a list is; `None` if it is not made of others."""
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [each.value if isinstance(each, ast.Starred) else each for each in node.elts]
        if isinstance(node, ast.IfExp):
            return [node.body, node.orelse]
        if isinstance(node, ast.BoolOp):
            return node.values
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _ROUND:
            return node.args
        if isinstance(node, ast.Constant) or self._file(node, 0) is not None or self.text(node) is not None:
            return None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return [node.left, node.right]
        return self._bound.get(node.id) if isinstance(node, ast.Name) else None

    def pairs(self, node: ast.expr, depth: int = 0) -> Iterator[tuple[str, ast.expr] | Unclear]:
        """The keys and values of a mapping: a literal, `dict(key=...)`, or a name for one."""
        self._left -= 1
        if self._left <= 0 or depth > _DEEPEST:
            yield Unclear(node.lineno)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is None:
                    yield from self.pairs(value, depth + 1)
                else:
                    yield self.text(key) or "", value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
            for keyword in node.keywords:
                yield (keyword.arg, keyword.value) if keyword.arg else Unclear(node.lineno)
            for each in node.args:
                yield from self.pairs(each, depth + 1)
        elif isinstance(node, ast.Name) and (node.id in self._bound or node.id in self._keyed):
            for each in self._bound.get(node.id, []):
                yield from self.pairs(each, depth + 1)
            yield from ((self.text(key) or "", value) for key, value in self._keyed.get(node.id, []))
        else:
            yield Unclear(node.lineno)

    def text(self, node: ast.expr, depth: int = 0) -> str | None:
        """The one text that an expression stands for, if its parts are written out."""
        self._left -= 1
        if self._left <= 0 or depth > _DEEPEST:
            return None
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._joined([node.left, node.right], depth)
        if isinstance(node, ast.JoinedStr):
            plain = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
            return self._joined(plain, depth)
        if isinstance(node, ast.Name):
            known = self._bound.get(node.id, [])
            return self.text(known[0], depth + 1) if len(known) == 1 else None
        return None

    def _joined(self, parts: list[ast.expr], depth: int) -> str | None:
        texts = [self.text(part, depth + 1) for part in parts]
        found = [text for text in texts if text is not None]
        return "".join(found) if len(found) == len(texts) and sum(map(len, found)) < _MOST else None

    def _file(self, node: ast.expr, depth: int) -> str | None:
        """The file whose lines an expression gives: `open(NAME).read().splitlines()` and its like."""
        if depth > _DEEPEST:
            return None
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
            return self._file(node.generators[0].iter, depth + 1) if _plain(node) else None
        if isinstance(node, ast.Name):
            return self._file(found, depth + 1) if (found := self._behind(node)) is not None else None
        if not isinstance(node, ast.Call):
            return None
        if isinstance(node.func, ast.Attribute) and node.func.attr in _ASIDE:
            inner = self._file(node.func.value, depth + 1)
            return self.path(node.func.value) if inner is None and node.func.attr == "read_text" else inner
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called == "open":
            return self.path(node.args[0] if node.args else node.func)
        return self._file(node.args[0], depth + 1) if called in _ROUND and node.args else None

    def _behind(self, node: ast.Name) -> ast.expr | None:
        """What a name for a file was opened as (last before it is used), or else was given."""
        opened = [each for each in self._opened.get(node.id, []) if each.lineno <= node.lineno]
        given = self._bound.get(node.id, [])
        return opened[-1] if opened else given[0] if len(given) == 1 else None

    def path(self, node: ast.expr, depth: int = 0) -> str | None:
        """The file that an expression names, from the program's own folder (what is made of `__file__`)."""
        if depth > _DEEPEST:
            return None
        if (text := self.text(node)) is not None:
            return text
        if isinstance(node, ast.Name) and len(known := self._bound.get(node.id, [])) == 1:
            return self.path(known[0], depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self._under([node.left, node.right], depth)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            return self._under(node.args, depth)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Path", "str") and node.args:
            return self.path(node.args[0], depth + 1)
        return "." if _own_folder(node) else None

    def _under(self, parts: list[ast.expr], depth: int) -> str | None:
        found = [self.path(part, depth + 1) for part in parts]
        known = [part for part in found if part is not None]
        return os.path.normpath(PurePosixPath(*known)) if known and len(known) == len(found) else None


def _own_folder(node: ast.expr) -> bool:
    """Whether an expression is the folder of the program: only `__file__` and functions of paths in it."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    words = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    up = sum(
        getattr(each, "attr", "") in ("parent", "dirname") or getattr(each, "id", "") == "dirname"
        for each in ast.walk(node)
    )
    known = {"dirname", "abspath", "realpath", "path", "parent", "resolve", "absolute"}
    return "__file__" in names and up == 1 and words <= known and names <= {"__file__", "os", "Path", "pathlib", *known}


def _plain(node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> bool:
    """Whether a comprehension gives the lines themselves, but for blanks around them."""
    inner: ast.expr = node.elt
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _ASIDE:
        inner = inner.func.value
    target = node.generators[0].target
    return len(node.generators) == 1 and isinstance(target, ast.Name) and getattr(inner, "id", None) == target.id
