"""Guarding the guard: what an agent must not run or write, because it would take away what guards its user.

Invariants: pure but for looking at files, and `git cat-file` where a command would put files back; reading is never
refused; what cannot be read is nobody's business here (others ask about it); a refusal is fixed words.

A person may do all of this: at their own terminal, where no agent's hook is asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.agents.protected.places import Guarded, Places

if TYPE_CHECKING:
    from slopguard.agents.model import Edit

__all__ = ["Guarded", "Places", "of_command", "of_edit"]


def of_command(text: str, places: Places) -> Guarded | None:
    """Why a shell command must not run; `None` if there is no reason of this kind."""
    from slopguard.agents.protected import commands

    return commands.of_command(text, places)


def of_edit(edit: Edit, before: str | None, after: str | None, places: Places, cwd: Path) -> Guarded | None:
    """Why an edit must not be made; `None` if there is no reason of this kind.

    Args:
        before: what the file holds now; `None` if it is not there, or cannot be read.
        after: what it will hold; `None` if it goes away, or that cannot be told.
        cwd: where a relative path begins.
    """
    from slopguard.agents.protected import files

    return files.of_edit(edit, before, after, places, cwd)
