"""Clients that are Python programs with dependencies of their own: kept in one folder, started from anywhere.

Invariant: the program's own packages reach no other process: they are on the path of the interpreter that runs it,
not in a variable that what it starts would inherit.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.simulators.clients import kept


def folder(name: str, version: str, *more: str) -> Path:
    """A folder with a Python program and everything it depends on, importable.

    Args:
        version: a number, or `newest`: the newest of this month.
        more: further requirements (`hishel<2`).

    Raises:
        Unavailable: it cannot be had.
    """
    newest = version == "newest"
    key = datetime.now(UTC).strftime("newest-%Y-%m") if newest else version
    beside = "".join(f"-{re.sub('[^A-Za-z0-9.]+', '-', requirement)}" for requirement in more)
    command = [sys.executable, "-m", "pip", "install", "--quiet", name if newest else f"{name}=={version}", *more]
    python = f"py{sys.version_info[0]}.{sys.version_info[1]}"
    return kept(f"{name}-tool-{key}{beside}-{python}", [*command, "--target"])


def program(place: Path, packages: Path, entry: str) -> Path:
    """An executable that runs `MODULE:FUNCTION` from such a folder, as an installed console script does."""
    module, _, function = entry.partition(":")
    lines = (f"#!{sys.executable}", "import sys", f"sys.path.insert(1, {str(packages)!r})")
    start = (f"from {module} import {function}", "if __name__ == '__main__':", f"    sys.exit({function}())", "")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("\n".join((*lines, *start)), encoding="utf-8")
    place.chmod(0o755)
    return place
