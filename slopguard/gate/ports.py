"""Where the gate listens: the same port from run to run, so that client caches keyed by URL stay warm."""

from __future__ import annotations

import hashlib
from pathlib import Path

LOWEST, HIGHEST = 20_000, 45_000
"""Above the well-known services, below the range most systems hand out as ephemeral ports."""


def preferred_port(home: Path) -> int:
    """The port that the gate of this `SLOPGUARD_HOME` asks for first; pure, always in `LOWEST`..`HIGHEST`."""
    digest = hashlib.sha256(str(home).encode("utf-8", "surrogatepass")).digest()
    return LOWEST + int.from_bytes(digest[:4], "big") % (HIGHEST - LOWEST)
