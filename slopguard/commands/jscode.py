"""JavaScript on a command line that starts commands: `node -e "execSync('npm i x')"`; what a short look finds.

Invariants: nothing is run; linear; code that names a client and an install, but holds no literal command, hides one.
"""

from __future__ import annotations

import re

from slopguard.patterns import regex

_STARTS = regex(
    r"""(?:exec|spawn|system|popen|shell_exec|passthru)(?:Sync)?\s*\(\s*(["'`])((?:(?!\1)[^\\]|\\.){0,2000})\1\s*(?:,\s*\[([^\]]{0,2000})\])?""",
    re.DOTALL,
)
_STRING = regex(r"""["']([^"']*)["']""")
INSTALLING = regex(r"\b(?:pip|npm|npx|pnpm|yarn|bun|uv|uvx)\b.{0,80}?\b(?:install|add|i|dlx|npx|uvx)\b", re.DOTALL)
"""What code says that installs something."""


def commands(code: str) -> list[str]:
    """The commands that code starts, as shell text."""
    return [" ".join([found[2], *_STRING.findall(found[3] or "")]) for found in _STARTS.finditer(code)]


def hides(code: str) -> bool:
    """Whether code may install something that `commands` does not see."""
    return bool(INSTALLING.search(code)) and not _STARTS.search(code)
