"""Tells systemd how a service is getting on (sd_notify(3)), where systemd asks to be told."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

VARIABLE = "NOTIFY_SOCKET"


def notify(state: str) -> None:
    """Say a state such as `READY=1`; nothing happens where nobody listens."""
    place = os.environ.get(VARIABLE, "")
    if not place or not hasattr(socket, "AF_UNIX"):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.connect("\0" + place[1:] if place.startswith("@") else place)
        out.send(state.encode())
