"""System calls that Python has no function for; both are of the calling thread alone."""

from __future__ import annotations

import ctypes
import functools
import os

_NO_NEW_PRIVS = 38


def call(number: int, *arguments: object) -> int:
    """What a system call gives.

    Raises:
        OSError: it failed.
    """
    return _checked(_libc().syscall(ctypes.c_long(number), *arguments))


def gain_nothing() -> None:
    """No set-user-id program gives this thread, or what it starts, more than it has: what confining oneself demands.

    Raises:
        OSError: see `call`.
    """
    _checked(_libc().prctl(_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


@functools.cache
def _libc() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library
