"""The verdicts on what an agent is about to bring in: from the daemon that is up, else made in this process.

Invariants: both ways answer the same, and have written it down by then (`daemon.weighing`); a client is asked for its
indexes only where one of them could change something.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from slopguard.agents.model import Call
from slopguard.daemon.near import Near
from slopguard.daemon.questions import Answers, Group, Questions, Routes
from slopguard.model.suggesting import Asker, door_session
from slopguard.patterns import regex

if TYPE_CHECKING:
    from pathlib import Path

    from slopguard.config import Settings
    from slopguard.indexes import Index
    from slopguard.model import Ecosystem

_JOINTS = regex(r"\s*[;\n|&()]+\s*")
"""What stands between commands, roughly: quotes are not looked at."""
_ELSE = "..."


def judged(groups: Sequence[Group], call: Call, settings: Settings) -> Answers:
    """Judge what a call brings in, and write it down.

    Raises:
        SlopguardError: the lists, a client's configuration or the database cannot be used.
    """
    asker = Asker(call.agent, door_session(call.agent, call.session), call.model, call.turn)
    questions = Questions(settings, tuple(groups), asker, _command(call))
    with Near(settings.home, os.environ) as near:
        found = near.answers(questions) or _here(questions)
        if found.open:
            questions = replace(questions, routes=_routes(found.open, settings, call.cwd))
            found = near.answers(questions) or _here(questions)
    near.start()
    return found


def _here(questions: Questions) -> Answers:
    """The same, by this process; what that needs is imported only now."""
    from slopguard.daemon.weighing import here

    return here(questions)


def _routes(ecosystems: Iterable[Ecosystem], settings: Settings, cwd: Path) -> Routes:
    """The indexes of the clients that are installed here."""
    from slopguard.check.facts import indexes_of
    from slopguard.daemon.interface import placed, surroundings
    from slopguard.errors import EnvironmentFailed

    found: dict[Ecosystem, tuple[Index, ...]] = {}
    for ecosystem in ecosystems:
        try:
            found[ecosystem] = indexes_of(ecosystem, settings, cwd)
        except EnvironmentFailed:
            continue
    indexes = tuple(index for each in found.values() for index in each)
    return Routes(tuple(found), placed(indexes, cwd), surroundings(os.environ, cwd))


def _command(call: Call) -> str:
    """What the ledger says of the call: its commands that name a client, or which files it edits.

    An agent's other commands are nobody's business, and hold passwords in more ways than any filter knows.
    """
    if call.commands:
        from slopguard.commands.mention import mentioned

        pieces = [piece for text in call.commands for piece in _JOINTS.split(text) if piece]
        said = [piece if mentioned(f"{piece} ") else _ELSE for piece in pieces]
        return " ; ".join(piece for at, piece in enumerate(said) if piece != _ELSE or said[at - 1 : at] != [_ELSE])
    return "edit " + " ".join(os.path.basename(edit.path) for edit in call.edits)  # noqa: PTH119 any text is a path
