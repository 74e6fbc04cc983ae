"""What a process that lives long holds, and gives back: memory and descriptors."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

MOST_FILES = 65_536
"""Descriptors asked for at most; some systems call "any number" a limit and refuse it."""


def tidied() -> None:
    """Collect what is unreachable, and give pages that nobody uses back to the system, where the C library can."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def raised_files() -> None:
    """As many descriptors as this process may have."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
