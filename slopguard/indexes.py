"""An index as a client is configured for it, and the secrets that belong to one origin.

Invariants: an `Index.url` never carries credentials; a secret never appears in a `repr`, a message or a log;
credentials are sent to the origin (scheme, host, port) of their index and to no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from slopguard.model import Ecosystem, Layer

DEFAULT_PORTS = {"http": 80, "https": 443}


class IndexKind(StrEnum):
    """The part an index plays for its client."""

    DEFAULT = "default"
    EXTRA = "extra"
    FIND_LINKS = "find-links"
    NAMED = "named"
    SCOPE = "scope"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What to send to one origin: `basic` (username and secret) or `bearer` (secret only)."""

    username: str = ""
    secret: str = field(default="", repr=False)
    scheme: str = "basic"


@dataclass(frozen=True, slots=True)
class Index:
    """An index the client would use by itself.

    Args:
        ecosystem: whose protocol it speaks.
        key: short, URL-safe, unique among a session's indexes of one ecosystem: its route on the gate.
        url: without credentials; `https://`, `http://` or `file://`.
        kind: the part it plays.
        layer: where it was configured; decides trust.
        named: the same in words, for a person: `the variable PIP_FIND_LINKS`, `requirements.txt:3`.
        name: uv index name or npm scope (`@acme`), else `None`.
        explicit: uv `explicit = true`: only for packages that name it as their source.
        private: it is the organisation's own (`internal` names may come from it).
        joined: uv's `find-links`: its files stand beside those of whichever index has the name.
        curated: it has no upload dates and a person vouches for its content.
        credentials: as the client keeps them.
        ask: where the client would look for some once the index wants them (its keyring).
        ca_file: the client's own CA bundle setting (a file or folder), `None` for the system's.
        ca_text: the same as PEM text (npm's `ca`).
        own_cert: the client's own certificate and its key (one file may hold both), for an index that asks for one.
        ca_extra: a CA bundle that counts beside those (`NODE_EXTRA_CA_CERTS`).
        proxy: the client's own proxy setting, `None` for the environment's.
        no_proxy: the hosts for which that setting does not count, separated by commas.
        verify: `False` only where a *trusted layer* of the client's own config says so for this host.
    """

    ecosystem: Ecosystem
    key: str
    url: str
    kind: IndexKind
    layer: Layer
    name: str | None = None
    explicit: bool = False
    private: bool = False
    joined: bool = False
    curated: bool = False
    credentials: Credentials | None = None
    ask: Callable[[], Credentials | None] | None = field(default=None, compare=False, repr=False)
    ca_file: Path | None = None
    ca_text: str | None = None
    ca_extra: Path | None = None
    own_cert: tuple[Path, Path | None] | None = None
    proxy: str | None = field(default=None, repr=False)
    no_proxy: str = ""
    verify: bool = True
    named: str = field(default="", compare=False)

    @property
    def trusted(self) -> bool:
        """Whether facts and files from here count (DESIGN decision 7)."""
        return self.layer.trusted

    @property
    def lenient(self) -> bool:
        """Whether it is looked into although nobody trusted it: a folder of this machine that the environment names.

        Container images set such variables for everybody. What it offers is refused; what it does not is judged by
        the trusted indexes, as if it were not there.
        """
        return self.layer is Layer.ENVIRONMENT and self.url.startswith("file:")


def beside(index: Index, indexes: Iterable[Index]) -> bool:
    """Whether an index needs no route of its own: the gate adds its files to those of the session's others.

    Links that nobody trusted do, so that what they hold is refused; and the first links, when they are all there is.
    """
    if not (index.joined and index.trusted):
        return False
    mine = [other for other in indexes if other.ecosystem is index.ecosystem]
    return any(i.kind is IndexKind.DEFAULT for i in mine) or index != next(i for i in mine if i.joined and i.trusted)


def origin(url: str) -> tuple[str, str, int]:
    """The origin of a URL: scheme, lower-case host, port with the scheme's default filled in (RFC 6454)."""
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").lower(), port


def without_credentials(url: str) -> str:
    """The same URL with `user:password@` taken out; safe to print and to log."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host))
