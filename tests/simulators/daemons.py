"""The daemons that tests leave behind: a guarded command that finds none starts one.

It ends by itself some seconds later; one that `warm` started for a sandbox is told to end with its test.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

SECONDS = "2"
"""`SLOPGUARD_DAEMON` in tests: long enough for the next command of a test, too short to gather."""


def below(folder: Path) -> list[int]:
    """The processes of daemons whose home lies below a folder (where there is `/proc`)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"slopguard.daemon" in words and any(word.startswith(os.fsencode(folder)) for word in words):
                found.append(int(process.name))
    return found


def end(folder: Path) -> None:
    """Ask those to end that are left."""
    for process in below(folder):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
