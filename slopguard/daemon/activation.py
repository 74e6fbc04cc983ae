"""A control port that somebody else holds: systemd (sd_listen_fds(3)) or launchd (launch_activate_socket(3)).

Invariant: a socket is taken only if it listens on this machine's loopback address, whatever a unit says.
"""

from __future__ import annotations

import ctypes
import os
import socket
from contextlib import suppress
from pathlib import Path

from slopguard.errors import ConfigError
from slopguard.gate.ports import preferred_port

FIRST = 3
"""The number of the first descriptor that systemd passes."""
NAME = "control"
"""The socket's name in a launchd agent."""


def control_port(home: Path) -> int:
    """The port that a unit holds for the daemon of this home."""
    return preferred_port(home / NAME)


def given() -> socket.socket | None:
    """The control port that the service manager holds; `None` where it holds none.

    Raises:
        ConfigError: it is not one for us.
    """
    if os.environ.get("LISTEN_PID") == str(os.getpid()):
        number = FIRST if os.environ.get("LISTEN_FDS") == "1" else None
    else:
        number = _of_launchd()
        if number is None:
            return None
    try:
        return _checked(socket.socket(fileno=number)) if number is not None else _refused()
    except OSError:
        return _refused()


def _checked(found: socket.socket) -> socket.socket:
    if found.family != socket.AF_INET or found.getsockname()[0] != "127.0.0.1":
        found.detach()
        return _refused()
    found.set_inheritable(False)
    return found


def _refused() -> socket.socket:
    raise ConfigError(
        "the service manager passes something else than one TCP socket on 127.0.0.1",
        "See what a unit must say: slopguard daemon unit systemd",
    )


def _of_launchd() -> int | None:
    """The descriptor that launchd passes; `None` on systems without it. Untested on macOS."""
    numbers, count = ctypes.POINTER(ctypes.c_int)(), ctypes.c_size_t()
    with suppress(OSError, AttributeError):
        activate = ctypes.CDLL(None).launch_activate_socket
        if activate(NAME.encode(), ctypes.byref(numbers), ctypes.byref(count)) == 0 and count.value == 1:
            return int(numbers[0])
    return None
