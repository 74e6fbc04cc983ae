"""A shell script as steps, by tree-sitter's grammar for bash; what that cannot read, `loose` reads line by line.

Invariants: nothing is run; the walk keeps its own stack, so that no nesting is too deep; a part of the text with an
error in it hides no other part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import Any

from tree_sitter import Language, Node, Parser

from slopguard.commands import blocks, loose
from slopguard.commands.steps import Assign, Enter, Feed, Function, Leave, Loop, Nested, Raw, Simple, Step
from slopguard.patterns import regex

_SUBSHELLS = frozenset({"subshell", "command_substitution", "process_substitution"})
_PERHAPS = frozenset({"if_statement", "case_statement", "while_statement", "for_statement", "c_style_for_statement"})
_REDIRECTS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})
_DECLARES = frozenset({"variable_assignment", "array", "word", "concatenation", "string", "raw_string"})
_NOT_ASCII = regex(rb"[\x80-\xff]")
"""Bytes that the grammar is not shown: its scanner looks characters up in a table of C's that ends before them, where
the process may end too."""
_TICKS = regex(r"(?<!\\)`((?:[^`\\]|\\.)*)`", re.DOTALL)
_NO_WORDS = frozenset({"heredoc_start", "heredoc_body", "heredoc_end", "file_descriptor", "comment"})


@dataclass(frozen=True, slots=True)
class _Frame:
    """A node to visit, with what surrounds it."""

    node: Node
    maybe: bool = False
    feed: Feed | None = None
    sink: Raw | None = None
    extra: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True)
class _Script:
    """The text that nodes are parts of, and the line on which it begins."""

    data: bytes
    line: int


@cache
def _parser() -> Parser:
    return Parser(Language(_grammar().language()))


def _grammar() -> Any:
    """The grammar's extension module alone: its package imports what it takes to read files, which costs more."""
    package = PathFinder.find_spec("tree_sitter_bash")
    folders = package.submodule_search_locations if package is not None else None
    spec = PathFinder.find_spec("tree_sitter_bash._binding", folders)
    if spec is None or spec.loader is None:  # installed in a way of its own
        import tree_sitter_bash

        return tree_sitter_bash
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def steps(text: str, line: int) -> Iterator[Step]:
    """What a script does, in order.

    Args:
        line: the line on which `text` begins.
    """
    for piece in blocks.blocks(text):
        yield from _parsed(piece, line) if blocks.readable(piece) else loose.steps(piece, line)
        line += piece.count("\n")


def _parsed(text: str, line: int) -> Iterator[Step]:
    """The steps of one piece."""
    data = text.encode("utf-8", "replace")
    root = _parser().parse(_NOT_ASCII.sub(b"x", data)).root_node
    broken: list[int] = []
    for child in root.children:
        if child.has_error or child.is_error or child.is_missing:
            broken = [
                broken[0] if broken else child.start_byte,
                child.end_byte,
                broken[2] if broken else child.start_point.row,
            ]
            continue
        yield from _loosely(data, broken, line)
        broken = []
        yield from _walk(child, _Script(data, line))
    yield from _loosely(data, broken, line)


def _loosely(data: bytes, broken: list[int], line: int) -> Iterator[Step]:
    """The part of a text that the grammar does not cover."""
    if broken:
        start, end, row = broken
        yield from loose.steps(data[start:end].decode("utf-8", "replace"), line + row)


def _walk(root: Node, script: _Script) -> Iterator[Step]:
    """The steps of one statement without errors."""
    stack: list[_Frame | Step] = [_Frame(root)]
    while stack:
        frame = stack.pop()
        if not isinstance(frame, _Frame):
            yield frame
            continue
        done, follow = _visit(frame, script)
        stack += reversed(follow)
        yield from done


