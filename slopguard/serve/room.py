"""The files in which a worker counts, made before anything is counted, with their room on the disk taken.

The library that counts maps files which are one large hole: where a disk is full, filling a hole ends the process by a
signal (SIGBUS), in the middle of whatever it was answering. Invariant: a disk that fills up later stops no count; one
that is full already is an error, and a worker does not begin.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from slopguard.errors import StoreError

KINDS = ("counter", "histogram", "gauge_livesum", "gauge_livemin")
"""What `slopguard.serve.metrics` has, as the library names its files."""
ROOM = 256 << 10
"""Bytes of each; every combination of labels that there can be takes less."""


def taken(run: Path, process: int) -> None:
    """Make the files of a process.

    Raises:
        StoreError: there is no room for them.
    """
    try:
        for kind in KINDS:
            _filled(run / f"{kind}_{process}.db")
    except OSError:
        raise StoreError("there is no room on the disk for what is counted") from None


def given_back(run: Path, process: int) -> None:
    """Keep of the files of a process that ended only what it counted: one that ends again and again fills no disk."""
    for kind in KINDS:
        with suppress(OSError), (run / f"{kind}_{process}.db").open("r+b") as file:
            file.truncate(max(8, int.from_bytes(file.read(4), sys.byteorder)))


def _filled(place: Path) -> None:
    """A file of its full size, never seen with less; what an earlier process of that number counted stays in it."""
    fresh = place.with_suffix(".new")
    before = place.read_bytes() if place.exists() else b""
    fresh.write_bytes(before.ljust(ROOM, b"\0"))
    fresh.replace(place)
