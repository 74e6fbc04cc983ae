"""What processes that outlive a command took: the daemon's share of a guarded command.

Invariant: only processes whose environment names this `SLOPGUARD_HOME` count; where there is no `/proc`, none do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def processor(home: Path) -> float:
    """Milliseconds of processor time that the living processes of this `SLOPGUARD_HOME` have used."""
    return sum(_used(process) for process in processes(home))


def processes(home: Path) -> Iterator[Path]:
    """Their folders in `/proc`."""
    wanted = f"SLOPGUARD_HOME={home}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                yield process


def _used(process: Path) -> float:
    with suppress(OSError):
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) * 1000 / os.sysconf("SC_CLK_TCK")
    return 0.0
