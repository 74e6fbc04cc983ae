"""The daemon's process: `python -P -m slopguard.daemon`, started by a command; people use `slopguard daemon run`.

Invariants: what it does not need of its starter is closed or left before anything else; it prints to nobody's
terminal; one that cannot serve ends with a word on the pipe its starter waits at, or by closing it.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

READY = b"ready\n"
FAILED = 4


def main(argv: list[str]) -> int:
    """Serve, and end."""
    given = _arguments(argv)
    _close_others({given.lock, given.ready})
    os.umask(0o077)
    from slopguard import __version__

    if given.version != __version__:
        return FAILED  # upgraded between its starter's start and now: the next command knows
    from slopguard.daemon import life

    def ready() -> None:
        with suppress(OSError):  # its starter may be gone
            os.write(given.ready, READY)
        os.close(given.ready)

    return FAILED if life.live(Path(given.home), given.idle, given.lock, ready) is None else 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", required=True)
    parser.add_argument("--idle", type=float, required=True)
    parser.add_argument("--lock", type=int, required=True)
    parser.add_argument("--ready", type=int, required=True)
    parser.add_argument("--version", required=True)
    return parser.parse_args(argv)


def _close_others(kept: set[int]) -> None:
    """Close every descriptor that was inherited: whoever waits for the end of a pipe of theirs must not wait for us."""
    low = 3
    for number in sorted(kept):
        os.closerange(low, number)
        low = number + 1
    os.closerange(low, 1 << 16)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
