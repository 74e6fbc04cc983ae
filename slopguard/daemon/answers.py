"""What a hook is told, as it travels.

Invariant: what leaves the daemon is trimmed; what is read has the types that it must have, or is `Garbled`.
"""

from __future__ import annotations

from typing import Any

from slopguard.daemon.plain import Garbled, decode, encode
from slopguard.daemon.questions import Answers
from slopguard.model import Ecosystem, Verdict

_Groups = tuple[tuple[Verdict, ...], ...]


def answers_out(answers: Answers) -> dict[str, Any]:
    """What a hook is told."""
    from slopguard.daemon.trim import trimmed  # not for the hook that reads it

    refused = tuple(tuple(map(trimmed, group)) for group in answers.groups)
    opened = encode(tuple[Ecosystem, ...], answers.open)
    return {"refused": encode(_Groups, refused), "times": answers.times, "open": opened}


def answers_in(said: dict[str, Any], groups: int) -> Answers:
    """What `answers_out` wrote.

    Args:
        groups: how many groups of questions were asked.

    Raises:
        Garbled: it is none, or not about them.
    """
    opened: tuple[Ecosystem, ...] = decode(tuple[Ecosystem, ...], said.get("open"))
    if opened:
        return Answers(open=opened)
    refused: _Groups = decode(_Groups, said.get("refused"))
    if len(refused) != groups:
        raise Garbled
    return Answers(refused, decode(int, said.get("times")))
