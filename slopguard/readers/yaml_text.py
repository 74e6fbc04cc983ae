"""From text to YAML documents whose scalars are text: `1.10` is a version here, never a number.

Invariants: whatever the text, only `InputError` is raised; no tag builds an object; merge keys (`<<`) are followed,
as clients follow them, so that nothing hides behind one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from slopguard.errors import InputError
from slopguard.readers.text import Table

_BREAKS = re.compile("[\x85\u2028\u2029]")
"""Line breaks to YAML 1.1, and so to PyYAML, not to the clients: what they take for a comment could hold entries."""
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Safe, and plain scalars stay text."""

    yaml_implicit_resolvers = {"<": [("tag:yaml.org,2002:merge", re.compile(r"^<<$"))]}


def documents(text: str, path: Path) -> list[Table]:
    """Every document of a file that is a mapping; an empty one is an empty mapping.

    Raises:
        InputError: it is not YAML, or a document is something else than a mapping.
    """
    if odd := _BREAKS.search(text):
        raise InputError(f"{path}:{text.count(chr(10), 0, odd.start()) + 1}: a line break that not every client sees")
    try:
        found = list(yaml.load_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(f"{path}:{mark.line + 1 if mark else 1}: not valid YAML") from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: not valid YAML") from error
    kept = [document or {} for document in found]
    if not all(isinstance(document, dict) for document in kept):
        raise InputError(f"{path}:1: not a YAML mapping")
    return kept
