"""The daemons of a benchmark: started, ended, and what they took of the processor.

Invariant: only processes whose environment names this `SLOPGUARD_HOME` count; where there is no `/proc`, none do.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from slopguard.daemon import starting

OURS = (sys.executable, "-m", "slopguard")
KEPT = "1200"
"""`SLOPGUARD_DAEMON` of a benchmark: an idle daemon stays for longer than a round takes."""


def started(env: Mapping[str, str]) -> None:
    """See to it that the daemon of this `SLOPGUARD_HOME` is up."""
    found = starting.begin(Path(env["SLOPGUARD_HOME"]), env).finish()
    if found is None:
        sys.exit("there is no daemon")
    found.close()


def stopped(env: Mapping[str, str]) -> None:
    """End the daemon of this `SLOPGUARD_HOME`, if there is one."""
    subprocess.run((*OURS, "daemon", "stop"), env=dict(env), capture_output=True, check=False)


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
