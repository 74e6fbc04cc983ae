"""Memory that goes back to the system once it is not needed.

A gate handles documents of 20 MB, one by one. glibc takes the first of them as a sign to keep blocks of that size for
itself, and has such a heap for every thread: measured, 40 MB more after an install of 450 packages. Other C libraries
know no such setting and need none.
"""

from __future__ import annotations

MAPPED = 1 << 20
"""Bytes from which on a block is mapped by itself, and given back whole."""
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8


def give_back() -> None:
    """Ask glibc to keep little for itself, from now on."""
    import ctypes  # not before a gate starts

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # another C library, another system
        return
    mallopt(_M_MMAP_THRESHOLD, MAPPED)
    mallopt(_M_ARENA_MAX, 1)
