"""How the clients' settings become indexes: equality of addresses, trust by layer, keys, credentials.

Invariants: an `Index.url` has no credentials in it; an address named by a project, the environment or a flag is
trusted only when the same address is also configured at a trusted layer; keys depend on the address alone, so that
the gate's routes (and the clients' caches behind them) stay the same from session to session.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from slopguard.indexes import DEFAULT_PORTS, Credentials, Index, IndexKind, without_credentials
from slopguard.model import Ecosystem, Layer


@dataclass(frozen=True, slots=True)
class Setting:
    """An index address as found in one place.

    Args:
        url: as written there, possibly with credentials.
        layer: where it was written.
        name: uv index name or npm scope.
        explicit: uv `explicit = true`.
        named: where it was written, in words.
        joined: uv's `find-links` (see `Index`).
    """

    url: str = field(repr=False)
    kind: IndexKind = IndexKind.DEFAULT
    layer: Layer = Layer.BUILTIN
    name: str | None = None
    explicit: bool = False
    named: str = ""
    joined: bool = False


@lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """An address in one spelling: no credentials, default port or trailing slash; lower-case scheme and host.

    What is no address (a port that is no number) equals only itself.
    """
    try:
        parts = urlsplit(url)
        number = parts.port
    except ValueError:
        return url
    if parts.scheme == "file":
        return "file://" + quote(unquote(parts.path).rstrip("/") or "/")
    host = (parts.hostname or "").lower()
    port = f":{number}" if number and number != DEFAULT_PORTS.get(parts.scheme) else ""
    return urlunsplit((parts.scheme, host + port, parts.path.rstrip("/"), parts.query, ""))


def absolute(address: str, folder: Path) -> str:
    """An address as a URL: a path (pip `--find-links`, a uv directory index) becomes a `file://` URL."""
    if "://" in address or address.startswith("file:"):
        return address
    path = Path(address).expanduser()
    return (path if path.is_absolute() else folder / path).resolve().as_uri()


def line_of(path: Path, text: str) -> str:
    """Where a text stands in a file: `PATH:LINE`, the path alone if it cannot be told."""
    try:
        found = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return str(path)
    at = next((number for number, line in enumerate(found, 1) if text and text in line), None)
    return f"{path}:{at}" if at else str(path)


def key_of(url: str) -> str:
    """The route of an index on the gate: 12 hexadecimal digits of its address."""
    return hashlib.sha256(canonical(url).encode()).hexdigest()[:12]


def url_credentials(url: str) -> Credentials | None:
    """The credentials written into an address."""
    parts = urlsplit(url)
    if not parts.username and not parts.password:
        return None
    return Credentials(unquote(parts.username or ""), unquote(parts.password or ""))


def netrc_credentials(url: str, env: Mapping[str, str]) -> Credentials | None:
    """What the user's netrc file says for the host (`NETRC`, `~/.netrc`, `~/_netrc`), as requests and uv read it."""
    import netrc

    host = urlsplit(url).hostname
    home = Path(env.get("HOME") or Path.home())
    files = [Path(env["NETRC"])] if env.get("NETRC") else [home / ".netrc", home / "_netrc"]
    for path in files:
        try:
            found = netrc.netrc(str(path)).authenticators(host or "")
        except (OSError, netrc.NetrcParseError):
            continue
        if found:
            return Credentials(found[0] or found[1] or "", found[2] or "")
    return None


def trust(settings: Iterable[Setting], known: Iterable[Setting]) -> list[Setting]:
    """Give every setting the layer it deserves.

    Args:
        settings: what the client will use.
        known: everything configured anywhere, overridden or not.
    """
    trusted = {canonical(s.url): s.layer for s in known if s.layer.trusted}
    return [s if s.layer.trusted else replace(s, layer=trusted.get(canonical(s.url), s.layer)) for s in settings]


def build(
    ecosystem: Ecosystem,
    settings: Iterable[Setting],
    known: Iterable[Setting],
    credentials: Mapping[str, Credentials] | None = None,
    *,
    env: Mapping[str, str],
    ca_file: Path | None = None,
    ca_text: str | None = None,
    ca_extra: Path | None = None,
    own_cert: Callable[[str], tuple[Path, Path | None] | None] = lambda url: None,
    proxy: Callable[[str], str | None] = lambda url: None,
    no_proxy: str = "",
    insecure: frozenset[str] = frozenset(),
) -> tuple[Index, ...]:
    """The indexes of a session, each once.

    Args:
        credentials: by canonical address, from the client's own settings; before the address's own and netrc.
        own_cert, proxy: the client's own settings for an address; for the other settings see `Index`.
        insecure: hosts (with or without port) that a trusted layer says not to verify.
    """
    result: dict[tuple[str, IndexKind, str | None], Index] = {}
    for setting in trust(settings, known):
        same = canonical(setting.url)
        found = (credentials or {}).get(same) or url_credentials(setting.url)
        if not (found and found.secret) and not setting.url.startswith("file:"):
            kept = netrc_credentials(setting.url, env)
            found = kept if kept and (found is None or kept.username == found.username) else found
        kind_name = setting.name if setting.kind in (IndexKind.SCOPE, IndexKind.NAMED) else None
        result.setdefault(
            (same, setting.kind, kind_name),
            Index(
                ecosystem=ecosystem,
                key=key_of(setting.url),
                url=without_credentials(setting.url),
                kind=setting.kind,
                layer=setting.layer,
                name=setting.name,
                explicit=setting.explicit,
                credentials=found,
                ca_file=ca_file,
                ca_text=ca_text,
                ca_extra=ca_extra,
                own_cert=own_cert(setting.url),
                proxy=proxy(setting.url),
                no_proxy=no_proxy,
                verify=not _named(insecure, setting.url),
                named=setting.named,
                joined=setting.joined,
            ),
        )
    return tuple(result.values())


def _named(hosts: frozenset[str], url: str) -> bool:
    """Whether a URL's host, or host and port, is one of `hosts`."""
    parts = urlsplit(url)
    return bool(hosts) and ((parts.hostname or "") in hosts or parts.netloc.rpartition("@")[2] in hosts)


def file_of(*values: str | None) -> Path | None:
    """The first value that names an existing file or folder."""
    return next((Path(v) for v in values if v and Path(v).exists()), None)
