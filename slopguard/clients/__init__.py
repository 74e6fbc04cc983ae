"""Package clients: what each reads, obeys and prints. One module a client behind `interface.Client`."""

from __future__ import annotations

from slopguard.clients.interface import Client

COMMANDS = ("pip", "pip3", "uv", "uvx", "npm", "npx")
"""Every command that can be guarded."""


def client_for(name: str) -> Client:
    """The client that answers to a command; only its module is imported.

    Raises:
        KeyError: no such client.
    """
    if name in ("pip", "pip3"):
        from slopguard.clients.pip import Pip

        return Pip()
    if name in ("uv", "uvx"):
        from slopguard.clients.uv import Uv

        return Uv()
    if name in ("npm", "npx"):
        from slopguard.clients.npm import Npm

        return Npm()
    raise KeyError(name)
