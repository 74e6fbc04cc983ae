"""The environment as it was before `slopguard run` pointed clients at its gate.

Invariant: what is restored is what the user's own shell had; whoever can forge the record can set the variables too.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

VARIABLE = "SLOPGUARD_RUN"
FILE = "environment.json"


def restored(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without what `slopguard run` put there; PATH keeps what the command itself added."""
    record = env.get(VARIABLE)
    found = {key: value for key, value in env.items() if key != VARIABLE}
    if not record:
        return found
    import json  # only inside `slopguard run`: start-up is a feature

    try:
        before = json.loads(Path(record).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return found
    for key, value in before.items() if isinstance(before, dict) else ():
        if key in ("PATH", "SLOPGUARD_SHIMS"):
            continue
        if isinstance(value, str):
            found[key] = value
        else:
            found.pop(key, None)
    return found
