"""Variables that a file sets for the commands in it.

Invariant: looking up what a command uses takes time with the command's length, however many variables there are.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from slopguard.commands.words import MARK
from slopguard.patterns import regex

_NAME = regex(r"[A-Za-z_]\w*")
_SETTING = regex(r"(?:pip|uv|npm_config|pnpm_config|yarn|bun|poetry|pdm|pipx)_", re.IGNORECASE)
"""Variables that clients themselves read."""


class Variables:
    """Names and what they are set to: a text, or `None` where only a run can tell.

    Args:
        above: variables that these begin with; it is copied.
    """

    def __init__(self, above: Variables | None = None) -> None:
        self._values: dict[str, str | None] = {}
        self._settings: set[str] = set()
        for name in above or ():
            self.set(name, above.get(name) if above else None)

    def set(self, name: str, value: str | None) -> None:
        """Set a variable; a name that no shell knows is left out."""
        if not _NAME.fullmatch(name):
            return
        self._values[name] = None if value is None or MARK in value or "\n" in value else value
        if _SETTING.match(name):
            self._settings.add(name)

    def get(self, name: str) -> str | None:
        """What a variable is set to; `None` if that is not known."""
        return self._values.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def exports(self, text: str) -> str:
        """Shell text without a line break that sets what a command uses, and what clients read by themselves."""
        if not self._values:
            return ""
        used = dict.fromkeys([*_NAME.findall(text), *sorted(self._settings)]) if "$" in text else sorted(self._settings)
        return "".join(f"export {name}={self._word(name)}; " for name in used if name in self._values)

    def _word(self, name: str) -> str:
        """A variable's value as one word of a shell."""
        value = self._values[name]
        return MARK if value is None else shlex.quote(value)
