"""Scripts: shells, PowerShell, Windows batch, fish, `.envrc`, `Procfile`.

Which language a script is in says its name or, without an extension, its first line.
"""

from __future__ import annotations

import re
from pathlib import Path

from slopguard.commands import fish, windows
from slopguard.commands.script import Script, without_templates
from slopguard.patterns import regex
from slopguard.readers.interface import NOWHERE, Context, Load, Reading

_DIALECTS = {
    ".ps1": windows.powershell,
    ".psm1": windows.powershell,
    ".bat": windows.batch,
    ".cmd": windows.batch,
    ".fish": fish.script,
}
_INTERPRETERS = {"pwsh": windows.powershell, "fish": fish.script}
_INTERPRETER = regex(r"#![^\n]*?(\w+)[ \t]*(?:\n|\Z)")
_TEMPLATES = (".j2", ".tmpl", ".tpl", ".in")
_PROCESS = regex(r"^[ \t]*[\w-]+:[ \t]*", re.MULTILINE)


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a script.

    Raises:
        InputError: it cannot be loaded.
    """
    text = load(path).replace("\r\n", "\n")
    name = path
    if path.suffix.lower() in _TEMPLATES:
        text, name = without_templates(text), path.with_suffix("")
    script = Script()
    script.add(_PROCESS.sub("", text) if name.stem.lower() == "procfile" else text, 1)
    dialect = _DIALECTS.get(name.suffix.lower())
    if dialect is None and (found := _INTERPRETER.match(text)):
        dialect = _INTERPRETERS.get(found[1])
    if dialect is not None:
        script = script.translated(dialect)
    return script.read(path, context.cwd or path.parent, load)
