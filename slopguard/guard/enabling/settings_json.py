"""Entries put into a JSON settings file, and taken out, as a careful person would with an editor.

Invariants: comments, trailing commas, a byte order mark, line ends and indentation stay, and every byte that is not
slopguard's; what is put in stands on lines of its own, each of which can go by itself and leave valid JSON; what is
taken out is found wherever a formatter moved it, and takes along only what held nothing else; a file that cannot be
understood is an error and stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slopguard.guard.enabling import settings_cut
from slopguard.guard.enabling.jsonc import Node, NoJson, parse, trailing_comma
from slopguard.guard.enabling.settings_cut import Ours

BOM = "\ufeff"
_INDENT = re.compile(r"[ \t]*")
_REST = re.compile(r"[ \t]*(?://[^\r\n]*)?\r?\n")


class Unfit(ValueError):
    """The file is not what a settings file should be; the message says why, in fixed words."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an array.

    Args:
        keys: the way to the array, such as `("hooks", "PreToolUse")`.
        value: the entry; somewhere in it stands the command.
        last: after all others, where an agent counts them; else before them.
    """

    keys: tuple[str, ...]
    value: Mapping[str, Any]
    last: bool = False


@dataclass(frozen=True, slots=True)
class _Inside:
    """Where new lines go: a container, what is put at its beginning, and what at its end."""

    node: Node
    first: tuple[str, ...]
    last: tuple[str, ...]


def with_entries(
    content: bytes | None,
    added: Sequence[Entry],
    ours: Ours,
    fresh: Mapping[str, Any],
    *,
    comments: bool,
) -> tuple[bytes, tuple[str, ...]]:
    """The content with the entries in their arrays, in the place of older ones of slopguard's.

    Args:
        content: `None`, or nothing but white space, of a file that is new.
        ours: whether a command is slopguard's.
        fresh: what else a new file has to hold.
        comments: whether its agent reads a file that holds some; given more than it reads, it ignores every hook in it.

    Returns:
        The content, and the lines that were put in, without their indentation and the comma after them.

    Raises:
        Unfit: it is no such JSON, or something else stands where an object or an array should.
    """
    mark, text = _decoded(content or b"")
    if not text.strip():
        mark, text = "", json.dumps(dict(fresh), indent=2) + "\n"
    root = _root(text)
    _check(text, root, comments=comments)
    if _has_all(root, added, ours):
        return content or b"", _lines(text, added)
    text = settings_cut.without(text, root, ours, settings_cut.paths(root, ()))
    root = _root(text)
    unit, end = _child_indent(text, root) or "  ", "\r\n" if "\r\n" in text else "\n"
    todo = sorted(_grouped(root, added), key=lambda each: -each.node.start)
    for each in todo:
        text = _put_in(text, each, unit, end)
    return (mark + text).encode(), tuple(line for each in todo for line in (*each.first, *each.last))


def without_entries(content: bytes, ours: Ours, before: bytes | None) -> bytes | None:
    """The content without any entry of slopguard's; `None` if it was not there before and holds nothing of anybody's.

    Args:
        before: what the file was before; objects and arrays that it had stay, empty or not.

    Raises:
        Unfit: it is no JSON any more.
    """
    mark, text = _decoded(content)
    if not text.strip():
        return content
    kept: frozenset[tuple[str, ...]] = frozenset()
    if before is not None and before.strip():
        kept = settings_cut.paths(_root(_decoded(before)[1]), ())
    rest = settings_cut.without(text, _root(text), ours, kept)
    if before is None and rest != text and _says_nothing(_root(rest)):
        return None
    return (mark + rest).encode()


def one_line(value: object) -> str:
    """A value as it is written into a settings file."""
    return json.dumps(value)


def _decoded(content: bytes) -> tuple[str, str]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise Unfit("is not UTF-8") from None
    return (BOM, text[1:]) if text.startswith(BOM) else ("", text)


def _root(text: str) -> Node:
    try:
        root = parse(text)
    except NoJson as why:
        raise Unfit(f"is no valid JSON (line {why.line})") from None
    if root.kind != "{":
        raise Unfit("is no JSON object")
    return root


def _check(text: str, root: Node, *, comments: bool) -> None:
    """Go on only if the agent will read it."""
    if trailing_comma(root):
        raise Unfit("has a trailing comma, for which its agent does not read it")
    try:
        if not comments:
            json.loads(text, parse_int=float)
    except ValueError:
        raise Unfit("has a comment, for which its agent does not read it") from None


def _says_nothing(root: Node) -> bool:
    """Whether nothing is left but what is empty and a version, as slopguard or the agent writes it into a new file."""
    return all(
        child.key.removeprefix("$") == "version"
        if child.value.kind == "0"
        else not (child.value.children or child.value.text)
        for child in root.children
    )


# --- putting in ---------------------------------------------------------------------------------------------------


def _has_all(root: Node, added: Sequence[Entry], ours: Ours) -> bool:
    """Whether exactly these entries of slopguard's are there."""
    return sum(1 for _ in _commands(root, ours)) == len(added) and all(_has(root, each) for each in added)


