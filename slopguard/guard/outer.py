"""The environment as it was before slopguard pointed clients at a gate.

Invariant: what is restored is what the user's own shell had; whoever can forge the record can set the variables too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "SLOPGUARD_RUN"
FILE = "environment.json"
CODES = "codes"
"""Beside the record: the codes of what guards below refused, one a line."""


def recorded(env: Mapping[str, str], before: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment with the record of what it was before, for a guarded command that is started below this one.

    Args:
        folder: a private folder that lives as long as the command runs.
    """
    import json

    changed = {key for key in env.keys() | before.keys() if env.get(key) != before.get(key)}
    record = folder / FILE
    record.touch(mode=0o600)
    record.write_text(json.dumps({key: before.get(key) for key in changed}), encoding="utf-8")
    return {**env, VARIABLE: str(record)}


def tell(env: Mapping[str, str], code: int) -> None:
    """Let the guard above this one know that something was refused here: whoever called us may make nothing of it."""
    record = env.get(VARIABLE)
    if not record:
        return
    try:
        with Path(record).with_name(CODES).open("a", encoding="ascii") as stream:
            stream.write(f"{code}\n")
    except OSError:
        return  # the guard above has ended


def told(folder: Path) -> list[int]:
    """The codes that guards below have let us know."""
    try:
        text = (folder / CODES).read_text(encoding="ascii")
    except OSError:
        return []
    return [int(line) for line in text.split() if line.isdigit()]


def take_back() -> None:
    """Make this process' own environment the user's again: what we ask an index with comes from there, proxies too.

    The record stays, for `tell`.
    """
    if VARIABLE not in os.environ:
        return
    record, env = os.environ[VARIABLE], restored(os.environ)
    for key in os.environ.keys() - env.keys():
        del os.environ[key]
    os.environ.update(env | {VARIABLE: record})


def restored(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without what a guard above put there; PATH keeps what the command itself added."""
    record = env.get(VARIABLE)
    found = {key: value for key, value in env.items() if key != VARIABLE}
    if not record:
        return found
    import json  # only below another guard: start-up is a feature

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
