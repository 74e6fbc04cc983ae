"""Keys of made-up people: real ones, but whose passphrases are quick to check, and made once a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from securesystemslib.signer import CryptoSigner

from slopguard.signing import keys
from slopguard.signing.keys import KeyFolder, PublicKey

PASSPHRASE = "correct horse battery"
WRONG = "wrong horse battery"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys made in this process have passphrases that are checked at once."""
    monkeypatch.setattr(keys, "ROUNDS", 1)


@cache
def made(name: str) -> tuple[bytes, Ed25519PrivateKey]:
    """A private key of this name: its file, and the key itself."""
    private = Ed25519PrivateKey.generate()
    how = PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(1).build(PASSPHRASE.encode())
    return private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, how), private


def signer(name: str) -> CryptoSigner:
    """Signs with the key of this name."""
    return CryptoSigner(made(name)[1])


def give(user: Path, name: str = "approval", *, approves: bool = True) -> PublicKey:
    """Put a key with `PASSPHRASE` into the settings folder of an account."""
    public = PublicKey(name, signer(name).public_key, approves=approves)
    KeyFolder(user / "keys").keep_public(public)
    path = user / "keys" / f"{name}.pem"
    path.write_bytes(made(name)[0])
    path.chmod(0o600)
    return public
