"""Private key files, unlocked for one use.

Invariants: a person's key without a passphrase is refused, wherever it lies; a passphrase is asked for each time and
never kept; no ssh-agent is ever spoken to, so that a key unlocked there is not enough; errors say nothing about the
passphrase but that it is wrong.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

from slopguard.errors import SigningError, printable
from slopguard.signing.public import USE_INSTEAD

TRIES = 3
"""Passphrases asked for before giving up."""
OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
FIDO = (b"sk-ssh-ed25519@openssh.com", b"sk-ecdsa-sha2-nistp256@openssh.com")


def unlocked(data: bytes, where: str, what: str, secret: Callable[[str], str]) -> Any:
    """The private key in a file of a person.

    Args:
        where: names the file in an error.
        what: names the passphrase when it is asked for.

    Raises:
        SigningError: the file is no private key, has no passphrase, or the passphrase is wrong.
    """
    _no_fido(data, where)
    if _opened(data, where, None) is not None:
        raise SigningError(
            f"{printable(where)}: the key has no passphrase, so that whoever can read the file can sign with it",
            "Give it one: ssh-keygen -p -f FILE",
        )
    for left in range(TRIES, 0, -1):
        found = _opened(data, where, secret(what if left == TRIES else f"wrong; {what}").encode())
        if found is not None:
            return found
    raise SigningError("the passphrase is wrong", "Nothing was signed")


def open_to_machines(data: bytes, where: str) -> Any:
    """The private key in the file of a machine: PEM without passphrase.

    Raises:
        SigningError: the file is no private key, or has a passphrase, which nobody could type.
    """
    found = _opened(data, where, None)
    if found is None:
        raise SigningError(
            f"{printable(where)}: the key has a passphrase; a machine's key has none", "slopguard keys new ci --ci"
        )
    return found


def _opened(data: bytes, where: str, passphrase: bytes | None) -> Any:
    """The key; `None` if it needs another passphrase than this."""
    load = load_ssh_private_key if data.lstrip().startswith(OPENSSH) else load_pem_private_key
    try:
        return load(data, passphrase)
    except TypeError:  # it is encrypted, and no passphrase was given
        return None
    except (ValueError, UnsupportedAlgorithm):
        if passphrase is not None:
            return None
        raise SigningError(
            f"{printable(where)}: is no private key that can be used", "Name the private file, not the .pub"
        ) from None


def _no_fido(data: bytes, where: str) -> None:
    """Refuse keys whose private half is in a FIDO device, and say what to use.

    Raises:
        SigningError: it is one.
    """
    body = b"".join(line for line in data.splitlines() if not line.startswith(b"-"))
    try:
        head = binascii.a2b_base64(body)[:512]
    except binascii.Error:
        return
    if any(kind in head for kind in FIDO):
        raise SigningError(f"{printable(where)}: keys of OpenSSH for FIDO devices cannot be used", USE_INSTEAD)
