"""A child that breaks its word: it says something else than where it listens; the one that says `here` is deaf, too."""

from __future__ import annotations

import signal
import sys

from slopguard.forecast.serving.plan import Plan

if __name__ == "__main__":
    said = Plan.loaded(sys.argv[1]).alias
    if said == "here":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()
    if said != "gone":
        sys.stdin.read()
