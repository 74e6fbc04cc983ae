"""Documentation's stand-ins in a command: `<package>`, `[options]`, `...`, and what a program would put in.

`plain` turns them into words that a shell reads; `dropped` takes away what was then read of them.
Invariants: a stand-in that no registry could hold names nothing; what a program puts in (`{name}`, `${x.join(' ')}`,
`{{ name }}`, `%s`) is a variable, and so `undecidable` where it could be a package.
"""

from __future__ import annotations

import re
from dataclasses import replace

from slopguard.commands.script import UNKNOWN
from slopguard.readers.interface import Reading

_MARK = "slopguard-stand-in"
_PATH = f"./{_MARK}"
"""Read as a path, which names no package, wherever an argument or an option's value can stand."""
_ANGLED = re.compile(r"""[^\s"'`]{0,200}<[A-Za-z@_][^<>"'`\n$]{0,80}>[^\s"'`]*""")
_SQUARE = re.compile(r"(?<!\S)\[[A-Za-z@<.-][^\]\n\"']{0,80}\](?!\S)|(?<!\S)(?:\.{3}|\u2026)(?!\S)")
_FILLED = re.compile(
    r"\$?\{\{[^\n{}]{0,200}\}\}|\$\{[^}\n]*[^}\n\w][^}\n]*\}|(?<![$\w{])\{[^\s{},.]{0,80}\}|(?<!\S)%(?:s|\(\w+\)s)(?!\S)"
)


def plain(command: str) -> str:
    """The command with every stand-in as a path or a variable; its line breaks stay."""
    if not any(letter in command for letter in "<[{%.\u2026"):
        return command
    command = _FILLED.sub(lambda _: UNKNOWN, command)
    return _SQUARE.sub(_PATH, _ANGLED.sub(_PATH, command))


def dropped(reading: Reading) -> Reading:
    """The reading without what was read of a stand-in's path."""
    return replace(
        reading,
        sightings=tuple(each for each in reading.sightings if _MARK not in f"{each.raw} {each.source.index}"),
        indexes=tuple(each for each in reading.indexes if _MARK not in each.url),
        files=tuple(each for each in reading.files if _MARK not in str(each)),
    )
