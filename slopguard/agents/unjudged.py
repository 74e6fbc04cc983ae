"""What an agent is told where nothing could be judged, in fixed words; prepared before every look, so light."""

from __future__ import annotations

from slopguard.agents.model import Answer, Decision

FAILED = "slopguard: this could not be checked (internal error); only the user may decide. Next: slopguard status"
LATE = (
    "slopguard: an index did not answer in time, so this was not judged. Nothing is known to be wrong with the name; "
    "retry once later, or let the user decide."
)
SETTINGS = "slopguard: its settings cannot be used, so nothing can be judged. Ask the user to run: slopguard status"


def unjudged(text: str, *, strict: bool) -> Answer:
    """Nothing could be judged.

    Args:
        text: why: `FAILED`, `LATE` or `SETTINGS`.
        strict: refuse instead of asking.
    """
    return Answer(Decision.DENY if strict else Decision.ASK, text, text)
