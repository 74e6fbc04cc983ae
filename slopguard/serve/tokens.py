"""Who may use a served gate: names with tokens, kept as salted hashes in one private file.

Invariants: a token is 256 random bits, shown once and kept nowhere, so that a plain SHA-256 of salt and token is as
good as a slow hash; it is compared in constant time, also for a name that is not there; a file that others may read,
or that cannot be understood, lets nobody in.

What clients send, so that a token and the caller's own login for an index fit into one header:

    Basic NAME:TOKEN                    Bearer NAME.TOKEN
    Basic NAME.TOKEN.USER:PASSWORD      Bearer NAME.TOKEN.SECRET
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import filelock

from slopguard.config import private
from slopguard.errors import ConfigError, UsageError
from slopguard.indexes import Credentials
from slopguard.model import Actor

HEAD = "# slopguard serve: NAME ACTOR SALT SHA-256 MADE, one token a line; slopguard serve token writes it"
MARK = "sgt_"
"""How every token starts, so that scanners for secrets know one."""
LARGEST = 4 << 20
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_LINE = re.compile(
    r"(?P<name>\S+) (?P<actor>human|ci|agent) (?P<salt>[0-9a-f]{32}) (?P<hash>[0-9a-f]{64}) (?P<made>\S+)"
)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
"""Something that is no file, like a pipe, is not waited for."""
_NOBODY = "0" * 64


@dataclass(frozen=True, slots=True)
class Token:
    """One line of the file.

    Args:
        name: whose it is, or what for.
        actor: who asks with it.
        salt, hash: of the token, in hexadecimal.
        made: when, ISO 8601.
    """

    name: str
    actor: Actor
    salt: str = field(repr=False)
    hash: str = field(repr=False)
    made: str

    @property
    def line(self) -> str:
        """As it stands in the file."""
        return f"{self.name} {self.actor.value} {self.salt} {self.hash} {self.made}"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from.

    Args:
        name: the token's.
        actor: the token's.
        token: stands for the token itself: a new one of the same name is another caller.
        login: the caller's own, for the indexes that are asked with it.
    """

    name: str
    actor: Actor
    token: str = field(default="", repr=False)
    login: Credentials | None = None


class Tokens:
    """The tokens of a file as they were when it was read."""

    def __init__(self, tokens: Mapping[str, Token]) -> None:
        self._tokens = dict(tokens)

    def __len__(self) -> int:
        return len(self._tokens)

    @property
    def all(self) -> tuple[Token, ...]:
        """Every token, by name."""
        return tuple(self._tokens[name] for name in sorted(self._tokens))

    def caller(self, authorization: str | None) -> Caller | None:
        """Who an `Authorization` header proves to be, if anybody."""
        name, secret, login = _given(authorization or "")
        known = self._tokens.get(name)
        found = _hashed(known.salt if known else "", secret)
        matches = hmac.compare_digest(found, known.hash if known else _NOBODY)
        return Caller(known.name, known.actor, known.hash, login) if known is not None and matches else None

    def plus(self, token: Token) -> Tokens:
        """These and one more."""
        return Tokens({**self._tokens, token.name: token})

    def minus(self, name: str) -> Tokens:
        """These without one."""
        return Tokens({other: token for other, token in self._tokens.items() if other != name})

    def text(self) -> bytes:
        """The file."""
        return "\n".join([HEAD, *(token.line for token in self.all), ""]).encode()


