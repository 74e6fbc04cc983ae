"""How a command and a daemon prove to each other that both may read the daemon's key; light.

    command -> daemon   {"slopguard": 1, "nonce": N1}
    daemon -> command   {"nonce": N2, "proof": HMAC(key, "daemon" | N1 | N2 | who), ...who}
    command -> daemon   {"proof": HMAC(key, "command" | N1 | N2 | who)}

`who` is the daemon's version, protocol, process and ports. The control port in it is the one that the command connected
to, so that nobody can pass the challenge on to the real daemon from another port.

Invariants: this exchange stays the same in every version, so that any two can tell each other to give way; nothing but
random numbers and digests is sent before the other side is proven; proofs are compared in constant time.
"""

from __future__ import annotations

import hmac
import json
import os
from dataclasses import dataclass

GREETING = 1
KEY_BYTES = 32
DAEMON, COMMAND = "daemon", "command"


@dataclass(frozen=True, slots=True)
class Who:
    """A daemon: what its proof stands for."""

    version: str
    protocol: int
    pid: int
    port: int
    gate: int


def nonce() -> str:
    """A random number that is used once."""
    return os.urandom(KEY_BYTES).hex()


def proof(key: bytes, role: str, asked: str, answered: str, who: Who) -> str:
    """What only a holder of the key can say about this exchange.

    Args:
        role: `DAEMON` or `COMMAND`; what one says never serves the other.
        asked: the command's nonce.
        answered: the daemon's nonce.
    """
    parts = [role, asked, answered, who.version, who.protocol, who.pid, who.port, who.gate]
    return hmac.digest(key, json.dumps(["slopguard", GREETING, *parts]).encode(), "sha256").hex()


def proven(said: object, key: bytes, role: str, asked: str, answered: str, who: Who) -> bool:
    """Whether `said` is that proof."""
    expected = proof(key, role, asked, answered, who)
    return isinstance(said, str) and said.isascii() and hmac.compare_digest(said, expected)


def is_nonce(said: object) -> bool:
    """Whether it has the form of a nonce."""
    return isinstance(said, str) and len(said) == 2 * KEY_BYTES and said.isascii()
