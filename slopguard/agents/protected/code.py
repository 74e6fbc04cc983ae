"""Code in another language on a command line, `python -c`, `node -e`, that writes to what is protected.

Invariants: pure but for looking at files; code that has no word in it that writes is let through; so is code that puts
a name together from pieces that nobody can put together without running it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from slopguard.agents.protected import own
from slopguard.agents.protected.hook_files import HOOKS, MIXED, TELLING
from slopguard.agents.protected.places import Guarded, Kind, Places, written
from slopguard.agents.protected.targets import Look
from slopguard.patterns import regex

_WRITES = regex(
    r"""\bopen\s*\([^)]*["'][rbt]*[wax+]|write_(?:text|bytes)|writeFile|appendFile|createWriteStream|\bunlink|\bremove"""
    r"""|\brm(?:tree|Sync|dirSync|dir)?\s*\(|\brename|\bos\.replace|\.replace\(\s*[^,()]*\)|\bcopy\w*\s*\(|\bmove\s*\(|\btruncate"""
    r"""|\bchmod|symlink|\blink\w*\s*\(|\btouch\s*\(|\bdump\s*\(|file_put_contents|File\.(?:write|delete|open)|>>"""
    r"""|writeTextFile|\bprintf?\b[^;}]*>|\bopen\b[^;]*[,"']\s*\+?>|\.execute|executescript|\.write\(|outputFile""",
)
"""Words of Python, JavaScript, Perl, Ruby, PHP and awk that change files."""
_STRING = regex(r"""(["'`])((?:(?!\1)[^\\\n]|\\.){0,500})\1""")
_MOST = 500
_INSIDE = frozenset({"slopguard.db", "enabled.json", "accepted.toml", "ledger.head", "store.key", "account.key"})
_ABOVE = frozenset({".config", "share", "shims"})


def of(text: str, cwd: Path, places: Places) -> Guarded | None:
    """Why code must not run in a folder."""
    if found := own.code(text):
        return found
    if not _WRITES.search(text):
        return None
    strings = [found[2] for _, found in zip(range(_MOST), _STRING.finditer(text), strict=False)]
    look = Look(places, "tool.slopguard" in text)
    kind = next(filter(None, (look.named(string, cwd) for string in strings)), None) or _put_together(text, strings)
    return written(kind) if kind else None


def _put_together(text: str, strings: list[str]) -> Kind | None:
    """What the pieces of a path lead to: `Path.home() / ".claude" / "settings.json"`."""
    parts = {part for string in strings for part in string.split("/")}
    for row in (*HOOKS, *MIXED):
        if TELLING.intersection(row) and all(any(fnmatchcase(part, wanted) for part in parts) for wanted in row):
            return Kind.HOOKS if row in HOOKS else Kind.MIXED
    inside = parts & _INSIDE or ("slopguard" in parts and parts & _ABOVE) or "SLOPGUARD_HOME" in text
    return Kind.OWN if inside else None