def read(path: Path) -> Tokens:
    """The tokens of a file; none where there is no file.

    Raises:
        ConfigError: it cannot be read, others may read it, or a line in it is none.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | _NO_WAIT), "rb") as stream:
            about, text = os.fstat(stream.fileno()), stream.read(LARGEST + 1)
    except FileNotFoundError:
        return Tokens({})
    except OSError as why:
        raise ConfigError(f"{path}: cannot be read ({type(why).__name__})", "Check its path and owner") from None
    if os.name == "posix" and (stat.S_IMODE(about.st_mode) & 0o077 or about.st_uid not in (os.geteuid(), 0)):
        raise ConfigError(f"{path}: others may read the tokens, or own them", "Make it yours alone: chmod 600")
    if not stat.S_ISREG(about.st_mode):
        raise ConfigError(f"{path}: is no file", "Name a file: --tokens FILE")
    lines = text.decode("ascii", "replace").splitlines()
    found = [_LINE.fullmatch(line) for line in lines if line.strip() and not line.startswith("#")]
    rows = [match for match in found if match is not None and NAME.fullmatch(match["name"])]
    if len(rows) < len(found) or len(text) > LARGEST:
        raise ConfigError(f"{path}: a line in it is no token", "Revoke and add it again: slopguard serve token")
    tokens = (Token(row["name"], Actor(row["actor"]), row["salt"], row["hash"], row["made"]) for row in rows)
    return Tokens({token.name: token for token in tokens})


def add(path: Path, name: str, actor: Actor) -> str:
    """Make a token; it is returned, and kept nowhere.

    Raises:
        UsageError: the name is none, or taken.
        ConfigError: the file cannot be read or written.
    """
    if not NAME.fullmatch(name):
        raise UsageError("a token's name is up to 40 small letters, digits, - and _", "For example: ci-main")
    secret, salt = MARK + secrets.token_urlsafe(32), secrets.token_hex(16)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    with _alone(path):
        known = read(path)
        if any(token.name == name for token in known.all):
            raise UsageError(f"there is a token '{name}' already", f"Revoke it: slopguard serve token revoke {name}")
        private.put(path, known.plus(Token(name, actor, salt, _hashed(salt, secret), made)).text())
    return secret


def revoke(path: Path, name: str) -> None:
    """Take a token away; running servers let nobody in with it any more.

    Raises:
        UsageError: there is none of that name.
        ConfigError: the file cannot be read or written.
    """
    with _alone(path):
        known = read(path)
        if all(token.name != name for token in known.all):
            raise UsageError("there is no token of that name", "See them: slopguard serve token list")
        private.put(path, known.minus(name).text())


class TokenFile:
    """A token file that is read again whenever it changes.

    One that cannot be read lets nobody in, and is tried again at each request: it may be this process that was short of
    descriptors, and then nobody would ever change the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: ConfigError | None = None
        self._seen: tuple[int, ...] | None = None
        self._tokens = Tokens({})

    def now(self) -> Tokens:
        """The tokens that count at this moment."""
        seen = self._state()
        if not seen:
            self._tokens = Tokens({})
            self.problem = ConfigError(f"{self.path}: is not there", "Make it: slopguard serve token add NAME")
        elif seen != self._seen or self.problem:
            self._seen = seen
            try:
                self._tokens, self.problem = read(self.path), None
            except ConfigError as error:
                self._tokens, self.problem = Tokens({}), error
        return self._tokens

    def _state(self) -> tuple[int, ...]:
        try:
            about = os.stat(self.path)  # noqa: PTH116 (asked at each request: a Path costs ten times as much)
        except OSError:
            return ()
        return about.st_mtime_ns, about.st_ctime_ns, about.st_ino, about.st_size


def _given(authorization: str) -> tuple[str, str, Credentials | None]:
    """The name, the token and the caller's own login that a header holds."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        name, _, rest = value.strip().partition(".")
        token, dot, secret = rest.partition(".")
        return name, token, Credentials("", secret, "bearer") if dot and secret else None
    if scheme.lower() != "basic":
        return "", "", None
    try:
        user, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", "", None
    name, dot, rest = user.partition(".")
    if not dot:
        return name, password, None
    token, _, own = rest.partition(".")
    return name, token, Credentials(own, password) if own or password else None


def _hashed(salt: str, secret: str) -> str:
    return sha256(bytes.fromhex(salt) + secret.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock under which the file is changed: two that add tokens at once both have theirs."""
    lock = filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=10, mode=0o600)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    except (OSError, filelock.Timeout) as why:
        raise ConfigError(f"{path}: cannot be written ({type(why).__name__})", "Check its path and owner") from None
    try:
        yield
    finally:
        lock.release()
