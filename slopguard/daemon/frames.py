"""What a command and the daemon say to each other: frames of JSON on a loopback connection; light.

    4 bytes, big endian: the length        then so many bytes of JSON

A command asks one thing at a time (`{"do": WORD, ...}`) and gets one reply: `done`, `failed` (an error of ours) or
`refused` (this daemon will not; host yourself). Between, the daemon may push `learn` and `ask`, and gets an `answer`.

Invariant: a frame longer than its limit is never read.
"""

from __future__ import annotations

import json
from typing import Any

from slopguard.daemon.plain import Garbled

PROTOCOL = 1
"""Raised whenever a message changes its meaning; the greeting (`slopguard.daemon.proof`) never changes."""
LONGEST = 64 << 20
"""Bytes of a frame: far more than the largest lock file known asks about."""
LONGEST_GREETING = 1024
"""Bytes of a frame from somebody who has not proven yet who it is."""
HEAD = 4


def pack(value: dict[str, Any]) -> bytes:
    """A frame.

    Raises:
        Garbled: it would be too long to be read.
    """
    data = json.dumps(value, separators=(",", ":")).encode()
    if len(data) > LONGEST:
        raise Garbled
    return len(data).to_bytes(HEAD, "big") + data


def length(head: bytes, limit: int) -> int:
    """How many bytes follow.

    Raises:
        Garbled: more than the limit.
    """
    found = int.from_bytes(head, "big")
    if found > limit:
        raise Garbled
    return found


def unpack(data: bytes) -> dict[str, Any]:
    """What a frame holds.

    Raises:
        Garbled: no JSON object.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise Garbled from None
    if type(value) is not dict:
        raise Garbled
    return value
