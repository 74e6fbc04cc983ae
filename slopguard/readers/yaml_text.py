"""From text to YAML documents whose scalars are text: `1.10` is a version here, never a number.

Invariants: whatever the text, only `InputError` is raised; no tag builds an object; merge keys (`<<`) are followed,
as clients follow them, so that nothing hides behind one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from slopguard.errors import InputError
from slopguard.patterns import regex
from slopguard.readers import plain_yaml
from slopguard.readers.text import Table

_BREAKS = regex("[\x85\u2028\u2029]")
"""Line breaks to YAML 1.1, and so to PyYAML, not to the clients: what they take for a comment could hold entries."""
_ALIAS = regex(r"(?:^|[\s,\[{:-])\*[^\s,\]}]")
_LARGEST = 100_000
"""Nodes of a document with its aliases written out, unless its text alone is larger."""
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Safe, and plain scalars stay text."""

    yaml_implicit_resolvers = {"<": [("tag:yaml.org,2002:merge", re.compile(r"^<<$"))]}


def documents(text: str, path: Path) -> list[Table]:
    """Every document of a file that is a mapping; an empty one is an empty mapping.

    Raises:
        InputError: it is not YAML, or a document is something else than a mapping.
    """
    kept = [document or {} for document in values(text, path)]
    if not all(isinstance(document, dict) for document in kept):
        raise InputError(f"{path}:1: not a YAML mapping")
    return kept


def values(text: str, path: Path) -> list[Any]:
    """Every document of a file, whatever it is.

    Raises:
        InputError: it is not YAML.
    """
    plain = plain_yaml.mapping(text)
    return [plain] if plain else _all(yaml.load_all, text, path, unfolds=True)


def nodes(text: str, path: Path) -> list[yaml.Node]:
    """The top node of every document of a file; tags are not looked at, an alias is the very node it stands for.

    Raises:
        InputError: it is not YAML.
    """
    return _all(yaml.compose_all, text, path, unfolds=False)


def _all(reader: Callable[..., Iterable[Any]], text: str, path: Path, *, unfolds: bool) -> list[Any]:
    """Everything that one of PyYAML's functions finds in a text.

    Args:
        unfolds: aliases become copies of what they stand for, so that a document may be far larger than its text.

    Raises:
        InputError: it is not YAML.
    """
    if odd := _BREAKS.search(text):
        raise InputError(f"{path}:{text.count(chr(10), 0, odd.start()) + 1}: a line break that not every client sees")
    try:
        if unfolds and _ALIAS.search(text):
            _weigh(yaml.compose_all(text, Loader=_Loader), max(_LARGEST, len(text)))
        return list(reader(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(f"{path}:{mark.line + 1 if mark else 1}: not valid YAML") from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: not valid YAML") from error


def _weigh(documents: Iterable[yaml.Node], limit: int) -> None:
    """Refuse documents that are many times their own text: each alias counts as all that it stands for.

    Raises:
        ValueError: one is larger than `limit` nodes, or an alias stands inside what it stands for.
    """
    weights: dict[int, int] = {}
    kept = list(documents)  # no node may be freed, and its id used again, while they are weighed
    waiting = [(node, False) for node in kept]
    while waiting:
        node, entered = waiting.pop()
        parts = _parts(node)
        if entered:
            weights[id(node)] = 1 + sum(weights[id(part)] for part in parts)
            if weights[id(node)] > limit:
                raise ValueError("aliases of aliases")
        elif id(node) not in weights:
            weights[id(node)] = limit  # until it is known: so much for an alias inside itself
            waiting.append((node, True))
            waiting += [(part, False) for part in parts]


def _parts(node: yaml.Node) -> list[yaml.Node]:
    """The nodes that a node holds."""
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
