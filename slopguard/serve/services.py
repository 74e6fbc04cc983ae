"""What callers may ask an npm registry below `-/` where it is asked with the server's login. Pure.

Invariant: a login of the server's opens packages for its callers; what the registry knows of that account (who it is,
its tokens, its organisations) is nobody's business here.
"""

from __future__ import annotations

from urllib.parse import unquote

from slopguard.gate.paths import Route
from slopguard.gate.session import Session
from slopguard.model import Ecosystem
from slopguard.serve.tokens import Caller

OPEN = (
    "-/ping",
    "-/all",
    "-/v1/search",
    "-/npm/v1/keys",
    "-/npm/v1/attestations/",
    "-/npm/v1/security/",
    "-/package/",
)
"""What is about packages and about nobody's account."""
CLOSED = "slopguard: this gate asks its registry nothing about the account that it has there"


def closed(asked: Route, session: Session, caller: Caller) -> bool:
    """Whether a question would be answered about the server's own account."""
    if asked.protocol != "npm" or not asked.rest.startswith("-/"):
        return False
    index = session.indexes.get((Ecosystem.NPM, asked.key))
    if index is None or index.credentials is None or index.credentials == caller.login:
        return False
    return not unquote(asked.rest).startswith(OPEN)
