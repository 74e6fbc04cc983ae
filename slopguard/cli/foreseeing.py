"""What `enable` and `disable` have to do with forecasts: names for the project that a person enables the guard in.

Invariants: nothing is forecast unless a person read that it will be, and agreed; it delays nothing; where it fails the
guard is on all the same, and the next `watch poll` makes up for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from slopguard.errors import SlopguardError
from slopguard.forecast import projects
from slopguard.forecast.subjects import GUARDED
from slopguard.names import shown


def to_forecast(home: Path, folder: Path) -> Path | None:
    """The project in a folder, if there is one that nothing is forecast for yet."""
    if str(folder.resolve()) in projects.noted(home) or not projects.is_project(folder):
        return None
    return folder


def forecast(folder: Path | None) -> Iterator[str]:
    """What a person agrees to, as lines."""
    if folder is not None:
        name = shown(folder.name)
        yield f"forecast  names that models may invent in {name}: at most {GUARDED:,} an ecosystem are predicted"
        yield "          and watched, in the background, and again when its manifests change"


def begin(home: Path, folder: Path | None) -> None:
    """Note the project and begin, in the background."""
    if folder is None:
        return
    try:
        projects.note(home, folder)
        projects.begin({**os.environ, "SLOPGUARD_HOME": str(home)})
    except (SlopguardError, OSError):
        return


def forgotten(home: Path) -> Iterator[str]:
    """What goes with the guard, as lines."""
    count = len(projects.noted(home))
    if count:
        yield f"remove  what was forecast for {count:,} project{'' if count == 1 else 's'} from the watchlist"


def forget(home: Path) -> None:
    """Forget the projects; names that cannot be taken out now expire by themselves."""
    try:
        projects.forget(home)
    except SlopguardError:
        return
