"""Who may speak to the gate: a session's own client, on loopback, and no browser.

Invariants: the secret is compared in constant time, also for an unknown session; a request whose `Host` is not ours
(DNS rebinding) or that carries what only browsers send is refused before anything else is looked at.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

from slopguard.gate.session import Session

BROWSER_HEADERS = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Sec-Fetch-User")
"""Fetch Metadata and CORS headers of browsers. Not `Sec-Fetch-Mode`: Node's own `fetch` sends it."""


def is_own_host(host: str | None, port: int) -> bool:
    """Whether the `Host` header names this gate: loopback by number or as `localhost`, with our port."""
    return host in (f"127.0.0.1:{port}", f"localhost:{port}")


def is_browser(headers: Mapping[str, str]) -> bool:
    """Whether a browser sent this request."""
    return any(name in headers for name in BROWSER_HEADERS)


def session_of(authorization: str | None, sessions: Mapping[str, Session]) -> Session | None:
    """The session that an `Authorization` header proves to belong to.

    Accepts `Basic` with the session id as user (RFC 7617) and `Bearer ID.SECRET` (RFC 6750, npm's `_authToken`).
    """
    identity, secret = _credentials(authorization or "")
    session = sessions.get(identity)
    expected = session.secret if session else "no such session"
    matches = hmac.compare_digest(secret.encode("utf-8", "surrogatepass"), expected.encode())
    return session if matches else None


def _credentials(authorization: str) -> tuple[str, str]:
    scheme, _, value = authorization.partition(" ")
    joint = "."
    if scheme.lower() == "basic":
        joint = ":"
        try:
            value = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            return "", ""
    elif scheme.lower() != "bearer":
        return "", ""
    identity, _, secret = value.strip().partition(joint)
    return identity, secret
