"""nox: what the sessions of a `noxfile.py` install and run. The file is parsed, never run.

Invariants: lists, texts and what is made of them by `+`, `split` and unpacking are followed, in the file alone; every
other expression is unknown.
"""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator
from pathlib import Path

from slopguard.commands import pycode
from slopguard.commands.script import UNKNOWN, Script, shell, together
from slopguard.errors import InputError
from slopguard.model import Location
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading

_RUNS = ("run", "run_always", "run_install")
_DEPTH = 20
_MOST = 2_000
"""Words of one command, at most."""

_LONGEST = 20_000

_Value = str | list[str]
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read nox's sessions.

    Raises:
        InputError: it is not Python.
    """
    text = load(path)
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise InputError(f"{path}:{error.lineno or 1}: not valid Python") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"{path}: not valid Python") from error
    nodes = list(ast.walk(tree))
    sessions = {arguments[0].arg for arguments in _arguments(nodes) if arguments}
    sessions |= {
        name for name, value in _constants(nodes).items() if isinstance(value, ast.Name) and value.id in sessions
    }
    known = _Values(_constants(nodes))
    calls = [node for node in nodes if isinstance(node, ast.Call) and _installs(node, sessions)]
    cwd = context.cwd or path.parent
    scripts = [*(_script(call, known) for call in calls), *(shell(each.text, each.line) for each in _started(text))]
    hidden = [Problem("undecidable", Location(str(path), line)) for line in _hidden(nodes, sessions)]
    return together(path, (script.read(path, cwd, load) for script in scripts), hidden)


def _started(text: str) -> list[pycode.Started]:
    """What the file's own code starts, without the session."""
    return [each for each in pycode.commands(text) or () if " " in each.text]


def _hidden(nodes: list[ast.AST], sessions: set[str]) -> Iterator[int]:
    """The lines on which a session's methods are taken but not called, so that nobody knows with what they are."""
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in sessions and id(node) not in called:
                if attr in (*_RUNS, "install"):
                    yield node.lineno
            case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id=name), *_]) if name in sessions:
                yield node.lineno


def _arguments(nodes: list[ast.AST]) -> Iterator[list[ast.arg]]:
    """The arguments of every function: the first of a session, and of what helps one, is the session."""
    for node in nodes:
        if isinstance(node, _Function):
            yield [*node.args.posonlyargs, *node.args.args]


def _constants(nodes: list[ast.AST]) -> dict[str, ast.expr | None]:
    """What names stand for, in the module or a function; `None` for one that is set to different things."""
    found: dict[str, ast.expr | None] = {}
    for node in nodes:
        for target, value in _assigned(node):
            if isinstance(target, ast.Name):
                found[target.id] = value if target.id not in found else None
    return found


def _assigned(node: ast.AST) -> list[tuple[ast.expr, ast.expr | None]]:
    """What a node sets, with the value; `None` for one that is worked out from what stood there before."""
    if isinstance(node, ast.Assign):
        return [(target, node.value) for target in node.targets]
    if isinstance(node, ast.AugAssign):
        return [(node.target, None)]
    return [(node.target, node.value)] if isinstance(node, ast.AnnAssign | ast.NamedExpr) else []


def _installs(call: ast.Call, sessions: set[str]) -> bool:
    """Whether a call has a session install or run something."""
    function = call.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return False
    return function.value.id in sessions and function.attr in (*_RUNS, "install")


def _script(call: ast.Call, known: _Values) -> Script:
    """The command that a call amounts to, each argument on its line."""
    script = Script()
    install = isinstance(call.func, ast.Attribute) and call.func.attr == "install"
    script.add_at("pip install" if install else "", call.lineno)
    for argument in call.args:
        script.add_at(shlex.join(known.listed([argument])), argument.lineno)
    return script.continued()


class _Values:
    """What expressions are, as far as the file alone says; a name is looked into once."""

    def __init__(self, constants: dict[str, ast.expr | None]) -> None:
        self._constants = constants
        self._known: dict[str, _Value] = {}

    def listed(self, elements: list[ast.expr], depth: int = 0) -> list[str]:
        """The texts of a list's elements."""
        found: list[str] = []
        for element in elements[:_MOST]:
            value = self.value(element, depth + 1)
            found += [value] if isinstance(value, str) else value[: _MOST - len(found)]
        return found[:_MOST]

    def value(self, node: ast.expr | None, depth: int = 0) -> _Value:
        """What an expression is: a text, or the texts of a list."""
        if depth > _DEPTH:
            return UNKNOWN
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return self._named(name, depth)
            case ast.Starred(value=ast.Attribute(attr="posargs")):
                return []  # what the user adds to the command
            case ast.Starred(value=inner):
                value = self.value(inner, depth + 1)
                return [UNKNOWN] if isinstance(value, str) else value
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return self.listed(elements, depth)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _added(self.value(left, depth + 1), self.value(right, depth + 1))
        return self._made(node, depth)

    def _made(self, node: ast.expr | None, depth: int) -> _Value:
        """What an expression makes of texts."""
        match node:
            case ast.JoinedStr(values=parts):
                return "".join(self._text(part, depth) for part in parts)
            case ast.FormattedValue(value=inner) | ast.Call(func=ast.Name(id="str"), args=[inner]):
                return self._text(inner, depth)
            case ast.Call(func=ast.Attribute(value=inner, attr="split"), args=[]):
                return self._text(inner, depth).split()
        return UNKNOWN

    def _named(self, name: str, depth: int) -> _Value:
        """What a name stands for."""
        if name not in self._known:
            self._known[name] = UNKNOWN  # if it refers to itself
            self._known[name] = self.value(self._constants.get(name), depth + 1)
        return self._known[name]

    def _text(self, node: ast.expr, depth: int) -> str:
        value = self.value(node, depth + 1)
        return value if isinstance(value, str) and len(value) < _LONGEST else UNKNOWN


def _added(left: _Value, right: _Value) -> _Value:
    """Two texts, or two lists, as one; what is unknown stays so."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right if len(left) + len(right) < _LONGEST else UNKNOWN
    known_left = left if isinstance(left, list) else [UNKNOWN]
    return (known_left + (right if isinstance(right, list) else [UNKNOWN]))[:_MOST]