def _visit(frame: _Frame, script: _Script) -> tuple[list[Step], list[_Frame | Step]]:
    """What a node does by itself, and what to visit next."""
    node = frame.node
    kind = node.type
    if kind == "command":
        return _command(frame, script)
    if kind == "redirected_statement":
        return [], _redirected(frame, script)
    if kind == "pipeline":
        return [], _pipeline(frame, script)
    if kind in ("variable_assignment", "declaration_command"):
        return _assignments(frame, script)
    if kind == "function_definition":
        return _function(node, script), []
    if kind == "for_statement":
        return _loop(frame, script)
    if kind in _NO_WORDS - {"heredoc_body"}:
        return [], []
    maybe = frame.maybe or kind in _PERHAPS
    inner: list[_Frame | Step] = [replace(frame, node=child, maybe=maybe) for child in node.children if child.is_named]
    return [], [Enter(), *inner, Leave()] if kind in _SUBSHELLS else inner


def _text(node: Node, script: _Script) -> str:
    return script.data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _line(node: Node, script: _Script) -> int:
    return script.line + node.start_point.row


def _raw(node: Node, script: _Script) -> Raw:
    return Raw(_text(node, script), _line(node, script))


def _command(frame: _Frame, script: _Script) -> tuple[list[Step], list[_Frame | Step]]:
    """A simple command; the substitutions in its words come first, as in a shell."""
    words: list[Raw] = []
    assignments: list[Raw] = []
    feed, sink = frame.feed, frame.sink
    for child in frame.node.children:
        if child.type == "variable_assignment":
            assignments.append(_raw(child, script))
        elif child.type in _REDIRECTS:
            feed, sink, more = _redirect(child, script, feed, sink)
            words += more
        elif child.type not in _NO_WORDS:
            words.append(_raw(child, script))
    first = _line(frame.node, script)
    command = Simple(tuple(words) + frame.extra, tuple(assignments), feed, sink, first)
    return [], [*_inside(frame.node), command]


def _inside(node: Node) -> list[_Frame | Step]:
    """The substitutions somewhere in a node, outermost only."""
    found: list[_Frame | Step] = []
    stack = [node]
    while stack:
        each = stack.pop()
        if each.type in ("command_substitution", "process_substitution"):
            found.append(_Frame(each))
        elif each.child_count:
            stack += reversed(each.children)
    return found


def _ticked(body: Node, script: _Script) -> list[Step]:
    """The commands between backticks in a heredoc, which the grammar takes for text."""
    text = _text(body, script)
    start = next((each for each in body.parent.children if each.type == "heredoc_start"), None) if body.parent else None
    if "`" not in text or start is None or re.search(r"[\"'\\]", _text(start, script)):
        return []
    line = _line(body, script)
    return [Nested(Raw(found[1], line + text.count("\n", 0, found.start()))) for found in _TICKS.finditer(text)]


def _redirect(
    node: Node, script: _Script, feed: Feed | None, sink: Raw | None
) -> tuple[Feed | None, Raw | None, list[Raw]]:
    """What a redirection does to input and output, and the words that the grammar counts to it though they follow."""
    named = [child for child in node.children if child.is_named and child.type != "file_descriptor"]
    if node.type == "heredoc_redirect":
        return _heredoc(node, script), sink, []
    if not named:
        return feed, sink, []
    target, rest = _raw(named[0], script), [_raw(child, script) for child in named[1:]]
    if node.type == "herestring_redirect":
        return Feed(target.text, target.line, word=True), sink, rest
    operator = next((child.type for child in node.children if not child.is_named), "")
    if operator.startswith("<"):
        return (feed if operator == "<&" else Feed(file=not target.text.startswith("<("), line=target.line)), sink, rest
    errors = any(child.type == "file_descriptor" and child.text == b"2" for child in node.children)
    return feed, sink if errors or operator == ">&" else target, rest


def _heredoc(node: Node, script: _Script) -> Feed | None:
    body = next((child for child in node.children if child.type == "heredoc_body"), None)
    if body is None:
        return Feed("", _line(node, script))
    return Feed(_text(body, script), _line(body, script))


