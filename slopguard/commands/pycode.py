"""Python code that starts commands: `subprocess.run([...])`, `os.system("...")`, `pip.main([...])`.

Invariants: the code is parsed, never run or imported; what is no constant of the same text is unknown; code that is no
Python, or nested too deeply, has no commands.
"""

from __future__ import annotations

import ast
import shlex
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slopguard.clients.argv import listed
from slopguard.commands.words import MARK
from slopguard.patterns import regex

_STARTS = listed("run call check_call check_output Popen getoutput getstatusoutput system popen sh shell")
_STARTS |= listed("create_subprocess_exec create_subprocess_shell spawn execSync")
_SPREADS = regex(r"(?:exec|spawn)[lv]p?e?|create_subprocess_exec")
"""Functions whose arguments are the command's words."""
_MAINS = frozenset({"main", "_main", "pip_main", "pipmain", "main_wrapper"})
_CLIENT = regex(r"pip|npm|npx|uv|yarn|pnpm|bun|poetry|subprocess|os\.|system|magic")
_LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class Started:
    """A command that code starts.

    Args:
        text: the command as shell text.
        line: the line in the code, 1-based.
    """

    text: str
    line: int


def commands(code: str) -> list[Started] | None:
    """What code starts, in order; `None` if it cannot be parsed."""
    if not _CLIENT.search(code):
        return []
    if len(code) > _LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    known: dict[str, ast.expr] = {}
    found: list[Started] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            known[node.targets[0].id] = node.value
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found += _started(node, known)
    return sorted(found, key=lambda each: each.line)


def _started(node: ast.Call, known: dict[str, ast.expr]) -> Iterator[Started]:
    """The command that a call starts, if it starts one."""
    name = _name(node.func)
    arguments = node.args or [word.value for word in node.keywords if word.arg in ("args", "cmd", "command")]
    if not arguments:
        return
    if _SPREADS.fullmatch(name):
        words = [word for each in arguments for word in _words(each, known)]
        yield Started(_joined(words[1:] if name.startswith(("exec", "spawn")) else words), node.lineno)
    elif name == "install" and _name(getattr(node.func, "value", node.func)) in ("micropip", "piplite"):
        yield Started(_joined(["pip", "install", *_words(arguments[0], known)]), node.lineno)
    elif name in _STARTS:
        yield Started(_command(arguments[0], known), node.lineno)
    elif name in _MAINS and isinstance(_solved(arguments[0], known), ast.List | ast.Tuple):
        yield Started(f"pip {_command(arguments[0], known)}", node.lineno)


def _name(node: ast.expr) -> str:
    """The last name of what is called."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _solved(node: ast.expr, known: dict[str, ast.expr]) -> ast.expr:
    """What a name stands for, if it is given once in the code."""
    return known.get(node.id, node) if isinstance(node, ast.Name) else node


def _words(node: ast.expr, known: dict[str, ast.expr]) -> list[str]:
    """An argument that is a word, or a list of them."""
    solved = _solved(node, known)
    return [_text(each, known) for each in (solved.elts if isinstance(solved, ast.List | ast.Tuple) else [solved])]


def _command(node: ast.expr, known: dict[str, ast.expr]) -> str:
    """A command as shell text: a list of words, or a string."""
    solved = _solved(node, known)
    if isinstance(solved, ast.List | ast.Tuple):
        return _joined([_text(each, known) for each in solved.elts])
    if isinstance(solved, ast.BinOp) and isinstance(solved.op, ast.Add):
        left, right = _command(solved.left, {}), _command(solved.right, {})
        listed = any(isinstance(side, ast.List) for side in (solved.left, solved.right))
        return f"{left} {right}" if listed else left + right
    if isinstance(solved, ast.Call) and _name(solved.func) == "split" and isinstance(solved.func, ast.Attribute):
        return _command(solved.func.value, known) if solved.func.attr == "split" and not solved.args else _split(solved)
    return _text(solved, known)


def _split(node: ast.Call) -> str:
    """`shlex.split("...")`."""
    return _text(node.args[0], {}) if node.args else MARK


def _text(node: ast.expr, known: dict[str, ast.expr]) -> str:
    """A string, with what is unknown in it as such."""
    node = _solved(node, known)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, known) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        inner = _solved(node.value, known)
        return inner.value if isinstance(inner, ast.Constant) and isinstance(inner.value, str) else _unknown(inner)
    return _unknown(node)


def _unknown(node: ast.expr) -> str:
    """`sys.executable` is a Python; nothing else is known."""
    return "python" if isinstance(node, ast.Attribute) and node.attr == "executable" else MARK


def _joined(words: Sequence[str]) -> str:
    return " ".join(word if word == MARK else shlex.quote(word) for word in words)
