"""A daemon that calls itself another version: `python -m tests.daemon.another HOME VERSION`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from slopguard.daemon.places import Places
from slopguard.daemon.server import Daemon, Terms


def main(home: Path, version: str) -> None:
    """Serve until it is over."""
    places = Places(home)
    assert places.prepare()
    lock = places.hold()
    assert lock is not None
    terms = Terms(home, 60.0, lock, lambda: say("ready"), version=version)
    say(asyncio.run(Daemon(terms).run()))


def say(word: str) -> None:
    """Tell the test."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