def _commands(node: Node, ours: Ours) -> Iterator[str]:
    """Every command of slopguard's, wherever it stands."""
    if node.kind == '"' and ours(node.text):
        yield node.text
    for child in node.children:
        yield from _commands(child.value, ours)


def _has(root: Node, entry: Entry) -> bool:
    node, depth = _deepest(root, entry.keys)
    return depth == len(entry.keys) and any(each.value.plain() == entry.value for each in node.children)


def _lines(text: str, added: Sequence[Entry]) -> tuple[str, ...]:
    """The lines of a file that hold entries and nothing else, as `with_entries` would have written them."""
    apart = [one_line(each.value) for each in added]
    apart += [f"{one_line(each.keys[-1])}: {one_line([each.value])}" for each in added]
    together = [line for each in _grouped(parse("{}"), added) for line in each.first]
    there = {line.strip().removesuffix(",") for line in text.splitlines()}
    return tuple(line for line in (*together, *apart) if line in there)


def _grouped(root: Node, added: Sequence[Entry]) -> Iterator[_Inside]:
    """The containers that get something, each with what it gets: of what is missing, one line holds it all."""
    missing: dict[int, dict[str, Any]] = {}
    elements: dict[int, list[Entry]] = {}
    nodes: dict[int, Node] = {}
    for entry in added:
        node, depth = _deepest(root, entry.keys)
        nodes[node.start] = node
        if depth == len(entry.keys):
            elements.setdefault(node.start, []).append(entry)
        else:
            _nest(missing.setdefault(node.start, {}), entry.keys[depth:], entry.value)
    for start, node in nodes.items():
        members = [f"{one_line(key)}: {one_line(value)}" for key, value in missing.get(start, {}).items()]
        here = elements.get(start, ())
        last = bool(node.children)
        first = [one_line(each.value) for each in here if not (each.last and last)]
        yield _Inside(node, (*first, *members), tuple(one_line(each.value) for each in here if each.last and last))


def _deepest(root: Node, keys: Sequence[str]) -> tuple[Node, int]:
    """How far the keys lead, and where."""
    node = root
    for depth, key in enumerate(keys):
        found = node.get(key)
        if found is None:
            return node, depth
        if found.kind != ("[" if depth == len(keys) - 1 else "{"):
            wanted = "array" if depth == len(keys) - 1 else "object"
            raise Unfit(f"has something else than an {wanted} under {'.'.join(keys[: depth + 1])}")
        node = found
    return node, len(keys)


def _nest(place: dict[str, Any], keys: Sequence[str], value: Mapping[str, Any]) -> None:
    for key in keys[:-1]:
        place = place.setdefault(key, {})
    place.setdefault(keys[-1], []).append(dict(value))


def _put_in(text: str, inside: _Inside, unit: str, end: str) -> str:
    """The text with lines right after the opening of a container, and after what it holds."""
    node = inside.node
    outer = _indent(text, node.start)
    inner = _child_indent(text, node) or outer + unit
    if inside.last:
        at = node.children[-1].value.end if node.children[-1].comma is None else node.children[-1].comma + 1
        if node.children[-1].comma is None:
            text, at = f"{text[:at]},{text[at:]}", at + 1
        text = _lines_at(text, at, f",{end}".join(f"{inner}{line}" for line in inside.last), end, outer)
    if inside.first:
        block = f",{end}".join(f"{inner}{line}" for line in inside.first) + ("," if node.children else "")
        text = _lines_at(text, node.start + 1, block, end, inner if node.children else outer)
    return text


def _lines_at(text: str, at: int, block: str, end: str, indent: str) -> str:
    """The text with lines of their own from `at` on, after a comment that stands there."""
    rest = _REST.match(text, at)
    if rest is not None:
        return f"{text[: rest.end()]}{block}{end}{text[rest.end() :]}"
    return f"{text[:at]}{end}{block}{end}{indent}{text[at:]}"


def _child_indent(text: str, node: Node) -> str:
    """How the children of a container are indented, `""` if they do not stand on lines of their own."""
    for child in node.children[:1]:
        if "\n" in text[node.start : child.start]:
            return _indent(text, child.start)
    return ""


def _indent(text: str, at: int) -> str:
    found = _INDENT.match(text, text.rfind("\n", 0, at) + 1)
    return found.group() if found else ""
