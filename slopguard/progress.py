"""Progress on a terminal, for what takes more than a second; nothing when nobody watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FEW = 20
"""Up to so many steps are over before a bar could be read."""


def colourful() -> bool:
    """Whether standard output is a terminal that wants colours (`NO_COLOR`, https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextmanager
def progress(total: int, what: str = "asking the index") -> Iterator[Callable[[], None]]:
    """A bar on stderr while the body runs; gives the function that takes one step.

    Args:
        total: how many steps there will be.
    """
    with advancing(total, what) as advance:
        yield lambda: advance(1)


@contextmanager
def advancing(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while the body runs; gives the function that takes several steps at once.

    Args:
        total: how many steps there will be.
    """
    if total <= FEW or not sys.stderr.isatty():
        yield lambda steps: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda steps: bar.advance(task, steps)
