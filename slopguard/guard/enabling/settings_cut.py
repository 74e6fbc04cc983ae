"""Entries of slopguard's taken out of the text of a JSON settings file, wherever a formatter moved them.

Invariants: no byte goes that is somebody else's, but for a comma after which nothing would follow; what is left is JSON
as strict as what was there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from slopguard.guard.enabling.jsonc import Child, Node

Ours = Callable[[str], bool]


def paths(node: Node, path: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """The keys that lead to each object and array of a file, other than through an array."""
    found = {path}
    for child in node.children if node.kind == "{" else ():
        if child.value.kind in ("{", "["):
            found |= paths(child.value, (*path, child.key))
    return frozenset(found)


def without(text: str, root: Node, ours: Ours, kept: frozenset[tuple[str, ...]]) -> str:
    """The text without any entry of slopguard's, and without what held nothing else.

    Args:
        root: what the text is.
        ours: whether a command is slopguard's.
        kept: the keys that lead to objects and arrays that stay, empty or not.
    """
    gone: set[int] = set()
    _prune(root, (), ours, kept, gone)
    for start, stop in sorted(_cuts(root, gone), reverse=True):
        text = _cut(text, start, stop)
    return text


def _prune(
    node: Node, path: tuple[str, ...] | None, ours: Ours, kept: frozenset[tuple[str, ...]], gone: set[int]
) -> bool:
    """Note where the children begin that go; whether nothing is left of this container because of that.

    Args:
        path: the keys that lead here, `None` inside an array.
    """
    mine = []
    for child in node.children:
        below = (*path, child.key) if path is not None and node.kind == "{" else None
        emptied = _prune(child.value, below, ours, kept, gone)
        if emptied or (node.kind == "[" and _is_entry(child.value, ours, gone)):
            mine.append(child.start)
    gone.update(mine)
    return bool(mine) and len(mine) == len(node.children) and path not in kept


def _is_entry(node: Node, ours: Ours, gone: set[int]) -> bool:
    """Whether an element is an entry of slopguard's, or a group that held no other hook."""
    return any(
        (child.value.kind == '"' and ours(child.value.text)) or (child.key == "hooks" and child.start in gone)
        for child in (node.children if node.kind == "{" else ())
    )


def _cuts(node: Node, gone: set[int]) -> Iterator[tuple[int, int]]:
    """What of the text goes: each child with its comma, and a comma that nothing would follow."""
    left = [child for child in node.children if child.start not in gone]
    for child in node.children:
        if child.start not in gone:
            yield from _cuts(child.value, gone)
        elif child.comma is None:
            yield child.start, child.value.end
        else:
            yield from _with_comma(child, child.comma)
    last = node.children[-1] if node.children else None
    if left and last is not None and last.comma is None and left[-1] is not last and left[-1].comma is not None:
        yield left[-1].comma, left[-1].comma + 1


def _with_comma(child: Child, comma: int) -> Iterator[tuple[int, int]]:
    """A comment may stand before the comma; it is not slopguard's."""
    if comma == child.value.end:
        yield child.start, comma + 1
    else:
        yield child.start, child.value.end
        yield comma, comma + 1


def _cut(text: str, start: int, stop: int) -> str:
    """The text without a piece, and without the lines on which nothing else stood."""
    line, end = text.rfind("\n", 0, start) + 1, text.find("\n", stop)
    end = len(text) if end < 0 else end + 1
    if not text[line:start].strip() and not text[stop:end].strip():
        return text[:line] + text[end:]
    return text[:start] + text[stop:]
