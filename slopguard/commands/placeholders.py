"""What a program puts into a command that stands in its text: `{name}`, `${names.join(' ')}`, `{{ name }}`, `%s`.

Invariants: such a part is unknown, and so `undecidable` where it could be a package; line breaks stay. What a reader is
to put in (`<package>`, `[options]`) is left to the reader of shell text.
"""

from __future__ import annotations

from slopguard.commands.script import UNKNOWN
from slopguard.patterns import regex

_FILLED = regex(
    r"\$?\{\{[^\n{}]{0,200}\}\}|\$\{\w{0,80}[^}\n\w][^}\n]{0,200}\}|(?<![$\w{])\{[^\s{},.]{0,80}\}|(?<!\S)%(?:s|\(\w+\)s)(?!\S)"
)


def plain(command: str) -> str:
    """The command with what a program puts in as what nobody can know."""
    return _FILLED.sub(lambda _: UNKNOWN, command) if "{" in command or "%" in command else command
