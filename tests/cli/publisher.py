"""A person whose settings name a publisher of lists, and what they type at their terminal."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

from tests.cli.program import Ended, Program
from tests.simulators.lists_repository import ListsRepository
from tests.simulators.person import typed

SETTINGS = "home/.config/slopguard/slopguard.toml"


def settings_of(slopguard: Program, publisher: ListsRepository, url: str, *teams: str) -> Path:
    """The user's settings name this publisher."""
    text = f'[lists]\nsources = [{{url = "{url}", root = "sha256:{publisher.pin}"}}]\nteams = {list(teams)}\n'
    return slopguard.write(SETTINGS, text)


def at_a_terminal(slopguard: Program, *argv: str, answer: str = "yes", **env: str) -> Ended:
    """A command as a person runs it, who types `answer`; what they see is in `out`."""
    command = [sys.executable, "-m", "slopguard", *argv]
    code, shown = typed(command, slopguard.env | env, slopguard.cwd, answer=answer)
    return Ended(code, shown, "")


def saved(slopguard: Program) -> Any:
    """The user's settings as they are now."""
    return tomllib.loads((slopguard.root / SETTINGS).read_text())
