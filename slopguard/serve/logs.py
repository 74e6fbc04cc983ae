"""What a served gate says: one line an event on standard error, as JSON or for people.

Invariants: a line is written whole, in one call; it holds fixed words, names as clients sent them (ASCII, cut), numbers
and nothing else: no header, no address with a password, no text of a registry, no words of an exception.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import Any

LONGEST = 214
"""Characters of a text in a line; the longest name that npm allows."""
_STRANGERS = ("aiohttp.http_exceptions", "aiohttp.web_protocol")
"""Where the errors are made that say that a client sent no HTTP: no fault of ours, and anybody can send it."""
_QUIET = ("slopguard.gate.server.protocol", "aiohttp.access")


class Log:
    """Writes events.

    Args:
        form: `json` or `text`.
        worker: which process speaks; `None` for the one that watches over the others.
    """

    def __init__(self, form: str = "json", worker: int | None = None) -> None:
        self._form, self._worker = form, worker

    def __call__(self, event: str, level: str = "info", **more: Any) -> None:
        """Write one event; fields that are `None` are left out."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        fields = {"time": now, "level": level, "event": event, "worker": self._worker, **more}
        said = {key: _plain(value) for key, value in fields.items() if value is not None}
        if self._form == "json":
            line = json.dumps(said)
        else:
            rest = " ".join(f"{key}={value}" for key, value in said.items() if key not in ("time", "level", "event"))
            line = f"{now} {level:5} {event} {rest}".rstrip()
        try:
            os.write(sys.stderr.fileno(), line.encode("ascii", "replace") + b"\n")
        except OSError:  # nobody reads the log any more: that is no reason to stop answering
            return

    def fault(self, error: BaseException) -> None:
        """Write down that something failed which nobody foresaw, by its kind alone."""
        self("fault", "error", kind=type(error).__name__)


class Faults(logging.Handler):
    """Turns what libraries log into events that say who spoke and what kind of error it was, and nothing else."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.ERROR)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write an event for a record."""
        kind = record.exc_info[0] if record.exc_info else None
        if kind is not None and kind.__module__ in _STRANGERS:
            return
        self._log("fault", "error", source=record.name, kind=kind.__name__ if kind else None)
        if os.environ.get("SLOPGUARD_DEBUG"):
            sys.stderr.write(logging.Formatter().format(record) + "\n")


def take_over(log: Log) -> None:
    """From now on nothing that a library logs reaches standard error by itself."""
    root = logging.getLogger()
    root.handlers[:] = [Faults(log)]
    for name in _QUIET:
        logging.getLogger(name).disabled = True


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    text = "".join(c if " " <= c <= "~" else "?" for c in str(value))
    return text[:LONGEST]
