"""Running the client as if slopguard were not there: same streams, signals handed on, its exit code kept."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from slopguard.errors import UsageError
from slopguard.guard import circles

_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_SHARED = (signal.SIGINT, signal.SIGQUIT)
"""A terminal sends these to the whole group: the client gets them by itself, and we wait for it to end."""

GRACE = 2.0
"""Seconds that a client may take to end by itself, each time it is told to."""


def run(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: Path | None = None,
    edit: Callable[[str], str] | None = None,
    confined: Collection[int] | None = None,
    watched: Callable[[Callable[[], None]], None] = lambda end: None,
) -> int:
    """Start a client, wait for it, and give its exit code (128 + number for a signal, as shells do).

    Args:
        edit: changes what the client prints on stdout, which is then held back until the client ends.
        confined: the only ports that the client may connect to (see `slopguard.egress.landlock`); `None` for all.
        watched: told how to end the client before its time.

    Raises:
        UsageError: it cannot be started.
    """
    try:
        process = _started(argv, circles.above(env, argv[0]), cwd, confined, stdout=subprocess.PIPE if edit else None)
    except OSError as error:
        raise UsageError(f"{Path(argv[0]).name or argv[0]} cannot be started", "Check that it is installed") from error
    watched(lambda: ended(process))
    with _handed_on(process):
        if edit:
            printed, _ = process.communicate()
            sys.stdout.write(edit(printed.decode("utf-8", "surrogateescape")))
            sys.stdout.flush()
        code = process.wait()
    return 128 - code if code < 0 else code


def ended(process: subprocess.Popen[bytes]) -> None:
    """End a client, while another thread waits for it.

    npm catches the first signal in the middle of an install, and then waits for answers that will never come.
    """
    for end in (process.terminate, process.terminate, process.kill):
        end()
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
            return


def _started(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path | None, confined: Collection[int] | None, stdout: int | None
) -> subprocess.Popen[bytes]:
    if confined is None:
        return subprocess.Popen(argv, env=dict(env), cwd=cwd, stdout=stdout)
    from slopguard.egress import landlock  # only now: start-up is a feature

    return landlock.start_confined(argv, env, cwd, confined, stdout=stdout)


@contextmanager
def _handed_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Hand signals on to the client for as long as it runs."""

    def forward(number: int, frame: FrameType | None) -> None:
        process.send_signal(number)

    def wait(number: int, frame: FrameType | None) -> None:
        """Nothing: the client got the signal too."""

    before = {}
    try:
        for number in _FORWARDED:
            before[number] = signal.signal(number, forward)
        for number in _SHARED:
            before[number] = signal.signal(number, wait)
    except ValueError:  # not the main thread: signals are somebody else's
        pass
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
