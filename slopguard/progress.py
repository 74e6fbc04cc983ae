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
def advancing(total: int, what: str, first: str = "") -> Iterator[Callable[[int], None]]:
    """A bar on stderr while the body runs; gives the function that takes several steps at once.

    Args:
        total: how many steps there will be.
        first: what is done before the first step, and again from a step of 0 to the next one; as nobody knows how
            long that takes, it is shown without a figure.
    """
    if (total <= FEW and not first) or not sys.stderr.isatty():
        yield lambda steps: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total, visible=not first)
        waiting = bar.add_task(first, total=None, visible=bool(first))

        def advance(steps: int) -> None:
            bar.update(waiting, visible=bool(first) and steps == 0)
            bar.update(task, advance=steps, visible=steps > 0 or not first)

        yield advance
