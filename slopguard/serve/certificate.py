"""What a served gate with a certificate of its own speaks."""

from __future__ import annotations

import ssl

from slopguard.errors import ConfigError


def context_of(files: tuple[str, str] | None) -> ssl.SSLContext | None:
    """The context for a certificate and its key; `None` without one.

    Raises:
        ConfigError: they cannot be used.
    """
    if files is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(*files, password=lambda: "")  # never a prompt
    except (OSError, ssl.SSLError):
        raise ConfigError("the certificate or its key cannot be used", "Check --tls-cert and --tls-key") from None
    return context
