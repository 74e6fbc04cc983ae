"""Package clients: what each reads, obeys and prints. One module a client behind `interface.Client`.

Invariant: importing this package imports no client and nothing else that costs: every command line is asked here
first whether it is a client's.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slopguard.clients.interface import Client

_MODULES = {
    "pip": "pip:Pip",
    "uv": "uv:Uv",
    "uvx": "uv:Uv",
    "pipx": "pipx:Pipx",
    "poetry": "poetry:Poetry",
    "pdm": "pdm:Pdm",
    "npm": "npm:Npm",
    "npx": "npm:Npm",
    "pnpm": "pnpm:Pnpm",
    "pnpx": "pnpm:Pnpm",
    "pn": "pnpm:Pnpm",
    "pnx": "pnpm:Pnpm",
    "yarn": "yarn:Yarn",
    "yarnpkg": "yarn:Yarn",
    "bun": "bun:Bun",
    "bunx": "bun:Bun",
}
"""Command to the module in this package and the class in it."""
COMMANDS = tuple(_MODULES)
"""Every command that can be guarded, each under its plain name."""


def plain(name: str) -> str | None:
    """The plain name of a command (`pip3.12` -> `pip`), `None` if it is no client's."""
    if name in _MODULES:
        return name
    version = name[len("pip") :].replace(".", "0") if name.startswith("pip") else ""
    return "pip" if version.isascii() and version.isdigit() and name[3] != "." else None


def client_for(name: str) -> Client:
    """The client that answers to a command; only its module is imported.

    Raises:
        KeyError: no such client.
    """
    known = plain(name)
    if known is None:
        raise KeyError(name)
    module, _, kind = _MODULES[known].partition(":")
    client: Client = getattr(import_module(f"{__name__}.{module}"), kind)()
    return client
