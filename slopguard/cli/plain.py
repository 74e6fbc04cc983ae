"""`slopguard ask` as it is mostly typed, read without click: its import takes a sixth of the time of one answer.

Invariant: a line is read here only as click would read it; everything else (help, other options, other spellings,
mistakes) is left to click.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slopguard.cli.answering import Asked

VALUED = {
    "-e": ("ecosystem", ("pypi", "npm")),
    "--ecosystem": ("ecosystem", ("pypi", "npm")),
    "--format": ("form", ("text", "json")),
    "--from-file": ("file", None),
}
"""Options read here that take a value: what they set, and the values they know."""


def plain(args: Sequence[str], config: Path | None) -> Asked | None:
    """The command line `ask ARGS...`, or `None` where click must read it.

    Args:
        config: `--config FILE` before the command.
    """
    from slopguard.cli.answering import Asked

    names: list[str] = []
    options: dict[str, str] = {}
    words = iter(args)
    for word in words:
        if word in VALUED:
            value = _value(word, words)
            if value is None:
                return None
            options[VALUED[word][0]] = value
        elif word.startswith("-") and word != "--offline":
            return None
        elif word != "--offline":
            names.append(word)
    return Asked(tuple(names), offline="--offline" in args, config=config, **options)


def _value(option: str, words: Iterator[str]) -> str | None:
    """The value after an option, if it is one that nobody could mean otherwise."""
    value = next(words, "-")
    known = VALUED[option][1]
    return None if value.startswith("-") or (known is not None and value not in known) else value
