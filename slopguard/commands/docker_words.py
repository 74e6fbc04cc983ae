"""Variables of a Dockerfile: `ARG`, `ENV`, and what a stage has from the stage it begins with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slopguard.commands.variables import Variables
from slopguard.patterns import regex

_PAIR = regex(r"([A-Za-z_][\w.-]*)(?:=((?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\.|[^\s\"'\\])*))?", re.DOTALL)
_OLD = regex(r"\s*([A-Za-z_]\w*)\s+(?!=)(.*\S)\s*$", re.DOTALL)
_PART = regex(
    r"'(?P<literal>[^']*)'|\\(?P<escaped>.)|\"|\$\{(?P<braced>\w+)(?P<test>:[-+][^}]*)?\}|\$(?P<name>\w+)|(?P<rest>.)",
    re.DOTALL,
)
_LONGEST = 20_000


def assigned(keyword: str, text: str, known: Variables) -> Iterator[tuple[str, str | None]]:
    """What an `ARG` or `ENV` sets.

    Args:
        known: the variables before it.
    """
    old = _OLD.match(text) if keyword == "ENV" else None
    if old:
        yield old[1], value(old[2], known)
        return
    for name, written in (found.groups() for found in _PAIR.finditer(text)):
        yield name, None if written is None else value(written, known)


def value(written: str, known: Variables) -> str | None:
    """A word as Docker takes it: quotes removed, variables filled in; `None` if one of them is unknown."""
    made = []
    for part in _PART.finditer(written[:_LONGEST]):
        name = part["braced"] or part["name"]
        if name is None:
            made.append(part["literal"] or part["escaped"] or part["rest"] or "")
            continue
        filled = _tested(known.get(name), part["test"])
        if filled is None:
            return None
        made.append(filled)
    found = "".join(made)
    return found if len(found) <= _LONGEST else None


def stage(text: str, stages: dict[str, Variables]) -> Variables:
    """The variables that a stage begins with; it is noted in `stages` under its name."""
    words = [word for word in text.split() if not word.startswith("--")]
    base = Variables(stages.get(words[0].lower())) if words else Variables()
    name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else f"#{len(stages)}"
    stages[name] = base
    return base


def _tested(found: str | None, test: str | None) -> str | None:
    """The value of `${NAME:-default}` or `${NAME:+instead}`."""
    if not test:
        return found
    if test[1] == "-":
        return found or test[2:]
    return test[2:] if found else ""
