"""Public keys as files: what others are handed, and what is known here about one's own.

A file is JSON: `name`, `keyid`, `key` (the key as TUF writes it), and where it applies `uri` (where the private half
is, if not in a file beside it), `machine` (a CI key without passphrase) and `approves` (see `slopguard.signing.keys`).
Invariants: a key is rebuilt from its bytes when read, and its id must be the one that follows from them, so that two
different keys never share an id; only kinds of keys that sign safely are read; anything else is a `SigningError`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key
from securesystemslib.signer import SSlibKey

from slopguard.errors import SigningError, printable

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
LARGEST = 64 * 1024
"""Bytes of a key file that are read."""
SMALLEST_RSA = 2048
SHARED = ("awskms:", "gcpkms:", "azurekms:", "hv:")
"""Places of private keys that mean the same on every machine."""
APPROVING = ("", "ssh", "hsm")
"""Where the private half of a key that approves may be: only where a person is asked for something each time."""
_FIELDS = {"name": str, "keyid": str, "key": dict, "uri": str, "machine": bool, "approves": bool}
_NEEDED = {"name", "keyid", "key"}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a key, and where the private half is.

    Args:
        name: what people call it.
        key: the key itself.
        uri: where the private half is; empty for a file in the folder of keys.
        machine: it belongs to a machine, whose private half nobody has to unlock.
        approves: its owner lets packages through with it on this account.
    """

    name: str
    key: SSlibKey
    uri: str = ""
    machine: bool = False
    approves: bool = False

    @property
    def keyid(self) -> str:
        """The id that follows from the key's bytes."""
        return str(self.key.keyid)

    @property
    def may_approve(self) -> bool:
        """Whether using it takes a person each time: a passphrase, or a PIN of a key in hardware."""
        return not self.machine and self.uri.partition(":")[0] in APPROVING

    def to_json(self, *, shared: bool = True) -> str:
        """The file's text.

        Args:
            shared: leave out what only matters on this machine.
        """
        fields: dict[str, Any] = {"name": self.name, "keyid": self.keyid, "key": self.key.to_dict()}
        if self.uri and (not shared or self.uri.startswith(SHARED)):
            fields["uri"] = self.uri
        if self.machine:
            fields["machine"] = True
        if self.approves and not shared:
            fields["approves"] = True
        return json.dumps(fields, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, data: bytes, where: str = "key") -> PublicKey:
        """Read such a file.

        Args:
            where: names the file in an error.

        Raises:
            SigningError: it is not what it must be.
        """
        fields = _fields(data, where)
        if not NAME.fullmatch(fields["name"]):
            raise _bad(where, "its name must be small letters, digits, '-' and '_'")
        key = _rebuilt(fields["key"], where)
        if key.keyid != fields["keyid"]:
            raise _bad(where, "its id is not the one of this key")
        more = {name: fields[name] for name in ("uri", "machine", "approves") if name in fields}
        return cls(fields["name"], key, **more)


def public_from(data: bytes, where: str) -> SSlibKey:
    """A public key in any usual form: our JSON, PEM, or a line of OpenSSH.

    Raises:
        SigningError: it is none of them.
    """
    if data.lstrip()[:1] == b"{":
        return PublicKey.from_json(data, where).key
    if data.startswith(b"sk-"):
        raise SigningError(f"{printable(where)}: keys of OpenSSH for FIDO devices cannot be used", USE_INSTEAD)
    loader = load_pem_public_key if b"-----BEGIN" in data else load_ssh_public_key
    try:
        return checked(loader(data), where)
    except (ValueError, UnsupportedAlgorithm):
        raise _bad(where, "it is no public key in PEM, OpenSSH or slopguard's own form") from None


USE_INSTEAD = (
    "Use an Ed25519 key with a passphrase (slopguard keys new NAME), or the device as a smart card (--uri hsm:)"
)


def checked(public: Any, where: str, scheme: str | None = None) -> SSlibKey:
    """A public key of the cryptography library as one that may verify lists.

    Raises:
        SigningError: keys of this kind or size are not used.
    """
    known = isinstance(public, Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey)
    if not known or (isinstance(public, RSAPublicKey) and public.key_size < SMALLEST_RSA):
        raise _bad(where, f"only Ed25519, ECDSA and RSA keys from {SMALLEST_RSA} bits are used")
    try:
        key = SSlibKey.from_crypto(public, scheme=scheme)
    except ValueError:
        raise _bad(where, "keys on this curve are not used") from None
    return key


def _fields(data: bytes, where: str) -> dict[str, Any]:
    try:
        fields = json.loads(data.decode("utf-8")) if len(data) <= LARGEST else None
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or not fields.keys() >= _NEEDED:
        raise _bad(where, "it is no public key of slopguard")
    for name, value in fields.items():
        if name not in _FIELDS or not isinstance(value, _FIELDS[name]):
            raise _bad(where, f"'{printable(ascii(name)[1:-1][:32])}' is not what it must be")
    return fields


def _rebuilt(fields: dict[str, Any], where: str) -> SSlibKey:
    """The key made anew of its bytes and scheme."""
    try:
        kind, scheme, public = fields["keytype"], fields["scheme"], fields["keyval"]["public"]
        if kind == "ed25519":
            found: Any = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        else:
            found = load_pem_public_key(public.encode("ascii"))
    except (KeyError, TypeError, AttributeError, ValueError, UnsupportedAlgorithm):
        raise _bad(where, "its key cannot be read") from None
    key = checked(found, where, str(scheme))
    if key.keytype != kind or (key.keytype, key.scheme) not in _SCHEMES:
        raise _bad(where, "its key cannot be read")
    return key


_SCHEMES = frozenset(
    {
        ("ed25519", "ed25519"),
        ("ecdsa", "ecdsa-sha2-nistp256"),
        ("ecdsa", "ecdsa-sha2-nistp384"),
        ("ecdsa", "ecdsa-sha2-nistp521"),
        ("rsa", "rsassa-pss-sha256"),
        ("rsa", "rsassa-pss-sha384"),
        ("rsa", "rsassa-pss-sha512"),
        ("rsa", "rsa-pkcs1v15-sha256"),
        ("rsa", "rsa-pkcs1v15-sha512"),
    }
)
"""Kinds of keys with the ways they sign."""


def _bad(where: str, problem: str) -> SigningError:
    return SigningError(f"{printable(where)}: {problem}", "Ask its owner for it again: slopguard keys show NAME")
