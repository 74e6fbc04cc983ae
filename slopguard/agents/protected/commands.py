"""Shell commands that an agent must not run: see the package.

Invariants: a text that names nothing of the guard's and has no program in it that could change a file is not parsed;
one that cannot be read is let through, others ask about it. One that is too long to be read whole is refused: what
stands behind the rest of it would be hidden there.
"""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

from slopguard.agents.protected.hook_files import MOVED
from slopguard.agents.protected.places import Guarded, Places
from slopguard.patterns import regex

_NAMED = regex(
    r"slopguard|hook|settings|config\.toml|pyproject|lists\.toml|enabled\.json|accepted\.toml|undo\.sh|uninstall|trusted|\.claude"
    r"|\.codex|\.cursor|\.gemini|\.qwen|\.github|\.copilot|codeium|windsurf|cline|opencode|\.bash|\.profile|\.zsh|fish",
    re.IGNORECASE,
)
"""Parts of names of what is protected."""
_CHANGING = regex(
    r"\b(?:rm|rmdir|unlink|shred|srm|mv|cp|ln|tee|dd|rsync|scp|truncate|touch|chmod|chown|find|xargs|checkout"
    r"|restore|stash|clean|reset|apply|am|switch|patch|sed|perl|sponge|sqlite3?|trash|rimraf|eval)\b"
    r"|(?:^|[\n;&|({]|\b(?:sudo|env|exec|command|time|nice|nohup|xargs|doas|busybox)\s)\s*(?:[\w./-]*/)?install\b"
    r"|(?<![-=])>(?!\s*/dev/null|&\d|=)|\$['{(]|`|\w[\\\"'$]\w|''|\"\"",
)
"""What could change a file without its name being written, and what could hide a name.

`install` is a program only where a command begins: every other word of that kind is a client's.
"""
_MOVED = ("SLOPGUARD_HOME", "SLOPGUARD_CONFIG", *dict.fromkeys(variable for variable, _, _ in MOVED))
_FOLDERS = 40
_CUT = Guarded("command", "this is too long to be read whole, and could change what guards its user; run it in parts")


def of_command(text: str, places: Places) -> Guarded | None:
    """See `slopguard.agents.protected.of_command`."""
    if not worth_a_look(text, places):
        return None
    from slopguard.agents.protected import code, own, shell
    from slopguard.agents.protected.targets import Look

    script, look = shell.read(text, places), Look(places, "tool.slopguard" in text)
    reasons = chain(
        (own.variables(script.variables, text),),
        (own.command(ran.words, ran.cwd, places) or look.ran(ran) for ran in script.ran),
        (code.of(each, cwd, places) for each, cwd in script.code),
        (look.redirected(word, script.folders[:_FOLDERS], appended) for word, appended in script.outputs),
    )
    return next(filter(None, reasons), _CUT if script.cut else None)


def worth_a_look(text: str, places: Places) -> bool:
    """Whether a text may be of interest at all; it is not parsed where it is not."""
    if _CHANGING.search(text) or _NAMED.search(text) or _NAMED.search(str(places.cwd)):
        return True
    moved = (places.env.get(name, "") for name in _MOVED)
    return any(Path(value).name in text for value in moved if value)
