"""How a caller's machine reaches indexes: its proxies and its certificate authorities, as its environment names them.

Invariants: nothing is read from the environment of this process, which may host sessions of many callers; loopback is
never proxied; what a client is configured with (`Index`) goes before what its environment says. On macOS the system's
own proxies count where no variable names any: they are the machine's, so every caller's.
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from slopguard.errors import UpstreamError
from slopguard.indexes import Index

_KINDS = ("http", "https", "all", "no")
_CERT_FILE, _CERT_DIR = "SSL_CERT_FILE", "SSL_CERT_DIR"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One caller's proxies and TLS files.

    Args:
        proxies: scheme (`http`, `https`, `all`) to the proxy's URL, which may hold its credentials.
        no_proxy: the hosts for which they do not count, as `NO_PROXY` lists them.
        ca_file: OpenSSL's default bundle, `None` for where it lies by itself.
        ca_path: the same for its folder of certificates.
    """

    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    no_proxy: str = ""
    ca_file: str | None = None
    ca_path: str | None = None

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Self:
        """What an environment says, read as Python's urllib and OpenSSL read it.

        The lower-case spelling of a variable wins, an empty one takes it back; where `REQUEST_METHOD` is set,
        `HTTP_PROXY` may be the header of a stranger's request and does not count (CVE-2016-1000110).
        """
        found = {kind: _variable(env, f"{kind}_proxy") for kind in _KINDS}
        if "REQUEST_METHOD" in env:
            found["http"] = env.get("http_proxy", "")
        spared = found.pop("no")
        proxies = {kind: _url(said) for kind, said in found.items() if said}
        return cls(proxies, spared, env.get(_CERT_FILE) or None, env.get(_CERT_DIR) or None)

    def proxy(self, url: str) -> str | None:
        """The proxy for a URL."""
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        if not self.proxies and not self.no_proxy:
            return _of_system(parts.scheme, place)
        if proxy_bypass_environment(place, {"no": self.no_proxy}):
            return None
        return self.proxies.get(parts.scheme) or self.proxies.get("all")

    @property
    def identity(self) -> tuple[object, ...]:
        """Stands for everything that decides how a connection is made; equal ones may share connections."""
        return (*sorted(self.proxies.items()), self.no_proxy, *self.authority)

    @property
    def authority(self) -> tuple[object, ...]:
        """Stands for the authorities that count where a client names none."""
        return stamp(self.ca_file), stamp(self.ca_path)

    def authorities(self) -> dict[str, str]:
        """The bundle and the folder that count where a client names none; a bundle that is not there is none."""
        places = ssl.get_default_verify_paths()
        file = self.ca_file or places.openssl_cafile
        known = {"cafile": file} if Path(file).exists() else {}
        return {**known, "capath": self.ca_path or places.openssl_capath}


def _variable(env: Mapping[str, str], name: str) -> str:
    if name in env:
        return env[name]
    return next((said for key, said in env.items() if key.lower() == name and said), "")


def _url(said: str) -> str:
    return said if "://" in said else f"http://{said}"


def _of_system(scheme: str, place: str) -> str | None:
    """The proxy that the machine's own settings name, where there are such settings."""
    if sys.platform == "darwin":
        from urllib.request import getproxies_macosx_sysconf, proxy_bypass_macosx_sysconf

        if not proxy_bypass_macosx_sysconf(place):
            found: str | None = getproxies_macosx_sysconf().get(scheme)
            return found
    return None


def stamp(path: str | Path | None) -> tuple[object, ...] | None:
    """Stands for a file or folder as it is now; another one after it was replaced."""
    if path is None:
        return None
    try:
        now = Path(path).stat()
    except OSError:
        return (str(path),)
    return (str(path), now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns)


_AT_FIRST = Surroundings.of(os.environ).authority
"""What aiohttp has read into its own context, or would have, had this process been the caller."""


def proxy_for(index: Index, url: str, surroundings: Surroundings) -> str | None:
    """The proxy for a URL: the index's own setting, else the surroundings'; loopback is never proxied."""
    host = (urlsplit(url).hostname or "").lower()
    if host == "localhost" or host.startswith("127.") or host == "::1":
        return None
    if index.proxy is not None:
        return None if _spared(host, index.no_proxy) else index.proxy or None
    return surroundings.proxy(url)


def _spared(host: str, listed: str) -> bool:
    """Whether a list such as `corp.example, .local, *` names a host or a domain above it."""
    domains = [part.strip().lower().lstrip("*").lstrip(".") for part in listed.split(",") if part.strip()]
    return any(domain in ("", host) or host.endswith(f".{domain}") for domain in domains)


def tls_context(index: Index, surroundings: Surroundings) -> ssl.SSLContext | bool:
    """The TLS settings for an index: a CA bundle of its own replaces the surroundings', an extra one adds to it.

    Returns:
        a context, or `True` for aiohttp's own, which holds this process's defaults and took a while to load.

    Raises:
        UpstreamError: a file cannot be read.
    """
    own = bool(index.ca_file or index.ca_text)
    if index.verify and surroundings.authority == _AT_FIRST and not (own or index.ca_extra or index.own_cert):
        return True
    places = _bundle(index.ca_file) if own else surroundings.authorities()
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, **places, cadata=index.ca_text)
        if index.ca_extra:
            context.load_verify_locations(**_bundle(index.ca_extra))
        if index.own_cert:
            context.load_cert_chain(*index.own_cert, password=lambda: "")  # never a prompt
    except (OSError, ssl.SSLError):
        raise UpstreamError("a certificate file that your client is configured with cannot be read") from None
    if not index.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def tls_identity(index: Index) -> tuple[object, ...]:
    """Stands for the TLS settings of an index itself."""
    files = (index.ca_file, index.ca_extra, *(index.own_cert or ()))
    return (index.verify, index.ca_text, *(stamp(path) for path in files))


def _bundle(place: Path | None) -> dict[str, str]:
    """A CA bundle as `ssl` wants it named: a folder, a file, or none."""
    return {} if place is None else {"capath" if place.is_dir() else "cafile": str(place)}
