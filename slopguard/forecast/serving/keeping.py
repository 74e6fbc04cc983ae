"""Keeps a server up until it is told to stop: starts it, says where it is, starts it again when it ends by itself.

Invariants: a child that never came up is not tried again (the same file gives the same end); one that did is started
again on the same port, a bounded number of times in a span of time; whatever happens, no child is left.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from slopguard.errors import EnvironmentFailed
from slopguard.forecast.serving import child as children
from slopguard.forecast.serving.child import Child
from slopguard.forecast.serving.plan import Plan

LOG = "model-server-{port}.log"
_TICK = 0.2


@dataclass(frozen=True, slots=True)
class Bounds:
    """How a server is kept.

    Args:
        patience: seconds that it may take to come up.
        restarts: how often it is started again within `span` seconds.
        pause: seconds before it is.
    """

    patience: float = 900.0
    restarts: int = 3
    span: float = 300.0
    pause: float = 0.5


class Told:
    """What is said of a server, as it happens; a command prints it."""

    def up(self, url: str, restarts: int) -> None:
        """It listens.

        Args:
            restarts: times that it was started again.
        """

    def down(self) -> None:
        """It ended by itself, and will be started again."""


def keep(
    plan: Plan,
    home: Path,
    told: Told,
    bounds: Bounds | None = None,
    environ: Mapping[str, str] | None = None,
    module: str = children.MODULE,
) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP (unless that is ignored).

    Args:
        home: `SLOPGUARD_HOME`; its log is written there, by port: two servers at once do not share one.

    Raises:
        EnvironmentFailed: it did not come up, keeps ending, or its log cannot be written.
    """
    bounds, environ = bounds or Bounds(), os.environ if environ is None else environ
    log, ends = home / LOG.format(port=plan.port), deque[float]()
    count = 0
    with _stopping() as stop:
        while not stop.is_set():
            child = children.start(plan, log, environ, module)
            try:
                if not _up(child, bounds, stop):
                    _raise_unless(stop, count, log)
                    return
                told.up(child.url, count)
                plan = replace(plan, port=urlsplit(child.url).port or plan.port)
                _while_up(child, stop)
            finally:
                child.close()
            if stop.is_set():
                return
            _count_end(ends, bounds, log)
            count += 1
            told.down()
            stop.wait(bounds.pause)


def _up(child: Child, bounds: Bounds, stop: threading.Event) -> bool:
    """Wait until it listens, or ended, or we are to stop."""
    until = monotonic() + bounds.patience
    while monotonic() < until and not stop.is_set():
        if children.came_up(child, _TICK):
            return True
        if child.ended:
            return False
    return False


def _while_up(child: Child, stop: threading.Event) -> None:
    while not child.ended and not stop.wait(_TICK):
        pass


def _raise_unless(stop: threading.Event, count: int, log: Path) -> None:
    if stop.is_set():
        return
    what = "did not come up again after it ended" if count else "did not come up"
    raise EnvironmentFailed(f"the model server {what}", f"llama.cpp says why in {log.name}, in SLOPGUARD_HOME")


def _count_end(ends: deque[float], bounds: Bounds, log: Path) -> None:
    """Remember that it ended by itself.

    Raises:
        EnvironmentFailed: it did so too often.
    """
    ends.append(monotonic())
    while ends[0] < ends[-1] - bounds.span:
        ends.popleft()
    if len(ends) > bounds.restarts:
        raise EnvironmentFailed(
            f"the model server ended {len(ends)} times in a short while",
            f"llama.cpp says why in {log.name}, in SLOPGUARD_HOME",
        )


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that is set by the signals that end a program; outside of the main thread by nothing."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    numbers = [signal.SIGTERM, signal.SIGINT]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored: by nohup
        numbers.append(signal.SIGHUP)
    before: dict[signal.Signals, Any] = {number: signal.signal(number, lambda *_: stop.set()) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
