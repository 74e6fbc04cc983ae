"""What a client that is one binary file said of itself, remembered for as long as it is that file.

Asking uv takes three starts of it, which is most of what a small install takes. Invariants: an answer counts only for
the same file, by place, size, times and inode (nobody sets a file's change time); of what is a script, or a link to a
program of another name (a version manager's), nothing is remembered, because what it starts may be another tomorrow.
The record lies in the account's own folder, wherever `SLOPGUARD_HOME` points: whoever writes there could as well write
the client's settings. It is no more than a record: whatever is wrong with it, the client is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from slopguard.config import private
from slopguard.config.places import places
from slopguard.errors import ConfigError

FILE = "clients.json"
MOST = 32
"""Answers that are kept."""


def answer(command: Sequence[str], question: Sequence[str], env: Mapping[str, str], ask: Callable[[], str]) -> str:
    """What the client says to `question`: as remembered, or as `ask` has it from the client.

    Args:
        command: how it is started; only of a single file anything is remembered.
        env: says whose account it is.
    """
    file = _identity(command)
    if file is None:
        return ask()
    record = places(env).home / FILE
    known = _read(record)
    key = " ".join(question)
    if (found := known.get(f"{file} {key}")) is not None:
        return found
    said = ask()
    if said:
        kept = list(known.items())[-MOST + 1 :]
        with suppress(ConfigError):
            private.put(record, json.dumps(dict([*kept, (f"{file} {key}", said)])).encode())
    return said


def _identity(command: Sequence[str]) -> str | None:
    """Which file a command is; `None` where that says nothing of what will run."""
    if len(command) != 1:
        return None
    try:
        place = Path(command[0]).resolve(strict=True)
        if place.name != Path(command[0]).name:
            return None
        with place.open("rb") as file:
            if file.read(2) == b"#!":
                return None
        found = place.stat()
    except OSError:
        return None
    return f"{place} {found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _read(record: Path) -> dict[str, str]:
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    whole = isinstance(found, dict) and all(isinstance(said, str) for said in found.values())
    return found if whole else {}
