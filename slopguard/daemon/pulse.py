"""Whether a daemon that lets a command wait still answers anybody; light.

Invariant: who waits is never held up by the look itself; a daemon that answers is waited for as long as it takes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SILENCE = 15.0
"""Seconds that a command waits for a reply before it looks, and between two looks."""
PATIENCE = 10.0
"""Seconds that the daemon may take to prove itself then."""


@contextmanager
def watched(answers: Callable[[], bool], give_up: Callable[[], None]) -> Iterator[None]:
    """Call `give_up`, from another thread, if the daemon answers nobody any more while the block waits for it.

    Args:
        answers: looks whether it does; may take a while.
    """
    over = threading.Event()

    def watch() -> None:
        while not over.wait(SILENCE):
            if not answers() and not over.is_set():
                give_up()
                return

    threading.Thread(target=watch, name="slopguard-pulse", daemon=True).start()
    try:
        yield
    finally:
        over.set()
