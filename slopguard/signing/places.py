"""URIs of keys in hardware and at cloud providers, taken apart for asking for their public half.

Invariant: pure; the URI that comes back from the provider is the one that is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from slopguard.errors import UsageError

FORMS = {
    "hsm": "hsm:2?label=LABEL",
    "awskms": "awskms:KEY",
    "gcpkms": "gcpkms:projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/V",
    "azurekms": "azurekms://VAULT.HOST/keys/KEY",
    "hv": "hv:KEY",
}


def arguments(uri: str, secret: Callable[[str], str]) -> tuple[object, ...]:
    """What the provider's `import_` takes, in its order.

    Args:
        secret: asks for a PIN, where the device wants one.

    Raises:
        UsageError: the URI is not written as it must be.
    """
    scheme, _, rest = uri.partition(":")
    try:
        parts = urlsplit(uri)
        if scheme == "hsm":
            number = int(parts.path) if parts.path else None
            return number, dict(parse_qsl(parts.query)).get("label"), secret
        if scheme == "azurekms":
            vault, key = (parts.hostname or "").partition(".")[0], parts.path.split("/")[2]
            return _filled(vault, key)
        return _filled(rest.partition("/")[0] if scheme == "hv" else rest)
    except (ValueError, IndexError):
        raise UsageError("that is not the URI of such a key", f"Write it as {FORMS[scheme]}") from None


def _filled(*words: str) -> tuple[str, ...]:
    if not all(words):
        raise ValueError("empty")
    return words