def _redirected(frame: _Frame, script: _Script) -> list[_Frame | Step]:
    """A statement with redirections behind it; a heredoc may hold the rest of its line."""
    feed, sink = frame.feed, frame.sink
    extra: list[Raw] = list(frame.extra)
    body: Node | None = None
    follow: list[_Frame | Step] = []
    for child in frame.node.children:
        if child.type not in _REDIRECTS:
            body = body or (child if child.is_named else None)
            continue
        feed, sink, more = _redirect(child, script, feed, sink)
        extra += more
        if child.type != "heredoc_redirect":
            follow += _inside(child)
            continue
        for each in child.children:
            if each.type == "file_redirect":
                _, sink, more = _redirect(each, script, None, sink)
                extra += more
            elif each.type == "heredoc_body":
                follow += [*_inside(each), *_ticked(each, script)]
            elif each.is_named and each.type not in _NO_WORDS:
                follow.append(_Frame(each, frame.maybe))
    if body is None:
        return follow
    return _joined(replace(frame, node=body, feed=feed, sink=sink, extra=tuple(extra)), follow, script)


def _joined(frame: _Frame, follow: list[_Frame | Step], script: _Script) -> list[_Frame | Step]:
    """A statement, and what gets its output: in `cat <<EOF | bash` the grammar has that in the heredoc."""
    source = _source(frame, script)
    after = [
        replace(each, feed=Feed(source=source, line=_line(each.node, script)))
        if isinstance(each, _Frame) and each.node.type == "pipeline"
        else each
        for each in follow
    ]
    return [frame, *after]


def _source(frame: _Frame, script: _Script) -> Simple | None:
    """The simple command that a statement is, if it is one."""
    node = frame.node
    if node.type == "redirected_statement":
        inner = _redirected(frame, script)
        first = next((each for each in inner if isinstance(each, _Frame)), None)
        return _source(first, script) if first is not None and first.node.type == "command" else None
    if node.type != "command":
        return None
    _, follow = _command(frame, script)
    last = follow[-1]
    return last if isinstance(last, Simple) else None


def _pipeline(frame: _Frame, script: _Script) -> list[_Frame | Step]:
    """Commands that write into one another."""
    stages = [child for child in frame.node.children if child.is_named and child.type != "comment"]
    found: list[_Frame | Step] = []
    feed = frame.feed
    for number, stage in enumerate(stages):
        last = number == len(stages) - 1
        each = replace(
            frame, node=stage, feed=feed, sink=frame.sink if last else None, extra=frame.extra if last else ()
        )
        found.append(each)
        feed = Feed(source=_source(each, script), line=_line(stage, script))
    return found


def _assignments(frame: _Frame, script: _Script) -> tuple[list[Step], list[_Frame | Step]]:
    """`A=b`, `export A=b`, `local -a A=(b c)`."""
    node = frame.node
    parts = [node] if node.type == "variable_assignment" else [c for c in node.children if c.type in _DECLARES]
    found = [Assign(raw, frame.maybe) for part in parts if "=" in (raw := _raw(part, script)).text]
    return [], [*_inside(node), *found]


def _function(node: Node, script: _Script) -> list[Step]:
    name = node.child_by_field_name("name")
    body = node.child_by_field_name("body")
    if name is None or body is None:
        return []
    raw = _raw(body, script)
    if raw.text.startswith("{") and raw.text.endswith("}"):
        raw = Raw(raw.text[1:-1], raw.line)
    return [Function(_raw(name, script).text, raw)]


def _loop(frame: _Frame, script: _Script) -> tuple[list[Step], list[_Frame | Step]]:
    """`for NAME in WORDS; do ...; done`."""
    node = frame.node
    children = [child for child in node.children if child.is_named]
    name, *words = children
    bodies = [child for child in words if child.type in ("do_group", "compound_statement")]
    values = tuple(_raw(child, script) for child in words if child not in bodies and child.type != "comment")
    before = [each for child in words if child not in bodies for each in _inside(child)]
    loop = Loop(_raw(name, script).text, values or (Raw('"$@"', _line(node, script)),))
    return [], [*before, loop, *(replace(frame, node=body, maybe=True) for body in bodies)]
