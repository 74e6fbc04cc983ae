"""aiohttp, imported beside the work that does not need it yet.

Half of the time this takes passes outside the interpreter (aiohttp reads the machine's CA certificates twice when it
is imported), and some of the rest while the client says which index it uses.

Invariants: importing is all that happens here, and nothing of ours is imported, so that no two threads can wait for
each other's modules; whoever needs aiohttp imports it too, waits for it there, and meets its errors there; the
interpreter does not end in the middle of it (a library's start-up code that loses its interpreter crashes).
"""

from __future__ import annotations

import contextlib
import threading


def start() -> None:
    """Begin to import; returns at once."""
    threading.Thread(target=_load, name="slopguard-ahead").start()


def _load() -> None:
    with contextlib.suppress(ImportError):
        import aiohttp.web  # noqa: F401 imported for whoever needs it next
