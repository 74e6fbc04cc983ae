"""A daemon from its first import to its last line in the log.

Invariant: all code that it may ever need is loaded before it serves; an upgrade may replace its files any time.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import logging.handlers
import os
import socket
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import slopguard
from slopguard.daemon.memory import raised_files
from slopguard.daemon.places import Places
from slopguard.daemon.server import Daemon, Terms
from slopguard.errors import SlopguardError

LONGEST_LOG = 256 << 10
"""Bytes of the log, and of the one before it."""
ROOMS = (
    "cache",
    "config",
    "daemon",
    "gate",
    "lists",
    "lookalike",
    "model",
    "policy",
    "registries",
    "signing",
    "store",
)
"""Our packages that a session may need."""
BESIDES = (
    "slopguard.judge",
    "slopguard.evidence",
    "slopguard.messages",
    "difflib",
    "filelock",
    "packaging.specifiers",
    "packaging.version",
    "rapidfuzz.distance",
    "unicodedata",
)
"""Our modules, and those of libraries, that are imported only when they are needed."""

log = logging.getLogger("slopguard.daemon")


def live(
    home: Path,
    idle: float,
    lock: int,
    ready: Callable[[], None] = lambda: None,
    control: socket.socket | None = None,
) -> str | None:
    """Serve until it is over; why it ended, `None` if it could not serve (the log says why)."""
    _keep_log(Places(home).log)
    tempfile.tempdir = str(Places(home).folder)  # it outlives the place that its starter had for such files
    raised_files()
    load()
    gc.collect()
    gc.freeze()
    try:
        return asyncio.run(Daemon(Terms(home, idle, lock, ready, control)).run())
    except SlopguardError as error:
        log.error("cannot serve: %s", error.code)
    except OSError as error:
        log.error("cannot serve: %s", os.strerror(error.errno or 0))
    return None


def load() -> None:
    """Import all that a session may need."""
    for room in ROOMS:
        package = import_module(f"slopguard.{room}")
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(".__main__"):
                import_module(found.name)
    for name in BESIDES:
        import_module(name)


class _Plain(logging.Formatter):
    """Lines of our own words: of an error its kind and where it came from, never its text."""

    def format(self, record: logging.LogRecord) -> str:
        if not record.name.startswith(slopguard.__name__):
            record.msg, record.args = "a fault in a library", ()
        return super().format(record)

    def formatException(self, ei: object) -> str:  # noqa: N802 logging calls it so
        assert isinstance(ei, tuple)
        kind, _, trace = ei
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "?"
        return f"  {kind.__name__} at {where}"


def _keep_log(path: Path) -> None:
    """Write what becomes of it to a file that stays small; one that cannot be written is left out."""
    logging.raiseExceptions = False
    try:
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=LONGEST_LOG, backupCount=1, encoding="utf-8")
    except OSError:
        return
    handler.setFormatter(_Plain("%(asctime)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger(slopguard.__name__).setLevel(logging.INFO)
