"""Signers: a person's key unlocked at the terminal, a key in hardware or at a cloud provider, a machine's key.

Invariants: whatever a library or a device raises, while opening or while signing, is a `SigningError` in our words; a
signer signs with the private half of the public key it was asked for, or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from securesystemslib.exceptions import UnsupportedLibraryError
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, CryptoSigner, Key, Signature, Signer, SSlibKey

from slopguard.errors import SigningError, SlopguardError, UsageError
from slopguard.signing.keys import Secret, read_file
from slopguard.signing.public import PublicKey, checked
from slopguard.signing.unlock import open_to_machines, unlocked

SCHEMES = ("hsm", "awskms", "gcpkms", "azurekms", "hv", "file2")
"""Places of private keys outside our own folder, as securesystemslib names them."""
EXTRA = {"hsm": "hsm", "awskms": "awskms", "gcpkms": "gcpkms", "azurekms": "azurekms", "hv": "vault"}
"""What securesystemslib must be installed with for them."""


def signer_for(public: PublicKey, folder: Path, secret: Secret) -> Signer:
    """A signer with the private half of a key.

    Args:
        folder: where the private files of keys with a passphrase are.
        secret: asks for a passphrase or a PIN, by its name.

    Raises:
        SigningError: the key cannot be opened; the signer raises it if the key cannot sign.
    """
    scheme = public.uri.partition(":")[0]
    if public.machine and scheme != "file2":
        raise SigningError(f"'{public.name}' is a CI key: only its machine has the private half", "Use a key of yours")
    if scheme in ("", "ssh"):
        path = Path(public.uri.removeprefix("ssh:")) if scheme else folder / f"{public.name}.pem"
        found = unlocked(read_file(path), str(path), f"passphrase of key '{public.name}'", secret)
        return _Careful(_of(found, public.key), public.name)
    if scheme not in SCHEMES:
        raise SigningError(f"key '{public.name}': nothing is known of keys at such a place", _places())
    with _our_words(public.name, scheme):
        return _Careful(Signer.from_priv_key_uri(public.uri, public.key, secret), public.name)


def machine_signer(spec: str, public: PublicKey | None = None) -> Signer:
    """The signer of a machine: `env:VARIABLE` (PEM), `file:PATH` (PEM), or a URI of securesystemslib's.

    Args:
        public: the key it must be; needed for a URI.

    Raises:
        UsageError: the text names no such place.
        SigningError: the key cannot be opened, or is another one.
    """
    kind, colon, rest = spec.partition(":")
    if not colon or kind not in ("env", "file", *SCHEMES):
        raise UsageError("a machine's key is written env:VARIABLE, file:PATH or as a URI", _places())
    name = public.name if public else "the machine's key"
    if kind in ("env", "file", "file2"):
        found = open_to_machines(_text_of(kind, rest), f"{kind}:{rest}")
        return _Careful(_of(found, public.key if public else None), name)
    if public is None:
        raise UsageError("for a key at a provider its public half is needed too", "See: slopguard keys new --help")
    with _our_words(name, kind):
        return _Careful(Signer.from_priv_key_uri(spec, public.key, _nobody_to_ask), name)


def known_place(uri: str) -> str:
    """The URI of a key that is not a file of ours, as it is.

    Raises:
        UsageError: nothing is known of keys at such a place.
    """
    if uri.partition(":")[0] not in SCHEMES or not uri.isprintable():
        raise UsageError("nothing is known of keys at such a place", _places())
    return uri


def imported(uri: str, secret: Secret) -> tuple[str, SSlibKey]:
    """The public half of a key in hardware or at a provider, asked of it, and its full URI.

    Raises:
        UsageError: the URI names no such place.
        SigningError: it does not answer, or has no key that can be used.
    """
    from slopguard.signing.places import arguments

    scheme = known_place(uri).partition(":")[0]
    if scheme == "file2":
        raise UsageError("the public half of a key there cannot be asked for", "Name it: --public FILE")
    signer: Any = SIGNER_FOR_URI_SCHEME[scheme]
    with _our_words(uri, scheme):
        found, key = signer.import_(*arguments(uri, secret))
        return str(found), PublicKey.from_json(PublicKey("key", key).to_json().encode(), uri).key


class _Careful(Signer):
    """A signer whose failures are ours."""

    def __init__(self, signer: Signer, name: str) -> None:
        self._signer, self._name = signer, name

    @property
    def public_key(self) -> Key:
        return self._signer.public_key

    @classmethod
    def from_priv_key_uri(cls, *args: object) -> Signer:
        raise NotImplementedError

    def sign(self, payload: bytes) -> Signature:
        with _our_words(self._name, ""):
            return self._signer.sign(payload)


@contextmanager
def _our_words(name: str, scheme: str) -> Iterator[None]:
    """Whatever goes wrong in a library, a driver or a network on the way to a key, as our error."""
    try:
        yield
    except SlopguardError:
        raise
    except UnsupportedLibraryError:
        hint = f"Install it: pip install 'securesystemslib[{EXTRA.get(scheme, 'crypto')}]'"
        raise SigningError("what such keys need is not installed", hint) from None
    except Exception as why:  # drivers and providers raise whatever they like; none of it may be a traceback
        hint = "Check that it is connected, that you may use it, and its variables"
        raise SigningError(f"key '{_brief(name)}' does not answer ({type(why).__name__})", hint) from None


def _of(found: Any, wanted: SSlibKey | None) -> CryptoSigner:
    """A signer of an opened private key.

    Raises:
        SigningError: it belongs to another public key than wanted, or is of a kind that is not used.
    """
    mine = checked(found.public_key(), "the private key", wanted.scheme if wanted else None)
    if wanted is not None and (mine.keytype, mine.keyval) != (wanted.keytype, wanted.keyval):
        raise SigningError("the private key does not belong to the public one", "See: slopguard keys list")
    return CryptoSigner(found, wanted or mine)


def _text_of(kind: str, rest: str) -> bytes:
    if kind != "env":
        return read_file(Path(rest))
    text = os.environ.get(rest)
    if not text:
        raise SigningError("the variable that holds the machine's key is not set", "Set it from a secret of your CI")
    return text.encode("utf-8", "surrogateescape")


def _nobody_to_ask(what: str) -> str:
    raise SigningError("the key asks for something to be typed, and a machine cannot", "Use a key without it for CI")


def _places() -> str:
    return "It may start with " + ", ".join(f"{scheme}:" for scheme in SCHEMES)


def _brief(name: str) -> str:
    return ascii(name)[1:-1][:64]
