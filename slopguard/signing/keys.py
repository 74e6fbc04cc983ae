"""The keys of one account: `NAME.pem` (private, encrypted) and `NAME.json` (public) in one folder.

Invariants: a private key is only ever written encrypted, but for CI keys, which are written where the caller says and
never here; nothing is overwritten; files are 0600. Private keys lie in OpenSSH's own format, because its bcrypt costs
whoever guesses passphrases a quarter of a second a guess, where PKCS#8 as the cryptography library writes it costs less
than a thousandth; `ssh-keygen -p -f FILE` changes the passphrase.

`approves` in the public file says that its key lets packages through on this account. What that is worth: it keeps out
who cannot write to the account's settings folder or does not know the passphrase; a program that runs with the
account's own rights could put a key of its own there, as it could replace slopguard. Every key made is in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from securesystemslib.signer import SSlibKey

from slopguard.config import private
from slopguard.errors import SigningError, UsageError, printable
from slopguard.signing.public import LARGEST, NAME, PublicKey, checked, public_from

__all__ = ["KeyFolder", "PublicKey", "fresh_seed", "machine_key", "public_from", "read_file"]

ROUNDS = 32
"""Of bcrypt; OpenSSH's own default is 24."""
Secret = Callable[[str], str]
"""Asks for a secret by its name."""


def fresh_seed() -> bytes:
    """The private half of a new Ed25519 key (RFC 8032: 32 random bytes)."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def machine_key(name: str) -> tuple[PublicKey, bytes]:
    """A new CI key: its public half, and its private half as PEM without passphrase.

    Raises:
        UsageError: that is no name.
    """
    made = Ed25519PrivateKey.generate()
    public = PublicKey(_named(name), checked(made.public_key(), name), machine=True)
    return public, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_file(path: Path) -> bytes:
    """The bytes of a key file.

    Raises:
        SigningError: it cannot be read, or is too large to be one.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as why:
        raise SigningError(f"{printable(str(path))}: cannot be read ({type(why).__name__})", "Check its path") from None
    if len(data) > LARGEST:
        raise SigningError(f"{printable(str(path))}: is too large to be a key", "Check its path")
    return data


class KeyFolder:
    """The folder.

    Args:
        folder: `keys` in the user's settings folder; it may not exist yet.
        announce: told of every new key before it is there to be used.
    """

    def __init__(self, folder: Path, announce: Callable[[PublicKey], object] = bool) -> None:
        self.folder = folder
        self._announce = announce

    def new(self, name: str, passphrase: str, *, seed: bytes | None = None, approves: bool = False) -> PublicKey:
        """Make an Ed25519 key, encrypted with the passphrase.

        Args:
            seed: its private half, from a recovery sheet; made here if `None`.

        Raises:
            UsageError: that is no name, or there is a key of this name.
            ConfigError: it cannot be written.
        """
        self.free(name)
        made = Ed25519PrivateKey.from_private_bytes(fresh_seed() if seed is None else seed)
        how = PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(ROUNDS).build(passphrase.encode())
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, how)
        return self._keep(PublicKey(name, checked(made.public_key(), name), approves=approves), pem)

    def adopt(self, name: str, path: Path, secret: Secret, *, approves: bool = False) -> PublicKey:
        """Use an OpenSSH key where it lies; it is neither copied nor kept unlocked.

        Args:
            secret: asks for its passphrase.

        Raises:
            SigningError: it has no passphrase, is of a kind that is not used, or the passphrase is wrong.
            UsageError: that is no name, or there is a key of this name.
        """
        from slopguard.signing.unlock import unlocked

        self.free(name)
        place = path.expanduser().absolute()
        found = unlocked(read_file(place), str(path), f"passphrase of {path}", secret)
        return self._keep(PublicKey(name, checked(found.public_key(), str(path)), f"ssh:{place}", approves=approves))

    def link(self, name: str, uri: str, key: SSlibKey, *, machine: bool = False, approves: bool = False) -> PublicKey:
        """Keep the public half of a key whose private half is elsewhere, in hardware or at a cloud provider.

        Raises:
            UsageError: that is no name, there is a key of this name, or a key there cannot approve.
        """
        self.free(name)
        public = PublicKey(name, key, uri, machine=machine, approves=approves)
        if approves and not public.may_approve:
            raise UsageError(
                "a key that approves must ask a person each time: a passphrase, or a key in hardware",
                "Use --uri hsm:, or a key with a passphrase",
            )
        return self._keep(public)

    def keep_public(self, public: PublicKey) -> PublicKey:
        """Keep a public key, such as a CI key's.

        Raises:
            UsageError: there is a key of this name.
        """
        self.free(public.name)
        return self._keep(public)

    def free(self, name: str) -> None:
        """Make sure that a key of this name can be made.

        Raises:
            UsageError: it cannot.
        """
        if self.private(_named(name)).exists() or (self.folder / f"{name}.json").exists():
            raise UsageError(f"there is a key '{name}' already", "Choose another name; see: slopguard keys list")

    def names(self) -> list[str]:
        """The names of all keys, sorted, also of those whose file cannot be read."""
        try:
            return sorted(path.stem for path in self.folder.glob("*.json") if NAME.fullmatch(path.stem))
        except OSError:
            return []

    def all(self) -> tuple[PublicKey, ...]:
        """Every key.

        Raises:
            SigningError: one of their files is not what it must be.
        """
        return tuple(map(self.public, self.names()))

    def approving(self) -> tuple[PublicKey, ...]:
        """Keys that let packages through on this account; a file that cannot be read approves nothing."""
        found = []
        for name in self.names():
            try:
                key = self.public(name)
            except SigningError:
                continue
            if key.approves and key.may_approve:
                found.append(key)
        return tuple(found)

    def public(self, name: str) -> PublicKey:
        """The key of this name.

        Raises:
            SigningError: there is none, or its file is not what it must be.
        """
        path = self.folder / f"{name}.json"
        if not NAME.fullmatch(name) or not path.is_file():
            raise SigningError(f"there is no key '{printable(name[:64])}'")
        public = PublicKey.from_json(read_file(path), str(path))
        if public.name != name:
            raise SigningError(f"{printable(str(path))}: holds the key of somebody else", "Take it out of that folder")
        return public

    def private(self, name: str) -> Path:
        """Where the private half of a key with a passphrase is."""
        return self.folder / f"{name}.pem"

    def _keep(self, public: PublicKey, pem: bytes | None = None) -> PublicKey:
        self._announce(public)
        if pem is not None:
            private.put_new(self.private(public.name), pem)
        private.put_new(self.folder / f"{public.name}.json", public.to_json(shared=False).encode())
        return public


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise UsageError(
            "a key's name is up to 32 small letters, digits, '-' and '_', and starts with a letter or digit",
            "For example: slopguard keys new ana",
        )
    return name
